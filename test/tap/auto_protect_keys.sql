-- Keys and foreign keys that are added to protected tables get the isolation columns.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE ROLE tap_auto_keys;
CREATE SCHEMA app AUTHORIZATION tap_auto_keys;
SET ROLE tap_auto_keys;
SET search_path = app, public;
CREATE TABLE doc (id int PRIMARY KEY, email text, parent int, tenant_id tenancy.tenant_id);
CREATE TABLE draft (id int PRIMARY KEY, email text, tenant_id tenancy.tenant_id, user_id tenancy.user_id);
BEGIN;
SELECT no_plan();
CREATE FUNCTION columns_of(key text) RETURNS text LANGUAGE sql AS $$
  SELECT substring(pg_get_indexdef(key::regclass) FROM '\((.*)\)') $$;

CREATE UNIQUE INDEX doc_email ON doc (lower(email)) WHERE id > 0;
SELECT is(columns_of('doc_email'), 'tenant_id, lower(email)) WHERE (id > 0', 'CREATE UNIQUE INDEX is re-keyed');
ALTER TABLE doc ADD CONSTRAINT doc_unique UNIQUE (email);
SELECT is(columns_of('doc_unique'), 'tenant_id, email', 'ADD CONSTRAINT UNIQUE');
ALTER TABLE draft ADD UNIQUE (email);
SELECT is(columns_of('draft_email_key'), 'tenant_id, user_id, email', 'by user');
ALTER TABLE doc ADD COLUMN slug text UNIQUE;
SELECT is(columns_of('doc_slug_key'), 'tenant_id, slug', 'ADD COLUMN UNIQUE');
ALTER TABLE doc DROP CONSTRAINT doc_pkey;
ALTER TABLE doc ADD PRIMARY KEY (id);
SELECT is(columns_of('doc_pkey'), 'tenant_id, id', 'ADD PRIMARY KEY');
CREATE UNIQUE INDEX own_order ON doc (id, tenant_id);
SELECT is(columns_of('own_order'), 'id, tenant_id', 'a key that holds the columns stays as it is');
CREATE INDEX plain ON doc (email);
SELECT is(columns_of('plain'), 'email', 'and so does an index that is not unique');
DO $$ BEGIN EXECUTE 'CREATE UNIQUE INDEX nested ON doc (parent)'; END $$;
SELECT is(columns_of('nested'), 'tenant_id, parent', 'inside a block of PL/pgSQL');
CREATE UNIQUE INDEX later ON doc (id, tenant_id, parent);
ALTER TABLE doc ADD CONSTRAINT by_index UNIQUE USING INDEX later;
SELECT is(columns_of('by_index'), 'id, tenant_id, parent', 'UNIQUE USING INDEX');

-- Foreign keys.
SELECT throws_ok('ALTER TABLE doc ADD FOREIGN KEY (parent) REFERENCES doc (id)', '42830',
  'a foreign key to "app"."doc" needs its isolation columns', 'a foreign key without them');
SELECT throws_ok('ALTER TABLE doc ADD FOREIGN KEY (parent) REFERENCES doc', '42830',
  'a foreign key to "app"."doc" needs its isolation columns', 'to the primary key');
SELECT throws_ok('CREATE TABLE child (id int, doc int REFERENCES doc (id), tenant_id tenancy.tenant_id)', '42830',
  'a foreign key to "app"."doc" needs its isolation columns', 'in a column''s definition');
SELECT throws_ok('ALTER TABLE doc ADD COLUMN previous int REFERENCES doc', '42830',
  'a foreign key to "app"."doc" needs its isolation columns', 'in an added column');
CREATE FUNCTION hint_of(statement text) RETURNS text LANGUAGE plpgsql AS $$
  DECLARE hint text; BEGIN EXECUTE statement; EXCEPTION WHEN OTHERS THEN GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT; RETURN hint; END $$;
SELECT is(hint_of('ALTER TABLE doc ADD FOREIGN KEY (parent) REFERENCES doc'),
  'FOREIGN KEY ("tenant_id", "parent") REFERENCES "app"."doc" ("tenant_id", "id")', 'the hint is what to write');
SELECT lives_ok('ALTER TABLE doc ADD ' || hint_of('ALTER TABLE doc ADD FOREIGN KEY (parent) REFERENCES doc (id)') || ' NOT VALID',
  'control: and it works');
SELECT lives_ok('CREATE TABLE child (id int PRIMARY KEY, doc int, tenant_id tenancy.tenant_id,
  FOREIGN KEY (tenant_id, doc) REFERENCES doc (tenant_id, id))', 'control: in a new table');
SELECT throws_ok('CREATE TABLE crossed (id int, owner tenancy.tenant_id, tenant_id tenancy.tenant_id,
  FOREIGN KEY (owner, id) REFERENCES doc (tenant_id, id))', '0A000', NULL, 'a foreign key to another tenant''s rows');
CREATE TABLE country (code text PRIMARY KEY);
SELECT lives_ok('ALTER TABLE doc ADD COLUMN country text REFERENCES country', 'control: reference tables stay reference tables');

-- What owners decide stays as they decided.
ALTER TABLE doc NO FORCE ROW LEVEL SECURITY;
CREATE POLICY mine ON doc AS RESTRICTIVE FOR DELETE USING (id > 10);
SELECT lives_ok('CREATE UNIQUE INDEX another ON doc (country)', 'a table with more policies is re-keyed');
SELECT is(columns_of('another'), 'tenant_id, country', 'too');
SELECT is(relforcerowsecurity, false, 'and nothing else of it changes') FROM pg_class WHERE oid = 'doc'::regclass;
SELECT lives_ok('ALTER TABLE doc DISABLE ROW LEVEL SECURITY', 'DISABLE ROW LEVEL SECURITY');
SELECT lives_ok('CREATE UNIQUE INDEX free ON doc (parent)', 'CREATE UNIQUE INDEX then');
SELECT is(columns_of('free'), 'parent', 'is nobody''s business');
SELECT lives_ok('ALTER TABLE doc ENABLE ROW LEVEL SECURITY', 'ENABLE ROW LEVEL SECURITY');
SELECT lives_ok('DROP INDEX free', 'DROP INDEX');
SELECT lives_ok('DROP POLICY tenancy_floor ON draft', 'DROP POLICY');
SELECT lives_ok('ALTER TABLE draft DROP COLUMN tenant_id CASCADE', 'DROP COLUMN');
CREATE TABLE grouped (id int PRIMARY KEY, tenant_id tenancy.tenant_id, name text);
ALTER TABLE grouped ADD CONSTRAINT alone EXCLUDE USING btree (id WITH =);
SELECT is(pg_get_constraintdef(oid), 'EXCLUDE USING btree (tenant_id WITH =, id WITH =)', 'an exclusion constraint')
  FROM pg_constraint WHERE conname = 'alone';
SELECT lives_ok('ALTER TABLE grouped ADD COLUMN extra text', 'control: the table goes on changing');
RESET ROLE;
SET tenancy.auto_protect = off;
SET ROLE tap_auto_keys;
SELECT lives_ok('CREATE UNIQUE INDEX unkeyed ON grouped (name)', 'off');
SELECT is(columns_of('unkeyed'), 'name', 'leaves keys as they are');
RESET ROLE;
RESET tenancy.auto_protect;
SET ROLE tap_auto_keys;
SELECT lives_ok('CREATE INDEX ON grouped (name)', 'an index that is not unique');
SELECT is(columns_of('unkeyed'), 'name', 'touches no old key');
SELECT * FROM finish();
COMMIT;
