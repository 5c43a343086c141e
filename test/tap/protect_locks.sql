-- Locks and failures, seen from a second session.
SELECT no_plan();
CREATE EXTENSION dblink;
CREATE TABLE t (id int PRIMARY KEY);
CREATE TABLE u (id int PRIMARY KEY, t int REFERENCES t);
INSERT INTO t VALUES (1);
SELECT dblink_connect('other', format('host=%s port=%s user=%s dbname=%I',
  current_setting('unix_socket_directories'), current_setting('port'), current_user,
  current_database())) \gset
SELECT dblink_exec('other', 'BEGIN') \gset
SELECT dblink_exec('other', 'LOCK TABLE t IN ACCESS SHARE MODE') \gset
SET lock_timeout = '100ms';
SELECT throws_ok($$SELECT tenancy.protect('t', backfill_tenant => 'acme')$$, '55P03', NULL,
  'lock_timeout is respected');
SELECT isnt_empty($$SELECT tenancy.protect_schema('public', backfill_tenant => 'acme', dry_run => true)$$,
  'a dry run gets along with readers');
SELECT dblink_exec('other', 'COMMIT') \gset
SET lock_timeout = 0;
SET statement_timeout = '200ms';
CREATE TABLE slow (id int PRIMARY KEY);
INSERT INTO slow VALUES (1);
CREATE FUNCTION cancelled(command text) RETURNS bool LANGUAGE plpgsql AS $$BEGIN
  EXECUTE command; RETURN false;
EXCEPTION WHEN query_canceled THEN RETURN true;
END$$;
SELECT ok(cancelled($$SELECT tenancy.protect('slow', backfill_using => '''x'' || pg_sleep(10)')$$),
  'so is statement_timeout');
SET statement_timeout = 0;
SELECT columns_are('public', 'slow', ARRAY['id'], 'nothing is half done');
SELECT is(current_setting('search_path'), '"$user", public', 'search_path is as it was');

-- A failure at the very end: the policy of the second table cannot be made.
CREATE FUNCTION stop() RETURNS event_trigger LANGUAGE plpgsql AS $$BEGIN
  IF EXISTS (SELECT FROM pg_policy WHERE polrelid = 'public.u'::regclass) THEN RAISE 'stopped'; END IF;
END$$;
CREATE EVENT TRIGGER stop ON ddl_command_end WHEN TAG IN ('CREATE POLICY') EXECUTE FUNCTION stop();
SELECT throws_ok($$SELECT tenancy.protect_schema('public', backfill_tenant => 'acme')$$, 'P0001',
  'stopped', 'a late failure');
SELECT columns_are('public', 't', ARRAY['id'], 'leaves the columns');
SELECT is_empty($$SELECT FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE relnamespace = 'public'::regnamespace$$,
  'no policy');
SELECT is(pg_get_constraintdef(oid), 'FOREIGN KEY (t) REFERENCES t(id)', 'the foreign key')
FROM pg_constraint WHERE conname = 'u_t_fkey';
SELECT results_eq('SELECT id FROM t', 'VALUES (1)', 'and the rows');
DROP EVENT TRIGGER stop;
SELECT lives_ok($$SELECT tenancy.protect_schema('public', backfill_tenant => 'acme', skip_tables => '{slow}')$$,
  'control');
-- What others do meanwhile is seen, or the call is refused.
CREATE TABLE w (id int PRIMARY KEY);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT throws_ok($$SELECT tenancy.protect('w')$$, '25000', NULL, 'not with a snapshot from before the lock');
ROLLBACK;
SELECT dblink_exec('other', 'BEGIN') \gset
SELECT count(*) FROM dblink('other', $$SELECT tenancy.protect('w')$$) AS r(line text) \gset
SET lock_timeout = '100ms';
SELECT throws_ok($$SELECT tenancy.protect('w')$$, '55P03', NULL, 'two at once: the second waits');
SET lock_timeout = 0;
SELECT dblink_exec('other', 'COMMIT') \gset
SELECT is_empty($$SELECT tenancy.protect('w')$$, 'and then finds it done');
-- Trees: one leaf in use is enough to wait; a later partition asks nothing of the others.
CREATE TABLE tree (id int) PARTITION BY LIST (id);
CREATE TABLE leaf_1 PARTITION OF tree FOR VALUES IN (1);
SELECT dblink_exec('other', 'BEGIN') \gset
SELECT dblink_exec('other', 'LOCK TABLE leaf_1 IN ACCESS SHARE MODE') \gset
SET lock_timeout = '100ms';
SELECT throws_ok($$SELECT tenancy.protect('tree')$$, '55P03', NULL, 'a leaf in use');
SELECT dblink_exec('other', 'COMMIT') \gset
SELECT lives_ok($$SELECT tenancy.protect('tree')$$, 'control: not in use');
SET tenancy.auto_protect = off; -- or it is protected already
CREATE TABLE leaf_2 PARTITION OF tree FOR VALUES IN (2);
RESET tenancy.auto_protect;
SELECT dblink_exec('other', 'BEGIN') \gset
SELECT dblink_exec('other', 'LOCK TABLE ONLY tree, leaf_1 IN ACCESS SHARE MODE') \gset
SELECT isnt_empty($$SELECT tenancy.protect('leaf_2')$$, 'a later partition does not wait for the tree');
SELECT dblink_exec('other', 'COMMIT') \gset
SET lock_timeout = 0;
SET default_transaction_read_only = on;
SELECT throws_ok($$SELECT tenancy.protect('slow', backfill_tenant => 'acme')$$, '25006', NULL,
  'a read-only transaction');
SELECT isnt_empty($$SELECT tenancy.protect('slow', backfill_tenant => 'acme', dry_run => true)$$,
  'in which a dry run is possible');
SET default_transaction_read_only = off;
SELECT * FROM finish();
