-- What is refused, each beside what is not; and names that are SQL.
BEGIN;
SELECT no_plan();
CREATE SCHEMA app;
CREATE TABLE app.parts (id int) PARTITION BY RANGE (id);
CREATE TABLE app.part PARTITION OF app.parts DEFAULT;
CREATE TABLE app.parent (id int);
CREATE TABLE app.heir () INHERITS (app.parent);
CREATE TABLE app.foreign_parts (id int) PARTITION BY RANGE (id);
CREATE FOREIGN DATA WRAPPER nothing;
CREATE SERVER nowhere FOREIGN DATA WRAPPER nothing;
CREATE FOREIGN TABLE app.foreign_part PARTITION OF app.foreign_parts DEFAULT SERVER nowhere;
CREATE VIEW app.view AS SELECT 1 AS id;
CREATE MATERIALIZED VIEW app.matview AS SELECT 1 AS id;
CREATE SEQUENCE app.sequence;
CREATE TEMP TABLE temporary (id int);
CREATE TABLE app.excluded (id int PRIMARY KEY, during int4range, EXCLUDE USING gist (during WITH &&));
SELECT throws_ok(format('SELECT tenancy.protect(%L)', t), '0A000', NULL, t || ' is refused')
FROM unnest(ARRAY['app.part', 'app.heir', 'app.foreign_parts', 'app.view', 'app.matview',
  'app.sequence', 'temporary', 'app.excluded', 'pg_class', 'tenancy.issuers']) t;
CREATE TABLE app.plain (id int PRIMARY KEY);
SELECT throws_ok($$SELECT tenancy.protect(NULL)$$, '22004', NULL, 'no table');
SELECT throws_ok($$SELECT tenancy.protect(4294967294::oid::regclass)$$, '42P01', NULL, 'a dropped one');
SELECT throws_ok($$SELECT tenancy.protect('app.plain', isolate_by => 'role')$$, '22023', NULL, 'isolate_by');
SELECT throws_ok($$SELECT tenancy.protect('app.plain', tenant_column_type => 'jsonb')$$, '0A000', NULL,
  'tenant_column_type');
SELECT throws_ok($$SELECT tenancy.protect('app.plain', read_all_permission => 'doc:read')$$, '22023', NULL,
  'reading all of a table isolated by tenant');
SELECT throws_ok($$SELECT tenancy.unprotect('app.plain')$$, '55000', NULL, 'unprotect what is not protected');
SELECT throws_ok($$SELECT tenancy.protect('app.plain', tenant_column => 'id', isolate_by => 'user',
  user_column => 'id')$$, '22023', NULL, 'one column for both');
SELECT lives_ok($$SELECT tenancy.protect('app.plain')$$, 'control: a plain table');

-- Foreign keys that cannot follow.
CREATE TABLE app.target (id int PRIMARY KEY);
CREATE FUNCTION app.try(definition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE state text := 'fine';
BEGIN
  EXECUTE 'CREATE TABLE app.source (id int PRIMARY KEY, target int DEFAULT 0 REFERENCES app.target '
          || definition || ')';
  BEGIN
    PERFORM tenancy.protect('app.source');
    PERFORM tenancy.protect('app.target');
    PERFORM tenancy.unprotect('app.target', restore_keys => true);
  EXCEPTION WHEN OTHERS THEN state := SQLSTATE;
  END;
  DROP TABLE app.source;
  RETURN state;
END$$;
SELECT is(app.try('ON UPDATE SET NULL'), '0A000', 'ON UPDATE SET NULL');
SELECT is(app.try('ON UPDATE SET DEFAULT'), '0A000', 'ON UPDATE SET DEFAULT');
SELECT is(app.try('MATCH FULL'), '0A000', 'MATCH FULL');
SELECT is(app.try('ON UPDATE CASCADE ON DELETE SET DEFAULT'), 'fine', 'control: other actions');

-- Names.
CREATE SCHEMA "S""; DROP SCHEMA app CASCADE; --";
CREATE FUNCTION app.hostile(tab text, col text, key text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE rel regclass; n int;
BEGIN
  EXECUTE format('CREATE TABLE %I.%I (%I int, x text CHECK (x <> ''''), CONSTRAINT %I PRIMARY KEY (%3$I))',
                 'S"; DROP SCHEMA app CASCADE; --', tab, col, key);
  EXECUTE format('CREATE UNIQUE INDEX %I ON %I.%I (lower(x), %I) WHERE x <> '' WHERE ''',
                 left(key, 60) || '_u', 'S"; DROP SCHEMA app CASCADE; --', tab, col);
  rel := format('%I.%I', 'S"; DROP SCHEMA app CASCADE; --', tab);
  PERFORM tenancy.protect(rel, tenant_column => left('t ' || col, 63), isolate_by => 'user');
  SELECT count(*) INTO n FROM pg_index WHERE indrelid = rel AND indisunique AND indnkeyatts >= 3;
  IF EXISTS (SELECT tenancy.protect(rel, tenant_column => left('t ' || col, 63), isolate_by => 'user'))
  THEN RETURN 'not idempotent'; END IF;
  PERFORM tenancy.unprotect(rel, restore_keys => true);
  RETURN n || ' keys';
END$$;
SELECT is(app.hostile(t, c, k), '2 keys', left(t, 30) || ' ' || left(c, 30)) FROM (VALUES
  ('Table', 'Id', 'Key'), ('select', 'user', 'table'), ('a"b''c', 'x"; --', '"'),
  ('$$', '$1', '%s%I'), (' USING btree (', ' WHERE ', 'REFERENCES'),
  (repeat('ü', 31), repeat('"', 63), repeat('n', 63)), (E'a\\b', E'line\nbreak', E'\t')) v(t, c, k);
SELECT has_schema('app', 'nothing was dropped');
SELECT * FROM finish();
ROLLBACK;
