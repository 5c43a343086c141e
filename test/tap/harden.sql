-- harden_database(): what PUBLIC may no more, who still may, and that the application still works.
BEGIN;
SELECT no_plan();
CREATE ROLE harden_app LOGIN;
CREATE ROLE harden_monitor IN ROLE pg_monitor;
CREATE ROLE harden_signal IN ROLE pg_signal_backend;
CREATE ROLE harden_owner;
GRANT EXECUTE ON FUNCTION tenancy.harden_database(boolean) TO harden_app;
DO $$BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO harden_owner', current_database()); END$$;
GRANT CREATE ON SCHEMA public TO PUBLIC; -- as in a database from before 15

-- The tables of a LangGraph application, protected.
CREATE TABLE checkpoints (thread_id text, checkpoint_ns text DEFAULT '', checkpoint_id text,
  parent_checkpoint_id text, type text, checkpoint jsonb NOT NULL, metadata jsonb DEFAULT '{}',
  PRIMARY KEY (thread_id, checkpoint_ns, checkpoint_id));
CREATE TABLE store (prefix text, key text, value jsonb NOT NULL, created_at timestamptz DEFAULT now(),
  updated_at timestamptz DEFAULT now(), expires_at timestamptz, ttl_minutes int, PRIMARY KEY (prefix, key));
SELECT tenancy.protect_langgraph() \g /dev/null
GRANT SELECT, INSERT, UPDATE, DELETE ON checkpoints, store TO harden_app;

CREATE SCHEMA helper;
CREATE FUNCTION helper.as_role(who name, statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE state text;
BEGIN
  EXECUTE format('SET LOCAL ROLE %I', who);
  BEGIN
    EXECUTE statement;
    RAISE 'ran' USING ERRCODE = 'RAN00'; -- and leaves nothing behind
  EXCEPTION WHEN OTHERS THEN
    state := SQLSTATE;
  END;
  RESET ROLE;
  RETURN state;
END$$;
-- One of each group, the statement that a caller would use.
CREATE TABLE helper.attacks (name text, statement text);
INSERT INTO helper.attacks VALUES
  ('currtid2', $$SELECT currtid2('checkpoints', '(0,1)')$$),
  ('a large object is made', $$SELECT lo_from_bytea(0, 'x')$$),
  ('a large object is read', $$SELECT lo_get(oid) FROM pg_largeobject_metadata; SELECT lo_open(1, 1)$$),
  ('a large object is overwritten', $$SELECT lo_put(1, 0, 'x')$$),
  ('an advisory lock', 'SELECT pg_advisory_xact_lock(1)'),
  ('a probe of an advisory lock', 'SELECT pg_try_advisory_lock(1, 2)'),
  ('a session is ended', 'SELECT pg_terminate_backend(0)'),
  ('a statement is cancelled', 'SELECT pg_cancel_backend(0)'),
  ('locks of others', 'SELECT count(*) FROM pg_locks'),
  ('who blocks whom', 'SELECT pg_blocking_pids(1)'),
  ('prepared transactions of others', 'SELECT * FROM pg_prepared_xacts'),
  ('statements prepared for others', 'SELECT statement FROM pg_prepared_statements'),
  ('statements of others', 'SELECT query FROM pg_stat_activity'),
  ('statements of others, by number', 'SELECT pg_stat_get_backend_activity(1)'),
  ('rows of all tenants', 'SELECT n_live_tup FROM pg_stat_user_tables'),
  ('rows that a scan met', $$SELECT seq_tup_read FROM pg_stat_xact_user_tables WHERE relname = 'store'$$),
  ('rows that an index met', 'SELECT idx_tup_read FROM pg_stat_user_indexes'),
  ('a temporary table', 'CREATE TEMP TABLE stays (a int)'),
  ('a table in public', 'CREATE TABLE public.shadow (a int)');

SELECT isnt(helper.as_role('harden_app', statement), '42501', 'control: before it, ' || name) FROM helper.attacks;
SELECT is(helper.as_role('harden_app', 'SELECT tenancy.harden_database()'), '42501',
  'the application cannot harden, even where it was granted the function');
SELECT is(helper.as_role('harden_owner', 'SELECT tenancy.harden_database()'), '42501',
  'nor can the database''s owner without a grant');
SELECT isnt_empty('SELECT FROM tenancy.hardening WHERE NOT done', 'the list says what is open');
CREATE TABLE helper.before AS SELECT object, done FROM tenancy.hardening;
CREATE TABLE helper.planned AS SELECT line FROM tenancy.harden_database(true) line;
SELECT set_eq('SELECT object, done FROM tenancy.hardening', 'SELECT * FROM helper.before', 'a dry run changes nothing');
CREATE TABLE helper.ran AS SELECT line FROM tenancy.harden_database() line;
SELECT set_eq('SELECT * FROM helper.ran', 'SELECT * FROM helper.planned', 'and says what the real run says');
SELECT is((SELECT count(*) FROM helper.ran), (SELECT count(*) FROM helper.before WHERE NOT done), 'one line for each object');
SELECT is_empty('SELECT * FROM helper.ran WHERE line !~ ''^REVOKE .*; -- .+; undo: GRANT ''',
  'which says what is revoked, why, and how to undo it');
SELECT is_empty('SELECT * FROM tenancy.hardening WHERE NOT done', 'then all is done');
SELECT is_empty('SELECT tenancy.harden_database()', 'and nothing is left to do');

SELECT is(helper.as_role('harden_app', statement), '42501', 'refused: ' || name) FROM helper.attacks;
SELECT is(helper.as_role('harden_owner', statement), 'RAN00', 'the database''s owner still may: ' || name)
FROM helper.attacks WHERE name IN ('an advisory lock', 'a large object is made', 'a temporary table', 'locks of others');
SELECT is(helper.as_role('harden_monitor', statement), 'RAN00', 'a monitor still may: ' || name)
FROM helper.attacks WHERE name ~ 'of others|of all|who blocks';
SELECT isnt(helper.as_role('harden_signal', statement), '42501', 'who may signal still may: ' || name)
FROM helper.attacks WHERE name ~ 'ended|cancelled';
SELECT isnt(helper.as_role('postgres', statement), '42501', 'a superuser still may: ' || name) FROM helper.attacks;

-- What the application needs.
SELECT is(helper.as_role('harden_app', statement), 'RAN00', 'the application still may: ' || name)
FROM (VALUES
  ('reset a pooled connection, as asyncpg does', 'SELECT pg_advisory_unlock_all(); CLOSE ALL; UNLISTEN *; RESET ALL'),
  ('notify from a trigger', $$SELECT pg_notify('jobs', '1')$$),
  ('read the planner''s statistics of what it sees', 'SELECT count(*) FROM pg_stats'),
  ('look up a type, as drivers do', $$SELECT t.oid, typname, typtype, typelem, rngsubtype FROM pg_type t
     LEFT JOIN pg_range ON rngtypid = t.oid WHERE typname IN ('jsonb', 'vector', 'tenant_id')$$),
  ('introspect tables, as frameworks do', $$SELECT table_name, column_name, data_type FROM information_schema.columns
     WHERE table_schema = 'public'; SELECT pg_get_constraintdef(oid), pg_get_indexdef(conindid) FROM pg_constraint
     WHERE conrelid = 'store'::regclass$$),
  ('ask for sizes', $$SELECT pg_size_pretty(pg_total_relation_size('store')), pg_database_size(current_database())$$)
) AS work (name, statement);
SELECT tenancy.issue_token('acme', 'alice') AS token \gset
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its plan in temporary tables
SET LOCAL ROLE harden_app;
SELECT tenancy.login(:'token') \g /dev/null
SELECT lives_ok($$INSERT INTO checkpoints (thread_id, checkpoint_id, checkpoint) VALUES ('t', '1', '{}')
  ON CONFLICT (thread_id, checkpoint_ns, checkpoint_id) DO UPDATE SET checkpoint = EXCLUDED.checkpoint$$,
  'an upsert of the saver');
SELECT lives_ok($$INSERT INTO store (prefix, key, value) VALUES ('a.b', 'k', '{"x": 1}')
  ON CONFLICT (prefix, key) DO UPDATE SET value = EXCLUDED.value, updated_at = now()$$, 'an upsert of the store');
SELECT results_eq($$SELECT value->>'x' FROM store WHERE prefix LIKE 'a.%'$$, $$VALUES ('1')$$, 'a search of the store');
-- psql's \d would stop the script where it failed.
\o /dev/null
\d+ store
\dt+
\df tenancy.*
\l+
\o
SELECT pass('psql describes tables, functions and databases');
SELECT tenancy.logout() \g /dev/null
RESET ROLE;

-- And back.
SELECT lives_ok(undo, 'undone: ' || object) FROM tenancy.hardening
WHERE object ~ 'currtid2|lo_get\(oid\)|pg_lock_status|DATABASE|SCHEMA';
DO $$
DECLARE item record;
BEGIN
  FOR item IN SELECT undo FROM tenancy.hardening LOOP EXECUTE item.undo; END LOOP;
END$$;
SELECT is_empty('SELECT * FROM tenancy.hardening WHERE done', 'undone: all of it');
SELECT isnt(helper.as_role('harden_app', statement), '42501', 'control: after undoing, ' || name) FROM helper.attacks;
SELECT * FROM finish();
ROLLBACK;
