-- Children by inheritance are protected with their parents, each with keys of its own.
BEGIN;
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps temporary tables
SELECT no_plan();
SET LOCAL tenancy.auto_protect = off; -- protect() alone is tested here
CREATE ROLE structures_inheritance_app;
CREATE ROLE structures_inheritance_owner;
CREATE SCHEMA app AUTHORIZATION structures_inheritance_owner;
GRANT USAGE ON SCHEMA app TO structures_inheritance_app;
SET LOCAL ROLE structures_inheritance_owner;
CREATE TABLE app.animal (id int PRIMARY KEY, name text UNIQUE, org text);
CREATE TABLE app.dog (breed text, CONSTRAINT dog_key UNIQUE (id, breed)) INHERITS (app.animal);
CREATE TABLE app.puppy (weeks int, PRIMARY KEY (id)) INHERITS (app.dog);
CREATE TABLE app.robot (serial text PRIMARY KEY);
CREATE TABLE app.robodog () INHERITS (app.dog, app.robot);
INSERT INTO app.animal VALUES (1, 'a', 'acme');
INSERT INTO app.puppy VALUES (1, 'p', 'globex', 'poodle', 7);
GRANT ALL ON app.animal, app.dog, app.puppy TO structures_inheritance_app;
CREATE FUNCTION app.forbid() RETURNS trigger LANGUAGE plpgsql AS $$BEGIN RAISE 'fired'; END$$;
CREATE TRIGGER forbid BEFORE UPDATE ON app.puppy FOR EACH ROW EXECUTE FUNCTION app.forbid();
RESET ROLE;

SELECT throws_ok($$SELECT tenancy.protect('app.puppy')$$, '0A000',
  '"app"."puppy" inherits from "app"."dog", which is not protected', 'a child alone');
SELECT throws_ok($$SELECT tenancy.protect('app.animal', backfill_using => 'animal.org')$$, '0A000',
  '"app"."robodog" inherits from "app"."robot", which is not protected', 'a child that has another parent too');
DROP TABLE app.robodog;
SELECT throws_ok($$SELECT tenancy.protect('app.animal')$$, '23502', NULL, 'rows without a tenant');
SELECT throws_ok($$SELECT tenancy.protect('app.animal', backfill_using => '(SELECT ''acme''::text WHERE animal.id = 9)')$$,
  '23502', NULL, 'nor after the backfill');
ALTER TABLE app.puppy OWNER TO structures_inheritance_app;
SELECT throws_ok($$SELECT tenancy.protect('app.animal', backfill_using => 'animal.org')$$, '42501', NULL, 'two owners');
ALTER TABLE app.puppy OWNER TO structures_inheritance_owner;
GRANT ALL ON app.puppy TO structures_inheritance_app;
SELECT lives_ok($$SELECT tenancy.protect('app.animal', backfill_using => 'animal.org')$$, 'the whole tree');
SELECT results_eq($$SELECT tableoid::regclass::text, tenant_id::text FROM app.animal ORDER BY 1$$,
  $$VALUES ('app.animal', 'acme'), ('app.puppy', 'globex')$$, 'children are filled by the same expression');
SELECT is(tgenabled, 'O', 'their triggers fire again') FROM pg_trigger WHERE tgname = 'forbid';
SELECT results_eq('SELECT relation::text, forced FROM tenancy.protected_tables ORDER BY 1',
  $$VALUES ('app.animal', true), ('app.dog', true), ('app.puppy', true)$$, 'every level');
SELECT results_eq($$SELECT conname::text COLLATE "default", pg_get_constraintdef(oid) COLLATE "default" FROM pg_constraint
    WHERE contype IN ('p', 'u') AND connamespace = 'app'::regnamespace ORDER BY 1$$,
  $$VALUES ('animal_name_key', 'UNIQUE (tenant_id, name)'), ('animal_pkey', 'PRIMARY KEY (tenant_id, id)'),
    ('dog_key', 'UNIQUE (tenant_id, id, breed)'), ('puppy_pkey', 'PRIMARY KEY (tenant_id, id)'),
    ('robot_pkey', 'PRIMARY KEY (serial)')$$, 'each key');
SELECT results_eq($$SELECT c.relname::text COLLATE "default", pg_get_expr(d.adbin, d.adrelid) COLLATE "default", a.attnotnull
    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE a.attname = 'tenant_id' AND c.relnamespace = 'app'::regnamespace AND c.relkind = 'r' ORDER BY 1$$,
  $$SELECT r, 'tenancy.current_tenant_id()', true FROM unnest(ARRAY['animal', 'dog', 'puppy']) r$$, 'column, default, NOT NULL');
SELECT is_empty($$SELECT tenancy.protect('app.animal')$$, 'protecting again does nothing');

SET LOCAL ROLE structures_inheritance_owner;
CREATE TABLE app.cat () INHERITS (app.animal);
SELECT is_empty($$SELECT FROM tenancy.protected_tables WHERE relation = 'app.cat'::regclass$$, 'a later child is bare');
SELECT isnt_empty($$SELECT tenancy.protect('app.animal')$$, 'protecting the parent completes the tree');
SELECT is_empty($$SELECT tenancy.protect('app.cat')$$, 'and it is done');
CREATE TABLE app.cow (tenant_id tenancy.tenant_id NOT NULL DEFAULT 'x', id int NOT NULL, name text, org text, horns int UNIQUE);
ALTER TABLE app.cow INHERIT app.animal;
RESET ROLE;
SELECT isnt_empty($$SELECT tenancy.protect('app.cow')$$, 'one that was attached');
SELECT is(pg_get_constraintdef(oid), 'UNIQUE (tenant_id, horns)', 'its own key') FROM pg_constraint
  WHERE conrelid = 'app.cow'::regclass AND contype = 'u';

SELECT tenancy.login(tenancy.issue_token('acme')) \g /dev/null
SET LOCAL ROLE structures_inheritance_app;
SELECT results_eq('SELECT id FROM app.animal', 'VALUES (1)', 'the parent shows own rows of all');
SELECT is_empty('SELECT id FROM app.puppy', 'a child shows own rows');
INSERT INTO app.puppy (id, weeks) VALUES (1, 3);
SELECT results_eq('SELECT weeks FROM ONLY app.puppy', 'VALUES (3)', 'and takes them');
SELECT throws_ok($$INSERT INTO app.puppy (tenant_id, id) VALUES ('globex', 5)$$, '42501', NULL, 'not those of others');
RESET ROLE;
SELECT tenancy.logout() \g /dev/null

SELECT throws_ok($$SELECT tenancy.unprotect('app.dog')$$, '55000', NULL, 'a child cannot go alone');
ALTER TABLE app.cow NO INHERIT app.animal;
SELECT isnt_empty($$SELECT FROM tenancy.protected_tables WHERE relation = 'app.cow'::regclass$$, 'one that left stays protected');
DELETE FROM app.puppy WHERE weeks = 3;
SELECT lives_ok($$SELECT tenancy.unprotect('app.animal', restore_keys => true, convert_columns => 'text')$$, 'unprotect');
SELECT is(count(*), 4::bigint, 'types follow the parent') FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid
  WHERE attname = 'tenant_id' AND atttypid = 'text'::regtype AND relnamespace = 'app'::regnamespace AND relkind = 'r';
SELECT results_eq('SELECT relation::text FROM tenancy.protected_tables', $$VALUES ('app.cow')$$, 'the tree is open');
-- A parent that keeps its own access rules is not opened through a child.
CREATE TABLE app.kept (tenant_id tenancy.tenant_id NOT NULL, id int);
ALTER TABLE app.kept ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.kept USING (id > 0);
SELECT tenancy.protect('app.kept', existing_policies => 'keep') \g /dev/null
CREATE TABLE app.kept_child () INHERITS (app.kept);
SELECT tenancy.protect('app.kept_child') \g /dev/null
SELECT results_eq($$SELECT polname::text COLLATE "default" FROM pg_policy WHERE polrelid = 'app.kept_child'::regclass$$,
  $$VALUES ('tenancy_floor')$$, 'floor only, as its parent');
SELECT * FROM finish();
ROLLBACK;
