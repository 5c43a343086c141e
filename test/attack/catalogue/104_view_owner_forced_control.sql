-- title: the table's owner owns a view, and row security is forced
-- class: views
-- severity: -
-- kind: control
-- leaks: attack /CANARY_B/
-- answer: control: the policy applies to the owner

--@ setup
set role svc_owner;
create view app.v as select * from app.doc;
grant select on app.v to app;
--@ attack
:enter_a
select * from app.v;
commit;
