-- title: the application logs in as the owner of a table whose row security is not forced
-- class: enforcement
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `rls_not_forced app.own` `role_owns_protected c03_app`
-- role: c03_app

--@ setup
create role c03_app login;
create table app.own (id int primary key, tenant_id text, secret text);
insert into app.own values (1, 'B', 'CANARY_B');
select t.protect('app.own');
alter table app.own no force row level security;
alter table app.own owner to c03_app;
--@ fix
alter table app.own owner to svc_owner;
alter table app.own force row level security;
grant select on app.own to c03_app;
--@ attack
:enter_a
select * from app.own;
commit;
