-- New partitions and children of protected tables are protected with them.
\set ON_ERROR_STOP on
BEGIN;
SELECT no_plan();
SET client_min_messages = warning;
CREATE ROLE tap_auto_trees;
CREATE SCHEMA app AUTHORIZATION tap_auto_trees;
CREATE FUNCTION isolated(rel regclass) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', p.tenant_column, p.user_column, CASE WHEN c.relrowsecurity AND p.forced THEN 'forced' END)
  FROM pg_class c LEFT JOIN tenancy.protected_tables p ON p.relation = c.oid WHERE c.oid = rel $$;
SET ROLE tap_auto_trees;
SET search_path = app, public;

CREATE TABLE log (id int, day int, tenant_id tenancy.tenant_id, PRIMARY KEY (id, day)) PARTITION BY RANGE (day);
SELECT is(isolated('log'), 'tenant_id forced', 'a partitioned table');
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
SELECT is(isolated('log_1'), 'tenant_id forced', 'CREATE TABLE PARTITION OF');
SELECT is(pg_get_constraintdef(oid), 'PRIMARY KEY (tenant_id, id, day)', 'with the key of its parent')
  FROM pg_constraint WHERE conrelid = 'log_1'::regclass AND contype = 'p';
CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20) PARTITION BY LIST (day);
CREATE TABLE log_2_10 PARTITION OF log_2 FOR VALUES IN (10);
SELECT is(isolated('log_2') || ', ' || isolated('log_2_10'), 'tenant_id forced, tenant_id forced', 'on every level');
CREATE TABLE log_3 (id int NOT NULL, day int NOT NULL, tenant_id tenancy.tenant_id NOT NULL, UNIQUE (id));
SELECT tenancy.unprotect('log_3', restore_keys => true) \g /dev/null
ALTER TABLE log ATTACH PARTITION log_3 FOR VALUES FROM (20) TO (30);
SELECT is(isolated('log_3'), 'tenant_id forced', 'ATTACH PARTITION');
SELECT is(pg_get_constraintdef(oid), 'UNIQUE (tenant_id, id)', 're-keys what the partition has of its own')
  FROM pg_constraint WHERE conrelid = 'log_3'::regclass AND contype = 'u';
CREATE TABLE log_4 (LIKE log);
SELECT lives_ok('ALTER TABLE log ATTACH PARTITION log_4 FOR VALUES FROM (30) TO (40)', 'of one that is protected already');
SELECT is(isolated('log_4'), 'tenant_id forced', 'which stays so');
SELECT lives_ok('ALTER TABLE log DETACH PARTITION log_4', 'DETACH PARTITION');
SELECT is(isolated('log_4'), 'tenant_id forced', 'opens nothing');
CREATE TABLE log_5 (id int NOT NULL, day int NOT NULL, tenant_id tenancy.tenant_id NOT NULL);
SELECT tenancy.unprotect('log_5') \g /dev/null
CREATE POLICY own ON log_5 USING (true);
SELECT throws_ok('ALTER TABLE log ATTACH PARTITION log_5 FOR VALUES FROM (40) TO (50)', '55000', NULL,
  'a partition with policies of its own');
DROP POLICY own ON log_5;
SELECT lives_ok('ALTER TABLE log ATTACH PARTITION log_5 FOR VALUES FROM (40) TO (50)', 'control: without them');

CREATE UNIQUE INDEX by_part ON log_1 (id);
SELECT is(pg_get_indexdef('by_part'::regclass), 'CREATE UNIQUE INDEX by_part ON app.log_1 USING btree (tenant_id, id)',
  'a unique index on a partition');
ALTER TABLE log ADD CONSTRAINT log_day UNIQUE (day, id);
SELECT is(count(*)::int, count(*) FILTER (WHERE pg_get_constraintdef(oid) = 'UNIQUE (tenant_id, day, id)')::int,
  'a unique constraint on the root, in every partition') FROM pg_constraint
  WHERE contype = 'u' AND conrelid IN (SELECT relid FROM pg_partition_tree('log')) AND conname <> 'log_3_id_key';
CREATE UNIQUE INDEX log_index ON log (day, id);
SELECT is(pg_get_indexdef('log_index'::regclass),
  'CREATE UNIQUE INDEX log_index ON ONLY app.log USING btree (tenant_id, day, id)', 'a unique index on the root');
SELECT is(count(*)::int, (SELECT count(*)::int FROM pg_partition_tree('log')),
  'whose parts are attached') FROM pg_partition_tree('log_index');

-- Inheritance.
CREATE TABLE base (id int PRIMARY KEY, org tenancy.tenant_id, author tenancy.user_id);
CREATE TABLE derived (extra text) INHERITS (base);
SELECT is(isolated('derived'), 'org author forced', 'INHERITS');
CREATE TABLE adopted (id int NOT NULL, org tenancy.tenant_id NOT NULL, author tenancy.user_id NOT NULL);
SELECT tenancy.unprotect('adopted') \g /dev/null
SELECT is(isolated('adopted'), '', 'control: a table that is not protected');
ALTER TABLE adopted INHERIT base;
SELECT is(isolated('adopted'), 'org author forced', 'INHERIT');

-- Under a table that is not protected, its parts are what it is.
SELECT tenancy.unprotect('base') \g /dev/null
CREATE TABLE later () INHERITS (base);
SELECT is(isolated('later'), '', 'a child of a table that is not protected');
CREATE TABLE untyped (id int, tenant_id text) PARTITION BY LIST (id);
CREATE TABLE untyped_1 PARTITION OF untyped FOR VALUES IN (1);
SELECT is(isolated('untyped_1'), '', 'a partition of one');
ALTER TABLE untyped ADD COLUMN org tenancy.tenant_id;
SELECT is(isolated('untyped') || ', ' || isolated('untyped_1'), 'org forced, org forced', 'ADD COLUMN to the root protects the tree');

-- By inheritance of a table protected by protect(), with columns of any type.
CREATE TABLE texts (id int, tenant_id text NOT NULL) PARTITION BY LIST (id);
SELECT tenancy.protect('texts') \g /dev/null
CREATE TABLE texts_1 PARTITION OF texts FOR VALUES IN (1);
SELECT is(isolated('texts_1'), 'tenant_id forced', 'whatever the type of the column');
RESET ROLE;
SET tenancy.auto_protect = off;
SET ROLE tap_auto_trees;
CREATE TABLE texts_2 PARTITION OF texts FOR VALUES IN (2);
SELECT is(isolated('texts_2'), '', 'unless it is off');
SELECT * FROM finish();
ROLLBACK;
