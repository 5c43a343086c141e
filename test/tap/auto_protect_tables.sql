-- Tables are protected by the command that makes them.
\set ON_ERROR_STOP on
BEGIN;
SELECT no_plan();
SET client_min_messages = warning;
CREATE ROLE tap_auto_owner;
CREATE SCHEMA app AUTHORIZATION tap_auto_owner;
CREATE SCHEMA listed AUTHORIZATION tap_auto_owner;
CREATE SCHEMA "Odd, ""name" AUTHORIZATION tap_auto_owner;
-- How a table is isolated: tenant column, user column, forced.
CREATE FUNCTION isolated(rel regclass) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', p.tenant_column, p.user_column, CASE WHEN c.relrowsecurity AND p.forced THEN 'forced' END)
  FROM pg_class c LEFT JOIN tenancy.protected_tables p ON p.relation = c.oid WHERE c.oid = rel $$;
GRANT CREATE ON DATABASE tap_auto_protect_tables TO tap_auto_owner;
SET ROLE tap_auto_owner;
SET search_path = app, public;

SELECT is(current_setting('tenancy.auto_protect'), 'typed', 'typed is the default');
CREATE TABLE plain (id int PRIMARY KEY, tenant_id text, org_id uuid);
SELECT is(isolated('plain'), '', 'names do not count');
CREATE TABLE doc (id int PRIMARY KEY, tenant_id tenancy.tenant_id, email text UNIQUE);
SELECT is(isolated('doc'), 'tenant_id forced', 'CREATE TABLE');
SELECT is(pg_get_constraintdef(oid), 'PRIMARY KEY (tenant_id, id)', 'with its keys') FROM pg_constraint
  WHERE conrelid = 'doc'::regclass AND contype = 'p';
SELECT is(pg_get_userbyid(relowner), 'tap_auto_owner'::name, 'it belongs to its maker') FROM pg_class WHERE oid = 'doc'::regclass;
CREATE TABLE note (id int PRIMARY KEY, org tenancy.tenant_id, author tenancy.user_id);
SELECT is(isolated('note'), 'org author forced', 'a column of type user_id isolates by user');
CREATE TABLE named (tenant_id text, org tenancy.tenant_id);
SELECT is(isolated('named'), 'org forced', 'the type counts, not the usual name');
SELECT throws_ok('CREATE TABLE transfer (source tenancy.tenant_id, target tenancy.tenant_id)', '42702', NULL,
  'two columns of the type: which one?');
CREATE TABLE transfer (tenant_id tenancy.tenant_id, target tenancy.tenant_id);
SELECT is(isolated('transfer'), 'tenant_id forced', 'control: the usual name decides between them');
CREATE DOMAIN org AS tenancy.tenant_id;
SELECT throws_ok('CREATE TABLE by_domain (o org)', '0A000', NULL, 'a domain over the type is refused, never overlooked');
CREATE UNLOGGED TABLE unlogged (tenant_id tenancy.tenant_id);
SELECT is(isolated('unlogged'), 'tenant_id forced', 'an unlogged table');
CREATE TABLE "Quoted ""name" ("Tenant" tenancy.tenant_id, id int PRIMARY KEY);
SELECT is(isolated('"Quoted ""name"'), 'Tenant forced', 'quoted names');
CREATE TABLE IF NOT EXISTS doc (id int);
SELECT is(isolated('doc'), 'tenant_id forced', 'CREATE TABLE IF NOT EXISTS of one that exists');
SELECT lives_ok('CREATE TEMP TABLE scratch (tenant_id tenancy.tenant_id)', 'temporary tables are left alone');
SELECT is(isolated('scratch'), '', 'and not protected');

-- Other ways of making tables.
CREATE SCHEMA made CREATE TABLE inside (tenant_id tenancy.tenant_id);
SELECT is(isolated('made.inside'), 'tenant_id forced', 'CREATE SCHEMA … CREATE TABLE');
CREATE TABLE ctas AS SELECT 'acme'::tenancy.tenant_id AS tenant_id, 1 AS id
  UNION ALL SELECT 'globex', 2;
SELECT is(isolated('ctas'), 'tenant_id forced', 'CREATE TABLE AS');
SELECT 'acme'::tenancy.tenant_id AS tenant_id INTO selected;
SELECT is(isolated('selected'), 'tenant_id forced', 'SELECT INTO');
PREPARE many AS SELECT 'acme'::tenancy.tenant_id AS tenant_id;
CREATE TABLE executed AS EXECUTE many;
SELECT is(isolated('executed'), 'tenant_id forced', 'CREATE TABLE AS EXECUTE');
CREATE TABLE "like" (LIKE doc);
SELECT is(isolated('like'), 'tenant_id forced', 'LIKE');
CREATE TYPE shape AS (tenant_id tenancy.tenant_id, id int);
CREATE TABLE of_type OF shape;
SELECT is(isolated('of_type'), 'tenant_id forced', 'OF a composite type');
CREATE TYPE bare AS (id int);
CREATE TABLE of_bare OF bare;
ALTER TYPE bare ADD ATTRIBUTE org tenancy.tenant_id CASCADE;
SELECT is(isolated('of_bare'), 'org forced', 'ALTER TYPE ADD ATTRIBUTE CASCADE');
DO $$ BEGIN EXECUTE 'CREATE TABLE in_do (tenant_id tenancy.tenant_id)'; END $$;
SELECT is(isolated('in_do'), 'tenant_id forced', 'inside a block of PL/pgSQL');
DO $$ BEGIN EXECUTE 'EXPLAIN (ANALYZE) CREATE TABLE explained AS SELECT ''acme''::tenancy.tenant_id AS tenant_id'; END $$;
SELECT is(isolated('explained'), 'tenant_id forced', 'EXPLAIN ANALYZE CREATE TABLE AS');
SELECT lives_ok('EXPLAIN CREATE TABLE explained_only AS SELECT ''acme''::tenancy.tenant_id AS tenant_id',
  'control: EXPLAIN alone makes nothing');
SELECT throws_ok($$CREATE TABLE nobodys AS SELECT NULL::tenancy.tenant_id AS tenant_id$$, '23502', NULL,
  'CREATE TABLE AS with rows of nobody');
SELECT is(to_regclass('nobodys'), NULL, 'makes nothing');

-- Columns that come later.
ALTER TABLE plain ADD COLUMN note text;
SELECT is(isolated('plain'), '', 'ADD COLUMN of another type');
ALTER TABLE plain ADD COLUMN IF NOT EXISTS org tenancy.tenant_id;
SELECT is(isolated('plain'), 'org forced', 'ADD COLUMN');
SELECT is(pg_get_constraintdef(oid), 'PRIMARY KEY (org, id)', 're-keys') FROM pg_constraint
  WHERE conrelid = 'plain'::regclass AND contype = 'p';
CREATE TABLE retyped (id int, org text);
INSERT INTO retyped VALUES (1, 'acme'), (2, 'globex');
ALTER TABLE retyped ALTER COLUMN org TYPE tenancy.tenant_id USING org::tenancy.tenant_id;
SELECT is(isolated('retyped'), 'org forced', 'ALTER COLUMN TYPE');
CREATE TABLE filled (id int);
INSERT INTO filled VALUES (1);
SELECT throws_ok('ALTER TABLE filled ADD COLUMN tenant_id tenancy.tenant_id', '23502', NULL,
  'ADD COLUMN to rows of nobody');
SELECT lives_ok($$ALTER TABLE filled ADD COLUMN tenant_id tenancy.tenant_id DEFAULT 'acme'$$,
  'control: with a default for them');
SELECT is(isolated('filled'), 'tenant_id forced', 'protects');
CREATE TABLE own_rules (id int);
CREATE POLICY mine ON own_rules USING (id > 0);
SELECT throws_ok('ALTER TABLE own_rules ADD COLUMN tenant_id tenancy.tenant_id', '55000', NULL,
  'a table with policies of its own: protect() asks what becomes of them');
SELECT lives_ok($$SELECT tenancy.protect('own_rules', existing_policies => 'keep')$$, 'control: protect() adds the column');
SELECT tenancy.unprotect('doc');
ALTER TABLE doc ADD COLUMN body text;
SELECT is(isolated('doc'), '', 'a table that was unprotected stays so under other commands');

-- What only a superuser decides.
SELECT throws_ok('SET tenancy.auto_protect = off', '42501', NULL, 'owners cannot switch it off');
SELECT throws_ok($$SET tenancy.auto_protect_schemas = 'x'$$, '42501', NULL, 'nor choose the schemas');
RESET ROLE;
SELECT throws_ok($$SET tenancy.auto_protect_schemas = 'a,,b'$$, '22023', NULL, 'a list that is none');
SET tenancy.auto_protect = off;
CREATE TABLE app.free (tenant_id tenancy.tenant_id);
SELECT is(isolated('app.free'), '', 'off');
SET tenancy.auto_protect_schemas = 'listed, "Odd, ""name"';
CREATE TABLE listed.not_yet (id int);
SELECT is(isolated('listed.not_yet'), '', 'the list counts for all only');
SET tenancy.auto_protect = 'all';
SET ROLE tap_auto_owner;
CREATE TABLE listed.any (id int PRIMARY KEY);
SELECT is(isolated('listed.any'), 'tenant_id forced', 'all: every table of the listed schemas');
CREATE TABLE listed.with_user (id int PRIMARY KEY, author tenancy.user_id);
SELECT is(isolated('listed.with_user'), 'tenant_id author forced', 'by user where it has one');
CREATE TABLE "Odd, ""name".t (id int);
SELECT is(isolated('"Odd, ""name".t'), 'tenant_id forced', 'schemas with odd names');
CREATE TABLE app.other (id int);
SELECT is(isolated('app.other'), '', 'not those of other schemas');
CREATE TABLE app.typed (tenant_id tenancy.tenant_id);
SELECT is(isolated('app.typed'), 'tenant_id forced', 'unless they are typed');
SELECT throws_ok('CREATE TABLE listed.copy AS SELECT 1 AS id', '23502', NULL, 'all: rows without a tenant');
CREATE TABLE listed.copy AS SELECT 1 AS id, 'acme'::tenancy.tenant_id AS tenant_id;
SELECT is(isolated('listed.copy'), 'tenant_id forced', 'control: with one');

-- Foreign tables hold no row security.
RESET ROLE;
RESET tenancy.auto_protect;
CREATE FOREIGN DATA WRAPPER nowhere;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nowhere;
SELECT throws_ok('CREATE FOREIGN TABLE app.remote (tenant_id tenancy.tenant_id) SERVER nowhere', '0A000', NULL,
  'a foreign table with the type');
SELECT lives_ok('CREATE FOREIGN TABLE app.remote (tenant_id text) SERVER nowhere', 'control: without it');
SELECT throws_ok('ALTER FOREIGN TABLE app.remote ALTER COLUMN tenant_id TYPE tenancy.tenant_id', '0A000', NULL,
  'nor later');

-- A restore brings its own policies, after the rows.
SET row_security = off;
SET check_function_bodies = off;
CREATE TABLE app.restored (tenant_id tenancy.tenant_id);
SELECT is(isolated('app.restored'), '', 'scripts of pg_dump are left alone');
RESET check_function_bodies;
CREATE TABLE app.filtered (tenant_id tenancy.tenant_id);
SELECT is(isolated('app.filtered'), 'tenant_id forced', 'control: row_security = off alone changes nothing');
RESET row_security;
SELECT throws_ok('SELECT tenancy.auto_protect_after()', '39P03', NULL, 'the functions are for event triggers');
SELECT * FROM finish();
ROLLBACK;
