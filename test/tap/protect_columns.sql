-- Columns that isolate: found, added, filled, refused.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.auto_protect = off; -- protect() alone is tested here
CREATE ROLE protect_columns_owner;
CREATE SCHEMA app AUTHORIZATION protect_columns_owner;
SET LOCAL ROLE protect_columns_owner;

-- Added.
CREATE TABLE app.empty (id int PRIMARY KEY);
SELECT lives_ok($$SELECT tenancy.protect('app.empty')$$, 'an empty table gets the column');
SELECT col_type_is('app', 'empty', 'tenant_id', 'tenancy.tenant_id', 'of the type by default');
SELECT col_not_null('app', 'empty', 'tenant_id', 'which is not null');
SELECT is(pg_get_expr(adbin, adrelid), 'tenancy.current_tenant_id()', 'and filled by the accessor')
FROM pg_attrdef WHERE adrelid = 'app.empty'::regclass;
SELECT is_empty($$SELECT tenancy.protect('app.empty')$$, 'protecting again does nothing');
SELECT results_eq(
  $$SELECT relation, tenant_column, user_column, isolate_by, has_access_policy, forced
    FROM tenancy.protected_tables$$,
  $$VALUES ('app.empty'::regclass, 'tenant_id'::name, NULL::name, 'tenant', true, true)$$,
  'protected_tables shows it');

CREATE TABLE app.rows (id int PRIMARY KEY);
INSERT INTO app.rows SELECT generate_series(1, 3);
SELECT throws_ok($$SELECT tenancy.protect('app.rows')$$, '23502',
  '3 rows of "app"."rows" have no tenant', 'rows without a tenant are counted and refused');
SELECT hasnt_column('app', 'rows', 'tenant_id', 'and nothing has changed');
SELECT isnt_empty($$SELECT tenancy.protect('app.rows', backfill_tenant => 'acme', dry_run => true)$$,
  'a dry run returns the DDL');
SELECT hasnt_column('app', 'rows', 'tenant_id', 'and changes nothing');
SELECT set_eq($$SELECT tenancy.protect('app.rows', backfill_tenant => 'acme', dry_run => true)$$,
  $$VALUES ('ALTER TABLE "app"."rows" ADD COLUMN "tenant_id" tenancy.tenant_id DEFAULT ''acme'' NOT NULL,
  DROP CONSTRAINT "rows_pkey",
  ADD CONSTRAINT "rows_pkey" PRIMARY KEY ("tenant_id", "id");'),
 ('ALTER TABLE "app"."rows" ALTER COLUMN "tenant_id" SET DEFAULT tenancy.current_tenant_id(),
  ENABLE ROW LEVEL SECURITY,
  FORCE ROW LEVEL SECURITY;'),
 ('CREATE POLICY "tenancy_floor" ON "app"."rows" AS RESTRICTIVE FOR ALL TO PUBLIC
  USING (("tenant_id" = tenancy.current_tenant_id()))
  WITH CHECK (("tenant_id" = tenancy.current_tenant_id()));'),
 ('CREATE POLICY "tenancy_access" ON "app"."rows" AS PERMISSIVE FOR ALL TO PUBLIC
  USING (("tenant_id" = tenancy.current_tenant_id()))
  WITH CHECK (true);')$$, 'which is this');
CREATE TEMP TABLE before AS SELECT pg_relation_filenode('app.rows') AS node;
SELECT lives_ok($$SELECT tenancy.protect('app.rows', backfill_tenant => 'acme')$$,
  'backfill_tenant says whose they are');
SELECT is(pg_relation_filenode('app.rows'), (SELECT node FROM before), 'the table is not rewritten');
SELECT lives_ok($$SELECT tenancy.unprotect('app.rows')$$, 'unprotect');
SELECT results_eq($$SELECT DISTINCT tenant_id::text FROM app.rows$$, $$VALUES ('acme')$$,
  'every old row is of that tenant');

-- Filled by an expression; the owner's triggers stay silent and get their states back.
CREATE TABLE app.orgs (id int PRIMARY KEY, org text, parent int);
INSERT INTO app.orgs VALUES (1, 'a', NULL), (2, 'b', 1);
CREATE FUNCTION app.shout() RETURNS trigger LANGUAGE plpgsql AS
  $$BEGIN RAISE EXCEPTION 'trigger fired'; END$$;
CREATE TRIGGER loud BEFORE UPDATE ON app.orgs FOR EACH ROW EXECUTE FUNCTION app.shout();
CREATE TRIGGER louder BEFORE UPDATE ON app.orgs FOR EACH ROW EXECUTE FUNCTION app.shout();
ALTER TABLE app.orgs ENABLE ALWAYS TRIGGER louder;
SELECT throws_ok($$UPDATE app.orgs SET org = org$$, 'trigger fired', 'the trigger does fire');
SELECT throws_ok($$SELECT tenancy.protect('app.orgs', backfill_using => 'nullif(org, ''b'')')$$,
  '23502', '1 rows of "app"."orgs" have no tenant', 'an expression that leaves rows without a tenant');
SELECT throws_ok($$SELECT tenancy.protect('app.orgs', backfill_using => 'org); DELETE FROM app.orgs; --')$$,
  '42601', NULL, 'an expression is an expression');
SELECT throws_ok($$SELECT tenancy.protect('app.orgs', backfill_using => 'org', backfill_tenant => 'x')$$,
  '22023', NULL, 'two backfills are one too many');
SELECT lives_ok($$SELECT tenancy.protect('app.orgs', backfill_using => 'org')$$, 'backfill_using');
SELECT results_eq($$SELECT tgname, tgenabled::text FROM pg_trigger
    WHERE tgrelid = 'app.orgs'::regclass AND NOT tgisinternal ORDER BY 1$$,
  $$VALUES ('loud'::name, 'O'), ('louder', 'A')$$, 'triggers are as they were');

-- A foreign key over the column that is filled is checked at once, whatever it says otherwise.
CREATE TABLE app.customers (tenant_id tenancy.tenant_id PRIMARY KEY);
INSERT INTO app.customers VALUES ('acme');
CREATE TABLE app.invoices (id int PRIMARY KEY, tenant_id tenancy.tenant_id);
INSERT INTO app.invoices VALUES (1);
ALTER TABLE app.invoices ADD CONSTRAINT late FOREIGN KEY (tenant_id) REFERENCES app.customers
  DEFERRABLE INITIALLY DEFERRED;
SELECT throws_ok($$SELECT tenancy.protect('app.invoices', backfill_tenant => 'globex')$$, '23503',
  NULL, 'a tenant that the foreign key does not know');
SELECT lives_ok($$SELECT tenancy.protect('app.invoices', backfill_tenant => 'acme')$$, 'one it knows');
SELECT is(pg_get_constraintdef(oid), 'FOREIGN KEY (tenant_id) REFERENCES app.customers(tenant_id)'
  ' DEFERRABLE INITIALLY DEFERRED', 'the foreign key is as it was')
FROM pg_constraint WHERE conname = 'late';
CREATE TABLE app.notes (id int PRIMARY KEY, org int);
INSERT INTO app.notes VALUES (1, 1), (2, 2);
SET LOCAL search_path = app, public;
SELECT lives_ok($$SELECT tenancy.protect('notes',
    backfill_using => '(SELECT o.tenant_id FROM orgs o WHERE o.id = notes.org)')$$,
  'from a protected parent, in the caller''s search_path');
SET LOCAL search_path = public;
SELECT lives_ok($$SELECT tenancy.unprotect('app.notes')$$, 'unprotect');
SELECT results_eq($$SELECT id, tenant_id::text FROM app.notes ORDER BY 1$$,
  $$VALUES (1, 'a'), (2, 'b')$$, 'each row has its parent''s tenant');

-- Existing columns of every type.
CREATE FUNCTION app.policy_of(type text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE format('CREATE TABLE app.typed (id int PRIMARY KEY, tenant_id %s)', type);
  PERFORM tenancy.protect('app.typed');
  type := (SELECT pg_get_expr(polqual, polrelid) FROM pg_policy
           WHERE polrelid = 'app.typed'::regclass AND polname = 'tenancy_floor');
  IF EXISTS (SELECT tenancy.protect('app.typed')) THEN RETURN 'not idempotent'; END IF;
  DROP TABLE app.typed;
  RETURN type;
END$$;
SELECT is(app.policy_of('tenancy.tenant_id'), '(tenant_id = tenancy.current_tenant_id())', 'tenant_id');
SELECT is(app.policy_of('uuid'), '(tenant_id = tenancy.current_tenant_uuid())', 'uuid');
SELECT is(app.policy_of('text'), '(tenant_id = tenancy.current_tenant_text())', 'text');
SELECT is(app.policy_of('varchar(40)'), '((tenant_id)::text = tenancy.current_tenant_text())', 'varchar');
SELECT is(app.policy_of(t), '(tenant_id = tenancy.current_tenant_bigint())', t)
FROM unnest(ARRAY['smallint', 'integer', 'bigint']) t;
SELECT throws_ok(format('SELECT app.policy_of(%L)', t), '0A000', NULL, t || ' is refused')
FROM unnest(ARRAY['numeric', 'jsonb', 'character(8)', 'tenancy.user_id',
                  'bigint GENERATED ALWAYS AS IDENTITY']) t;

-- Spellings that no identity carries.
CREATE TABLE app.spelled (id int PRIMARY KEY, tenant_id text);
INSERT INTO app.spelled VALUES (1, 'A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11'), (2, 'acme');
SELECT throws_ok($$SELECT tenancy.protect('app.spelled')$$, '55000',
  '1 rows of "app"."spelled" spell a UUID in "tenant_id" in upper case', 'an upper-case UUID');
UPDATE app.spelled SET tenant_id = 'has space' WHERE id = 1;
SELECT throws_ok($$SELECT tenancy.protect('app.spelled')$$, '55000',
  '1 rows of "app"."spelled" hold a value in "tenant_id" that no identity can have', 'a space');
UPDATE app.spelled SET tenant_id = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' WHERE id = 1;
SELECT lives_ok($$SELECT tenancy.protect('app.spelled')$$, 'canonical spellings are fine');

-- By type; by several of the type.
CREATE TABLE app.named (id int PRIMARY KEY, org tenancy.tenant_id, other tenancy.tenant_id);
SELECT throws_ok($$SELECT tenancy.protect('app.named')$$, '42702', NULL, 'two columns of the type');
SELECT lives_ok($$SELECT tenancy.protect('app.named', tenant_column => 'other')$$, 'named');
SELECT throws_ok($$SELECT tenancy.protect('app.named', tenant_column => 'org')$$, '55000', NULL,
  'another column for a protected table');
SELECT * FROM finish();
ROLLBACK;
