-- title: a foreign table leads back into the database as a role above row security
-- class: structure
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `foreign_table app.fdoc`

--@ setup
\set port `echo $PGPORT`
create extension postgres_fdw;
create role c129_r login superuser;
create server s foreign data wrapper postgres_fdw
  options (host '127.0.0.1', port :'port', dbname :'DBNAME');
create user mapping for public server s options (user 'c129_r', password_required 'false');
create foreign table app.fdoc (id int, tenant_id text, secret text) server s
  options (schema_name 'app', table_name 'doc');
grant select on app.fdoc to app;
--@ fix
revoke all on app.fdoc from app;
--@ attack
:enter_a
select * from app.fdoc;
commit;
