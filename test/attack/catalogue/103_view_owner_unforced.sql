-- title: the table's owner owns a view, and row security is not forced
-- class: views
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `rls_not_forced app.doc`

--@ setup
alter table app.doc no force row level security;
set role svc_owner;
create view app.v as select * from app.doc;
grant select on app.v to app;
--@ fix
reset role;
alter table app.doc force row level security;
--@ attack
:enter_a
select * from app.v;
commit;
