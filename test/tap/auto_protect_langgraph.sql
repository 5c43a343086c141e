-- Migrations that come after protecting: those of LangGraph's clients go on working, unique indexes
-- that are built concurrently are met before they begin. Outside transactions, as they ask for.
\set ON_ERROR_STOP on
SET client_min_messages = warning;
CREATE ROLE tap_auto_langgraph;
CREATE SCHEMA agents AUTHORIZATION tap_auto_langgraph;
SELECT no_plan();
SET ROLE tap_auto_langgraph;
SET search_path = agents, public;
CREATE TABLE checkpoint_migrations (v int PRIMARY KEY);
CREATE TABLE checkpoints (thread_id text, checkpoint_ns text, checkpoint_id text, checkpoint jsonb,
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id));
CREATE TABLE checkpoint_blobs (thread_id text, channel text, version text, blob bytea NOT NULL,
  PRIMARY KEY (thread_id, channel, version));
CREATE TABLE checkpoint_writes (thread_id text, task_id text, idx int, PRIMARY KEY (thread_id, task_id, idx));
CREATE TABLE store (prefix text, key text, value jsonb, PRIMARY KEY (prefix, key));
SELECT is(count(*)::int, 0, 'control: tables without our types are not protected')
  FROM tenancy.protected_tables WHERE relation::text LIKE '%checkpoint%' OR relation::text LIKE '%store';
SELECT count(*) > 0 FROM tenancy.protect_langgraph('agents') \g /dev/null

-- What newer versions of the clients run; ON_ERROR_STOP says whether it works.
ALTER TABLE checkpoint_blobs ALTER COLUMN blob DROP NOT NULL;
CREATE INDEX CONCURRENTLY IF NOT EXISTS checkpoints_thread_id_idx ON checkpoints(thread_id);
CREATE INDEX CONCURRENTLY IF NOT EXISTS checkpoint_blobs_thread_id_idx ON checkpoint_blobs(thread_id);
ALTER TABLE checkpoint_writes ADD COLUMN IF NOT EXISTS task_path text NOT NULL DEFAULT '';
CREATE TABLE IF NOT EXISTS store (prefix text NOT NULL, key text NOT NULL, PRIMARY KEY (prefix, key));
CREATE INDEX CONCURRENTLY IF NOT EXISTS store_prefix_idx ON store USING btree (prefix text_pattern_ops);
ALTER TABLE store ADD COLUMN IF NOT EXISTS expires_at timestamptz, ADD COLUMN IF NOT EXISTS ttl_minutes int;
CREATE INDEX IF NOT EXISTS idx_store_expires_at ON store (expires_at) WHERE expires_at IS NOT NULL;
INSERT INTO checkpoint_migrations (v) VALUES (9);
SELECT is(count(*)::int, 4, 'the clients'' migrations run') FROM pg_index x JOIN pg_class c ON c.oid = x.indexrelid
  WHERE c.relnamespace = 'agents'::regnamespace AND NOT x.indisunique AND x.indisvalid;
SELECT is(count(*)::int, 4, 'and the tables stay protected') FROM tenancy.protected_tables p JOIN pg_class c ON c.oid = p.relation
  WHERE c.relnamespace = 'agents'::regnamespace AND c.relrowsecurity AND p.forced AND p.isolate_by = 'user';
SELECT throws_ok('CREATE TABLE store_vectors (prefix text, key text, PRIMARY KEY (prefix, key),
  FOREIGN KEY (prefix, key) REFERENCES store(prefix, key) ON DELETE CASCADE)', '42830',
  'a foreign key to "agents"."store" needs its isolation columns', 'the vectors of a store have to be made before it is protected');

-- Unique indexes that are built concurrently.
\set ON_ERROR_STOP off
\set VERBOSITY default
CREATE UNIQUE INDEX CONCURRENTLY once ON store (key);
\set refused :LAST_ERROR_SQLSTATE
SELECT is(:'refused'::text, '0A000', 'CREATE UNIQUE INDEX CONCURRENTLY without the isolation columns');
SELECT is(to_regclass('once'), NULL, 'is refused before it begins');
CREATE UNIQUE INDEX CONCURRENTLY once ON store (tenant_id, key);
\set refused :LAST_ERROR_SQLSTATE
SELECT is(:'refused'::text, '0A000', 'with the tenant but not the user');
\set ON_ERROR_STOP on
CREATE UNIQUE INDEX CONCURRENTLY once ON store (tenant_id, user_id, key);
SELECT is(indisvalid, true, 'control: with both') FROM pg_index WHERE indexrelid = 'once'::regclass;
REINDEX INDEX CONCURRENTLY once;
SELECT is(pg_get_indexdef('once'::regclass), 'CREATE UNIQUE INDEX once ON agents.store USING btree (tenant_id, user_id, key)',
  'REINDEX CONCURRENTLY');
CREATE UNIQUE INDEX CONCURRENTLY free ON checkpoint_migrations (v);
SELECT is(indisvalid, true, 'control: on a table that is not protected') FROM pg_index WHERE indexrelid = 'free'::regclass;
DROP INDEX CONCURRENTLY free;

-- Transactions with one snapshot make tables too.
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT count(*) FROM checkpoint_migrations \g /dev/null
CREATE TABLE serial (id int PRIMARY KEY, tenant_id tenancy.tenant_id);
COMMIT;
SELECT is(tenant_column, 'tenant_id', 'in a SERIALIZABLE transaction') FROM tenancy.isolation_columns('serial');
SELECT * FROM finish();
