-- The audit as a whole: a hardened database with LangGraph's tables, protected, and an application
-- with plain grants has nothing to report but the server; and many tables do not make it slow.
SELECT no_plan();
CREATE ROLE audit_complete_owner;
CREATE ROLE audit_complete_app LOGIN;
SELECT count(*) FROM tenancy.harden_database() \gset
CREATE SCHEMA graph AUTHORIZATION audit_complete_owner;
GRANT USAGE ON SCHEMA graph TO audit_complete_app;
SET ROLE audit_complete_owner;
SET search_path = graph;
-- As setup() of the savers and stores leaves them.
CREATE TABLE checkpoint_migrations (v int PRIMARY KEY);
CREATE TABLE checkpoints (thread_id text NOT NULL, checkpoint_ns text NOT NULL DEFAULT '', checkpoint_id text NOT NULL,
  parent_checkpoint_id text, type text, checkpoint jsonb NOT NULL, metadata jsonb NOT NULL DEFAULT '{}',
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id));
CREATE TABLE checkpoint_blobs (thread_id text NOT NULL, checkpoint_ns text NOT NULL DEFAULT '', channel text NOT NULL,
  version text NOT NULL, type text NOT NULL, blob bytea, PRIMARY KEY (thread_id, checkpoint_ns, channel, version));
CREATE TABLE checkpoint_writes (thread_id text NOT NULL, checkpoint_ns text NOT NULL DEFAULT '', checkpoint_id text NOT NULL,
  task_id text NOT NULL, idx int NOT NULL, channel text NOT NULL, type text, blob bytea NOT NULL, task_path text NOT NULL DEFAULT '',
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id, task_id, idx));
CREATE INDEX checkpoints_thread_id_idx ON checkpoints (thread_id);
CREATE INDEX checkpoint_blobs_thread_id_idx ON checkpoint_blobs (thread_id);
CREATE INDEX checkpoint_writes_thread_id_idx ON checkpoint_writes (thread_id);
CREATE TABLE store_migrations (v int PRIMARY KEY);
CREATE TABLE store (prefix text NOT NULL, key text NOT NULL, value jsonb NOT NULL, created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now(), expires_at timestamptz, ttl_minutes int, PRIMARY KEY (prefix, key));
CREATE INDEX store_prefix_idx ON store USING btree (prefix text_pattern_ops);
CREATE INDEX idx_store_expires_at ON store (expires_at) WHERE expires_at IS NOT NULL;
RESET ROLE;
RESET search_path;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA graph TO audit_complete_app;
SELECT isnt_empty($$SELECT * FROM tenancy.audit() WHERE class = 'isolation' AND code = 'langgraph_sibling'$$,
  'before: the tables have no protection');
SELECT throws_ok('SELECT tenancy.assert_isolated(environment => false)', 'TN012', NULL, 'so the database is not isolated');
SELECT count(*) FROM tenancy.protect_langgraph('graph') \gset
SELECT is_empty($$SELECT * FROM tenancy.audit() WHERE class <> 'environment'$$,
  'hardened and protected: nothing to report outside class environment');
SELECT lives_ok('SELECT tenancy.assert_isolated(environment => false)', 'so it is isolated');

CREATE SCHEMA many AUTHORIZATION audit_complete_owner;
GRANT USAGE ON SCHEMA many TO audit_complete_app;
-- The policies are written here, for speed.
DO $$
BEGIN
  FOR i IN 1..2000 LOOP
    EXECUTE format('CREATE TABLE many.t%s (tenant_id text, id int, a text, PRIMARY KEY (tenant_id, id))', i);
    EXECUTE format('CREATE POLICY tenancy_floor ON many.t%s AS RESTRICTIVE USING (tenant_id = tenancy.current_tenant_text()) WITH CHECK (tenant_id = tenancy.current_tenant_text())', i);
    EXECUTE format('CREATE POLICY tenancy_access ON many.t%s USING (tenant_id = tenancy.current_tenant_text()) WITH CHECK (true)', i);
    EXECUTE format('ALTER TABLE many.t%s OWNER TO audit_complete_owner, ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', i);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON many.t%s TO audit_complete_app', i);
    IF i % 100 = 0 THEN COMMIT; END IF;
  END LOOP;
END $$;
ANALYZE;
SELECT is_empty($$SELECT * FROM tenancy.audit() WHERE class <> 'environment'$$, 'the same of 2,000 tables more');
-- Processor time, in hundredths of a second: the tests share the machine.
CREATE FUNCTION ticks() RETURNS int LANGUAGE sql VOLATILE AS $$
  SELECT f[14]::int + f[15]::int FROM string_to_array(pg_read_file('/proc/self/stat'), ' ') f $$;
SELECT ticks() AS before \gset
SELECT count(*) FROM tenancy.audit() \gset
SELECT cmp_ok(ticks() - :before, '<', 200, 'in less than two seconds of a processor');
SELECT diag('hundredths of a second: ' || ticks() - :before);
SELECT * FROM finish();
