-- title: a role with CREATEROLE grants itself the owner
-- class: role-membership
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `role_createrole c12_app`
-- role: c12_app

--@ setup
create role c12_app login createrole;
grant app to c12_app;
--@ fix
alter role c12_app nocreaterole;
--@ attack
:enter_a
grant svc_owner to c12_app;
set role svc_owner;
alter table app.doc disable row level security;
select * from app.doc;
commit;
