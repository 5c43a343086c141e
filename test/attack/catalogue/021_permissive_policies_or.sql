-- title: one more permissive policy opens the table, because they are OR-ed
-- class: policy-logic
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: closed: the floor is restrictive

--@ setup
set role svc_owner;
create policy dash on app.doc for select using (n < 1000);
--@ attack
:enter_a
select * from app.doc;
commit;
