-- Partitioned tables: every level and leaf is protected with the root.
BEGIN;
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps temporary tables
SELECT no_plan();
SET LOCAL tenancy.auto_protect = off; -- protect() alone is tested here
CREATE ROLE structures_partitions_app;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO structures_partitions_app;
CREATE TABLE app.ref (id int PRIMARY KEY);
CREATE TABLE app.events (id int, at date, ref int REFERENCES app.ref, note text, PRIMARY KEY (id, at),
  CONSTRAINT note_once UNIQUE (note, at, id)) PARTITION BY RANGE (at);
CREATE TABLE app.e2024 PARTITION OF app.events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE app.e2025 PARTITION OF app.events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01')
  PARTITION BY HASH (id);
CREATE TABLE app."E 2025 0" PARTITION OF app.e2025 FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE app.e2025_1 (CONSTRAINT own_name PRIMARY KEY (id, at), CONSTRAINT own_note
  UNIQUE (note, at, id), note text, ref int, at date, id int);
ALTER TABLE app.e2025 ATTACH PARTITION app.e2025_1 FOR VALUES WITH (MODULUS 2, REMAINDER 1);
ALTER INDEX app.own_note SET (fillfactor = 70);
COMMENT ON CONSTRAINT own_note ON app.e2025_1 IS 'kept';
CREATE UNIQUE INDEX whole ON app.events (lower(note), at, id) WHERE id > 0;
CREATE UNIQUE INDEX of_leaf ON app.e2024 (note);
CREATE TABLE app.lines (id int PRIMARY KEY, event int, event_at date,
  FOREIGN KEY (event, event_at) REFERENCES app.events ON DELETE CASCADE);
GRANT ALL ON ALL TABLES IN SCHEMA app TO structures_partitions_app;
INSERT INTO app.events SELECT n, date '2024-06-01' + n * 30, NULL, 'n' || n FROM generate_series(1, 10) n;

SELECT throws_ok($$SELECT tenancy.protect('app.e2024')$$, '0A000',
  '"app"."e2024" is a partition of "app"."events", which is not protected', 'a partition alone');
SELECT throws_ok($$SELECT tenancy.protect('app.e2025_1')$$, '0A000', NULL, 'nor a deeper one');
SELECT throws_ok($$SELECT tenancy.protect('app.events')$$, '2BP01', NULL, 'a child that is not protected');
SELECT throws_ok($$SELECT tenancy.protect_schema('app', skip_tables => '{ref}')$$, '23502', NULL,
  'rows of partitions without a tenant');
CREATE TABLE public.dry AS SELECT row_number() OVER () AS n, d FROM tenancy.protect_schema('app',
  skip_tables => '{ref}', backfill_tenant => 'acme', dry_run => true) d;
SELECT hasnt_column('app', 'events', 'tenant_id', 'a dry run changes nothing');
CREATE TABLE public.done AS SELECT row_number() OVER () AS n, d FROM tenancy.protect_schema('app',
  skip_tables => '{ref}', backfill_tenant => 'acme') d;
SELECT results_eq('SELECT d FROM done ORDER BY n', 'SELECT d FROM dry ORDER BY n', 'and says what will be run');
SELECT results_eq('SELECT relation::text, forced FROM tenancy.protected_tables ORDER BY 1',
  $$VALUES ('app."E 2025 0"', true), ('app.e2024', true), ('app.e2025', true), ('app.e2025_1', true),
    ('app.events', true), ('app.lines', true)$$, 'every level and leaf');
SELECT is_empty($$SELECT c.relname, p.name FROM pg_class c, unnest(ARRAY['tenancy_floor', 'tenancy_access']) p(name)
  WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'ref'
  AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid AND polname = p.name)$$, 'with both policies');
SELECT is(has_table_privilege('structures_partitions_app', 'app."E 2025 0"', p), p IN ('SELECT', 'INSERT'),
  'grants on leaves: ' || p) FROM unnest(ARRAY['SELECT', 'INSERT', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p;
SELECT results_eq($$SELECT c.relname::text COLLATE "default", pg_get_expr(d.adbin, d.adrelid) COLLATE "default", a.attnotnull FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
    WHERE a.attname = 'tenant_id' AND c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p') ORDER BY 1$$,
  $$SELECT r, 'tenancy.current_tenant_id()', true FROM unnest(ARRAY['E 2025 0', 'e2024', 'e2025', 'e2025_1', 'events',
    'lines']) r$$, 'column, default and NOT NULL everywhere');
SELECT is_empty($$SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
  WHERE c.relnamespace = 'app'::regnamespace AND i.indisunique AND i.indkey[0] <> a.attnum$$,
  'no unique index without the tenant in front');
SELECT is_empty($$SELECT c.relname FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
  WHERE c.relnamespace = 'app'::regnamespace AND NOT i.indisvalid$$, 'every index is valid');
SELECT results_eq($$SELECT h.inhrelid::regclass::text FROM pg_inherits h WHERE h.inhparent = 'app.note_once'::regclass
    OR h.inhparent IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = 'app.note_once'::regclass) ORDER BY 1$$,
  $$VALUES ('app."E 2025 0_note_at_id_key"'), ('app.e2024_note_at_id_key'), ('app.e2025_note_at_id_key'), ('app.own_note')$$,
  'keys of partitions keep their names and belong to the root''s');
SELECT is(obj_description(oid, 'pg_constraint'), 'kept', 'and comments') FROM pg_constraint WHERE conname = 'own_note';
SELECT is((SELECT reloptions::text FROM pg_class WHERE relname = 'own_note'), '{fillfactor=70}', 'and storage');
SELECT is(pg_get_indexdef('app.of_leaf'::regclass),
  'CREATE UNIQUE INDEX of_leaf ON app.e2024 USING btree (tenant_id, note)', 'keys of a leaf alone too');
SELECT is(pg_get_constraintdef(oid), 'FOREIGN KEY (tenant_id, event, event_at) REFERENCES app.events(tenant_id, id, at)'
  ' ON DELETE CASCADE', 'foreign keys to the root') FROM pg_constraint
  WHERE conrelid = 'app.lines'::regclass AND contype = 'f' AND conparentid = 0;
SELECT is_empty($$SELECT l FROM tenancy.protect_schema('app', skip_tables => '{ref}') l
  WHERE l NOT LIKE '--%'$$, 'protecting again does nothing');
SELECT is_empty($$SELECT tenancy.protect('app.events')$$, 'nor by the root');
SELECT is_empty($$SELECT tenancy.protect('app.e2025')$$, 'a member may be named now');

-- Rows.
SELECT tenancy.login(tenancy.issue_token('globex')) \g /dev/null
SET LOCAL ROLE structures_partitions_app;
SELECT is_empty(format('SELECT 1 FROM %s', t), t) FROM unnest(ARRAY['app.events', 'app.e2024', 'app.e2025',
  'app."E 2025 0"', 'app.e2025_1']) t;
INSERT INTO app.events (id, at, note) VALUES (1, '2024-07-01', 'n1'), (2, '2025-07-01', 'n2');
INSERT INTO app.e2024 (id, at, note) VALUES (3, '2024-07-01', 'n3');
SELECT results_eq('SELECT id, tenant_id::text FROM app.events ORDER BY 1',
  $$VALUES (1, 'globex'), (2, 'globex'), (3, 'globex')$$, 'the same keys as another tenant''s');
SELECT lives_ok($$INSERT INTO app.events (id, at, note) VALUES (1, '2024-07-01', 'again')
  ON CONFLICT (id, at) DO UPDATE SET note = excluded.note$$, 'ON CONFLICT by the old key at the root');
SELECT lives_ok($$INSERT INTO app.e2024 (id, at, note) VALUES (1, '2024-07-01', 'leaf')
  ON CONFLICT (id, at) DO UPDATE SET note = excluded.note$$, 'and at a leaf');
SELECT is((SELECT note FROM app.events WHERE id = 1), 'leaf', 'reached the own row');
SELECT throws_ok($$INSERT INTO app.e2024 (tenant_id, id, at) VALUES ('acme', 9, '2024-07-01')$$, '42501', NULL,
  'a row of another tenant into a leaf');
SELECT throws_ok($$UPDATE app.events SET tenant_id = 'acme'$$, '42501', NULL, 'nor by UPDATE');
SELECT lives_ok($$UPDATE app.events SET at = '2025-03-01' WHERE id = 1$$, 'control: a row moves to another partition');
RESET ROLE;
SELECT tenancy.logout() \g /dev/null

-- Partitions that come later, and that go.
CREATE TABLE app.e2026 PARTITION OF app.events FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');
SELECT isnt_empty($$SELECT tenancy.protect('app.e2026', isolate_by => 'user')$$, 'a new partition follows its parent');
SELECT results_eq($$SELECT isolate_by, has_access_policy FROM tenancy.protected_tables
  WHERE relation = 'app.e2026'::regclass$$, $$VALUES ('tenant', true)$$, 'in its way');
SELECT is_empty($$SELECT tenancy.protect('app.e2026')$$, 'once');
CREATE TABLE app.e2027 (LIKE app.events INCLUDING DEFAULTS);
ALTER TABLE app.events ATTACH PARTITION app.e2027 FOR VALUES FROM ('2027-01-01') TO ('2028-01-01');
SELECT isnt_empty($$SELECT tenancy.protect('app.e2027')$$, 'and an attached one');
SELECT throws_ok($$SELECT tenancy.unprotect('app.e2027')$$, '55000', NULL, 'it cannot go its own way');
ALTER TABLE app.events DETACH PARTITION app.e2027;
SELECT results_eq($$SELECT isolate_by, forced FROM tenancy.protected_tables WHERE relation = 'app.e2027'::regclass$$,
  $$VALUES ('tenant', true)$$, 'a detached one stays protected');
SELECT lives_ok($$SELECT tenancy.unprotect('app.e2027')$$, 'and may now go its own way');

-- Back.
SELECT throws_ok($$SELECT tenancy.unprotect('app.events', restore_keys => true)$$, '23505', NULL, 'keys would collide');
DELETE FROM app.events WHERE tenant_id = 'globex';
SELECT lives_ok($$SELECT tenancy.unprotect('app.events', restore_keys => true, convert_columns => 'text')$$, 'unprotect');
SELECT results_eq('SELECT relation::text FROM tenancy.protected_tables ORDER BY 1', $$VALUES ('app.lines')$$, 'the tree');
SELECT is_empty($$SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'
  WHERE (c.relname ~* '^e.?20' OR c.relname = 'events') AND c.relname <> 'e2027' AND c.relnamespace = 'app'::regnamespace
  AND (NOT i.indisvalid OR i.indkey[0] = a.attnum)$$, 'keys are as they were');
SELECT is(pg_get_constraintdef(oid), 'FOREIGN KEY (event, event_at) REFERENCES app.events(id, at) ON DELETE CASCADE',
  'foreign keys too') FROM pg_constraint WHERE conrelid = 'app.lines'::regclass AND contype = 'f' AND conparentid = 0;
SELECT is((SELECT count(*) FROM app.events), 10::bigint, 'no row is lost');
SELECT * FROM finish();
ROLLBACK;
