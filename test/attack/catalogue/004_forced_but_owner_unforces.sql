-- title: the application owns a forced table and takes FORCE and row security off it
-- class: enforcement
-- severity: critical
-- kind: both
-- leaks: attack /CANARY_B/
-- answer: flagged: `role_owns_protected c04_app`
-- role: c04_app

--@ setup
create role c04_app login;
create table app.own (id int primary key, tenant_id text, secret text);
insert into app.own values (1, 'B', 'CANARY_B');
select t.protect('app.own');
alter table app.own owner to c04_app;
grant create on schema app to c04_app;
--@ fix
alter table app.own owner to svc_owner;
revoke create on schema app from c04_app;
grant select on app.own to c04_app;
--@ attack
:enter_a
alter table app.own no force row level security;
alter table app.own disable row level security;
select * from app.own;
commit;
