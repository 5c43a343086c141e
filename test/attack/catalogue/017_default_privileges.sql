-- title: default privileges open each table that is created later, before anybody protects it
-- class: grants
-- severity: high
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `default_privileges svc_owner` `unprotected_table app.checkpoint_new`

--@ setup
alter default privileges for role svc_owner in schema app grant select on tables to app;
set role svc_owner;
create table app.checkpoint_new (tenant_id text, secret text);
insert into app.checkpoint_new values ('B', 'CANARY_B');
reset role;
--@ fix
alter default privileges for role svc_owner in schema app revoke select on tables from app;
select t.protect('app.checkpoint_new');
--@ attack
:enter_a
select * from app.checkpoint_new;
commit;
