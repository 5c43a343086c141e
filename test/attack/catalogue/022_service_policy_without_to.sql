-- title: a policy USING (true) for the service role, written without TO
-- class: policy-logic
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: closed: the floor is restrictive

--@ setup
set role svc_owner;
create policy "service role full access" on app.doc using (true) with check (true);
--@ attack
:enter_a
select * from app.doc;
commit;
