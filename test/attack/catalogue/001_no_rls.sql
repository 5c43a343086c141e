-- title: a table of tenant data without row security
-- class: enforcement
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `unprotected_table app.memo`

--@ setup
set role svc_owner;
create table app.memo (id int primary key, tenant_id text, secret text);
insert into app.memo values (1, 'B', 'CANARY_B');
grant select on app.memo to app;
--@ fix
select t.protect('app.memo');
--@ attack
:enter_a
select * from app.memo;
commit;
