-- Keys: what is re-keyed keeps everything else that it has.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.auto_protect = off; -- protect() alone is tested here
CREATE ROLE protect_keys_owner;
CREATE SCHEMA app AUTHORIZATION protect_keys_owner;
SET LOCAL ROLE protect_keys_owner;

CREATE TABLE app.t (id int, a text, b text, c int, n int);
ALTER TABLE app.t ADD CONSTRAINT t_pkey PRIMARY KEY (id) INCLUDE (a) WITH (fillfactor = 71);
ALTER TABLE app.t ADD CONSTRAINT t_late UNIQUE (c) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE app.t ADD CONSTRAINT t_nulls UNIQUE NULLS NOT DISTINCT (n);
CREATE UNIQUE INDEX t_partial ON app.t (a text_pattern_ops, b COLLATE "C" DESC NULLS LAST)
  INCLUDE (c) WITH (fillfactor = 72, deduplicate_items = off) WHERE c > 0 AND b <> ' USING btree (';
CREATE UNIQUE INDEX t_expression ON app.t (lower(a), (c + 1)) NULLS NOT DISTINCT;
CREATE UNIQUE INDEX "Odd "" USING btree (" ON app.t (b);
CREATE INDEX t_plain ON app.t (b);
COMMENT ON INDEX app.t_partial IS 'it''s partial';
COMMENT ON CONSTRAINT t_pkey ON app.t IS 'key';
ALTER INDEX app.t_expression ALTER COLUMN 1 SET STATISTICS 321;
ALTER INDEX app.t_expression DEPENDS ON EXTENSION plpgsql;
ALTER TABLE app.t CLUSTER ON t_nulls;
ALTER TABLE app.t REPLICA IDENTITY USING INDEX t_pkey;
CREATE TEMP TABLE before AS
  SELECT indexrelid::regclass::text AS name, pg_get_indexdef(indexrelid) AS definition
  FROM pg_index WHERE indrelid = 'app.t'::regclass;
SELECT lives_ok($$SELECT tenancy.protect('app.t', isolate_by => 'user')$$, 'protect');

SELECT is(pg_get_indexdef(name::regclass),
          CASE WHEN name = 'app.t_plain' THEN definition
               ELSE regexp_replace(definition, '( ON app.t USING btree \()', '\1tenant_id, user_id, ')
          END, name || ' has the columns in front and is otherwise the same')
FROM before ORDER BY name COLLATE "C";
SELECT is(pg_get_constraintdef(oid), definition, conname || ' is the same constraint')
FROM pg_constraint JOIN (VALUES
    ('t_pkey', 'PRIMARY KEY (tenant_id, user_id, id) INCLUDE (a)'),
    ('t_late', 'UNIQUE (tenant_id, user_id, c) DEFERRABLE INITIALLY DEFERRED'),
    ('t_nulls', 'UNIQUE NULLS NOT DISTINCT (tenant_id, user_id, n)')) AS wanted(name, definition)
  ON conname = name
WHERE conrelid = 'app.t'::regclass ORDER BY conname;
SELECT is(obj_description('app.t_partial'::regclass), 'it''s partial', 'comment of an index');
SELECT is(obj_description(oid), 'key', 'comment of a constraint')
FROM pg_constraint WHERE conname = 't_pkey' AND conrelid = 'app.t'::regclass;
SELECT is(attstattarget::int, 321, 'statistics target moved along')
FROM pg_attribute WHERE attrelid = 'app.t_expression'::regclass AND attnum = 3;
SELECT is(count(*)::int, 1, 'dependence on an extension') FROM pg_depend
WHERE objid = 'app.t_expression'::regclass AND deptype = 'x';
SELECT ok(indisclustered, 'cluster mark') FROM pg_index WHERE indexrelid = 'app.t_nulls'::regclass;
SELECT ok(indisreplident, 'replica identity') FROM pg_index WHERE indexrelid = 'app.t_pkey'::regclass;
SELECT is_empty($$SELECT tenancy.protect('app.t', isolate_by => 'user')$$, 'again: nothing');
CREATE UNIQUE INDEX t_later ON app.t (a);
SELECT results_eq($$SELECT tenancy.protect('app.t', isolate_by => 'user')$$, $$VALUES
  ('DROP INDEX "app"."t_later";'),
  ('CREATE UNIQUE INDEX t_later ON app.t USING btree ("tenant_id", "user_id", a);')$$,
  'a later unique index is completed');

-- The way back.
SELECT lives_ok($$SELECT tenancy.unprotect('app.t', restore_keys => true)$$, 'restore_keys');
SELECT is(pg_get_indexdef(name::regclass), definition, name || ' is as it was')
FROM before ORDER BY name COLLATE "C";

-- Rows that only the tenant keeps apart.
INSERT INTO app.t(id, tenant_id, user_id, n, c) VALUES (1, 'a', 'u', 1, 1);
SELECT lives_ok($$SELECT tenancy.protect('app.t', isolate_by => 'user')$$, 'protect again');
RESET ROLE;
INSERT INTO app.t(id, tenant_id, user_id, n, c) VALUES (1, 'b', 'u', 2, 2), (2, 'b', 'u', 1, 3);
SELECT throws_ok($$SELECT tenancy.unprotect('app.t', restore_keys => true)$$, '23505',
  '1 keys of "t_pkey" on "app"."t" exist for several tenants or users', 'colliding keys are counted');
SELECT lives_ok($$SELECT tenancy.unprotect('app.t')$$, 'without restore_keys they stay');
SET LOCAL ROLE protect_keys_owner;

-- What depends on a key.
CREATE TABLE app.v (id int PRIMARY KEY, a text);
CREATE VIEW app.grouped AS SELECT id, a FROM app.v GROUP BY id;
SELECT throws_ok($$SELECT tenancy.protect('app.v')$$, '2BP01', NULL, 'a view that groups by the key');
DROP VIEW app.grouped;
SELECT lives_ok($$SELECT tenancy.protect('app.v')$$, 'without it');

-- A publication that leaves the isolation columns out of the key that replication finds rows by.
CREATE TABLE app.published (id int PRIMARY KEY, a text);
RESET ROLE;
SET LOCAL client_min_messages = error; -- that wal_level is too low to publish
CREATE PUBLICATION protect_keys_some FOR TABLE app.published (id, a);
RESET client_min_messages;
SET LOCAL ROLE protect_keys_owner;
SELECT throws_ok($$SELECT tenancy.protect('app.published')$$, '2BP01',
  'cannot re-key "published_pkey" of "app"."published" because publication "protect_keys_some" leaves'
  ' out "tenant_id"', 'a publication with a column list');
RESET ROLE;
ALTER PUBLICATION protect_keys_some DROP TABLE app.published;
SET LOCAL ROLE protect_keys_owner;
SELECT lives_ok($$SELECT tenancy.protect('app.published')$$, 'without it');
RESET ROLE;
ALTER PUBLICATION protect_keys_some ADD TABLE app.published (tenant_id, id, a);
SET LOCAL ROLE protect_keys_owner;
SELECT is_empty($$SELECT tenancy.protect('app.published')$$, 'with the isolation columns: fine');
RESET ROLE;
SELECT lives_ok('UPDATE app.published SET a = a', 'and rows can be changed');
SET LOCAL ROLE protect_keys_owner;

-- What a predicate holds is not changed by how the session prints it.
CREATE TABLE app.p (id int, x float8, at timestamptz);
CREATE UNIQUE INDEX p_at ON app.p (id)
  WHERE x > '0.1234567890123456' AND at > '2020-06-01 12:00:00+00' AND (x = NULL::float8) IS NULL;
SET LOCAL TimeZone = 'UTC';
CREATE TEMP TABLE predicate AS
  SELECT pg_get_expr(indpred, indrelid) AS was FROM pg_index WHERE indexrelid = 'app.p_at'::regclass;
SET LOCAL extra_float_digits = -10;
SET LOCAL DateStyle = 'SQL, DMY';
SET LOCAL TimeZone = 'Asia/Kolkata'; -- its abbreviation IST is read as another zone's
SET LOCAL transform_null_equals = on;
SELECT isnt(pg_get_expr(indpred, indrelid), was, 'control: the session prints it in another way')
FROM pg_index, predicate WHERE indexrelid = 'app.p_at'::regclass;
SELECT lives_ok($$SELECT tenancy.protect('app.p')$$, 'a predicate with constants');
SELECT is(current_setting('DateStyle'), 'SQL, DMY', 'the session keeps its settings');
SET LOCAL extra_float_digits = 1;
SET LOCAL DateStyle = 'ISO, MDY';
SET LOCAL TimeZone = 'UTC';
SELECT is(pg_get_expr(indpred, indrelid), was, 'keeps them')
FROM pg_index, predicate WHERE indexrelid = 'app.p_at'::regclass;

-- Types change only on the way out.
SELECT lives_ok($$SELECT tenancy.unprotect('app.v', convert_columns => 'text')$$, 'convert_columns');
SELECT col_type_is('app', 'v', 'tenant_id', 'text', 'is converted');
SELECT * FROM finish();
ROLLBACK;
