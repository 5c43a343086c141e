-- Several tables at once, and the order in which single ones go.
BEGIN;
SELECT no_plan();
CREATE SCHEMA app;
CREATE TABLE app.a (id int PRIMARY KEY, b int);
CREATE TABLE app.b (id int PRIMARY KEY, a int REFERENCES app.a);
ALTER TABLE app.a ADD CONSTRAINT a_b FOREIGN KEY (b) REFERENCES app.b DEFERRABLE;
CREATE TABLE app.countries (code text PRIMARY KEY);
ALTER TABLE app.b ADD country text REFERENCES app.countries;
SELECT lives_ok($$SELECT tenancy.protect_schema('app', skip_tables => '{countries}')$$,
  'tables that reference each other');
SELECT is(pg_get_constraintdef(oid), wanted, conname::text)
FROM pg_constraint JOIN (VALUES
  ('a_b', 'FOREIGN KEY (tenant_id, b) REFERENCES app.b(tenant_id, id) DEFERRABLE'),
  ('b_a_fkey', 'FOREIGN KEY (tenant_id, a) REFERENCES app.a(tenant_id, id)'),
  ('b_country_fkey', 'FOREIGN KEY (country) REFERENCES app.countries(code)')) w(name, wanted)
  ON conname = name ORDER BY conname;
SELECT results_eq('SELECT relation::text FROM tenancy.protected_tables ORDER BY 1',
  $$VALUES ('app.a'), ('app.b')$$, 'and the reference table is left alone');

CREATE SCHEMA one;
CREATE TABLE one.parent (id int PRIMARY KEY);
CREATE TABLE one.child (id int PRIMARY KEY, parent int REFERENCES one.parent);
SELECT throws_ok($$SELECT tenancy.protect('one.parent')$$, '2BP01', NULL,
  'a parent whose child is not protected');
SELECT lives_ok($$SELECT tenancy.protect('one.child')$$, 'the child first');
SELECT is(pg_get_constraintdef(oid), 'FOREIGN KEY (parent) REFERENCES one.parent(id)',
  'whose foreign key waits') FROM pg_constraint WHERE conname = 'child_parent_fkey';
SELECT lives_ok($$SELECT tenancy.protect('one.parent')$$, 'then the parent');
SELECT is(pg_get_constraintdef(oid),
  'FOREIGN KEY (tenant_id, parent) REFERENCES one.parent(tenant_id, id)', 'and it is composite')
FROM pg_constraint WHERE conname = 'child_parent_fkey';

CREATE SCHEMA mixed;
CREATE TABLE mixed.plain (id int PRIMARY KEY);
CREATE TABLE mixed.parts (id int, t tenancy.tenant_id, tenant_id jsonb);
SELECT throws_ok($$SELECT tenancy.protect_schema('mixed')$$, '0A000', NULL,
  'one that cannot be protected refuses all');
SELECT hasnt_column('mixed', 'plain', 'tenant_id', 'and the others are untouched');
SELECT lives_ok($$SELECT tenancy.protect_schema('mixed', skip_tables => '{parts}')$$, 'control');

-- Nothing to do for the caller is told: it looks like success otherwise.
SELECT throws_ok($$SELECT tenancy.protect_schema('mixed', skip_tables => '{parts,plain}')$$, '42P01',
  NULL, 'every table skipped');
CREATE ROLE passer_by;
SET LOCAL ROLE passer_by;
SELECT throws_ok($$SELECT tenancy.protect_schema('mixed')$$, '42P01', NULL, 'tables of others');
RESET ROLE;
SELECT lives_ok($$SELECT tenancy.protect_schema('mixed', skip_tables => '{parts}')$$,
  'control: the owner, protected already');

-- What the LangGraph clients create, in Python's form (store: prefix) with its foreign key.
SELECT throws_ok($$SELECT tenancy.protect_langgraph('mixed')$$, '42P01', NULL, 'nothing of LangGraph');
CREATE SCHEMA lg;
CREATE TABLE lg.checkpoint_migrations (v int PRIMARY KEY);
CREATE TABLE lg.checkpoints (thread_id text NOT NULL, checkpoint_ns text NOT NULL DEFAULT '',
  checkpoint_id text NOT NULL, checkpoint jsonb NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id));
CREATE TABLE lg.checkpoint_blobs (thread_id text, checkpoint_ns text DEFAULT '', channel text,
  version text, type text NOT NULL, blob bytea,
  PRIMARY KEY (thread_id, checkpoint_ns, channel, version));
CREATE TABLE lg.checkpoint_writes (thread_id text, checkpoint_ns text DEFAULT '', checkpoint_id text,
  task_id text, idx int, channel text NOT NULL, type text, blob bytea NOT NULL,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx));
CREATE INDEX checkpoints_thread_id_idx ON lg.checkpoints (thread_id);
CREATE TABLE lg.store (prefix text, key text, value jsonb NOT NULL, PRIMARY KEY (prefix, key));
CREATE TABLE lg.store_vectors (prefix text, key text, field_name text,
  PRIMARY KEY (prefix, key, field_name),
  FOREIGN KEY (prefix, key) REFERENCES lg.store (prefix, key) ON DELETE CASCADE);
CREATE TABLE lg.others (id int PRIMARY KEY);
CREATE ROLE protect_sets_app;
GRANT ALL ON ALL TABLES IN SCHEMA lg TO protect_sets_app;
SELECT lives_ok($$SELECT tenancy.protect_langgraph('lg', isolate_by => 'tenant')$$, 'protect_langgraph');
SELECT results_eq('SELECT relation::text, isolate_by FROM tenancy.protected_tables
    WHERE relation::text LIKE ''lg.%'' ORDER BY 1',
  $$VALUES ('lg.checkpoint_blobs', 'tenant'), ('lg.checkpoint_writes', 'tenant'),
    ('lg.checkpoints', 'tenant'), ('lg.store', 'user'), ('lg.store_vectors', 'user')$$,
  'checkpoints and store each in their way');
SELECT is(pg_get_constraintdef(oid), 'FOREIGN KEY (tenant_id, user_id, prefix, key) REFERENCES '
  'lg.store(tenant_id, user_id, prefix, key) ON DELETE CASCADE', 'vectors follow the store')
FROM pg_constraint WHERE contype = 'f' AND conrelid = 'lg.store_vectors'::regclass;
SELECT is(has_table_privilege('protect_sets_app', 'lg.checkpoint_migrations', p), p = 'SELECT',
  'migrations: ' || p) FROM unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) p;
SELECT lives_ok($$SELECT tenancy.protect_langgraph('lg')$$, 'narrower is possible');
SELECT throws_ok($$SELECT tenancy.protect_langgraph('lg', isolate_by => 'tenant')$$, '55000', NULL,
  'wider is not');
SELECT hasnt_column('lg', 'others', 'tenant_id', 'other tables are left alone');
SELECT * FROM finish();
ROLLBACK;
