-- Rows by permission: write_permission and read_all_permission of protect().
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
SET LOCAL tenancy.guard = off; -- plans are kept by PREPARE
CREATE ROLE protect_permissions_app;
CREATE ROLE protect_permissions_owner;
CREATE SCHEMA app AUTHORIZATION protect_permissions_owner;
SET LOCAL ROLE protect_permissions_owner;
SET LOCAL search_path = app, public;
CREATE TABLE doc (id int PRIMARY KEY, n int DEFAULT 0);
CREATE TABLE thread (id int, body text DEFAULT '', PRIMARY KEY (id));
CREATE TABLE message (id int PRIMARY KEY, doc_id int REFERENCES doc ON DELETE CASCADE ON UPDATE CASCADE);
CREATE TABLE log (id int, at int, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE log_1 PARTITION OF log FOR VALUES FROM (0) TO (10);
CREATE TABLE source (id int);
CREATE VIEW doc_view WITH (security_invoker) AS SELECT * FROM doc;
SELECT tenancy.protect('message', write_permission => 'docs:message:write') \g /dev/null
SELECT string_agg(line, E'\n') AS planned
FROM tenancy.protect('doc', write_permission => 'docs:doc:write', dry_run => true) line \gset
SELECT matches(:'planned'::text, 'tenancy_write_insert.*tenancy_write_update.*tenancy_write_delete', 'a dry run tells');
SELECT is((SELECT count(*) FROM pg_policy WHERE polrelid = 'doc'::regclass), 0::bigint, 'and does nothing');
SELECT tenancy.protect('doc', write_permission => 'docs:doc:write') \g /dev/null
SELECT string_agg(line, E'\n') AS threads FROM tenancy.protect('thread', isolate_by => 'user',
  write_permission => 'threads:thread:write', read_all_permission => 'threads:thread:read_all') line \gset
SELECT matches(:'threads'::text, 'CREATE INDEX ON "app"."thread" \("tenant_id", id\)', 'the index that readers of all want is named');
SELECT tenancy.protect('log', isolate_by => 'user', write_permission => 'log:write', read_all_permission => 'log:read')
  \g /dev/null
CREATE TABLE log_2 PARTITION OF log FOR VALUES FROM (10) TO (20);
CREATE TABLE log_3 (LIKE log INCLUDING DEFAULTS);
ALTER TABLE log_3 ALTER tenant_id SET NOT NULL, ALTER user_id SET NOT NULL;
ALTER TABLE log ATTACH PARTITION log_3 FOR VALUES FROM (20) TO (30);
GRANT USAGE ON SCHEMA app TO protect_permissions_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA app TO protect_permissions_app;
RESET ROLE;
INSERT INTO doc (tenant_id, id) VALUES ('acme', 1), ('acme', 2), ('globex', 1), ('globex', 3);
INSERT INTO thread (tenant_id, user_id, id, body) VALUES ('acme', 'alice', 1, 'a'), ('acme', 'bob', 1, 'b'),
  ('acme', 'bob', 2, 'b'), ('globex', 'alice', 1, 'g'), ('globex', 'gus', 9, 'g');
INSERT INTO message (tenant_id, id, doc_id) VALUES ('acme', 1, 1), ('acme', 2, 2), ('globex', 1, 1);
INSERT INTO log (tenant_id, user_id, id, at) SELECT t, u, 1, at FROM unnest('{acme,globex}'::text[]) t,
  unnest('{alice,bob}'::text[]) u, unnest('{1,11,21}'::int[]) at;
INSERT INTO source VALUES (1), (5);

INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme'), ('globex');
INSERT INTO tenancy.roles (role) VALUES ('writer'), ('reader'), ('sink');
INSERT INTO tenancy.role_permissions (role, permission) VALUES
  ('writer', 'docs:doc:write'), ('writer', 'threads:thread:write'), ('writer', 'log:write'),
  ('reader', 'threads:thread:read_all'), ('reader', 'log:read'), ('sink', 'docs:message:write');
CREATE FUNCTION enter(roles text[]) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT tenancy.logout();
  SELECT tenancy.login(tenancy.issue_token('acme', 'alice', $1));
$$;
-- How many rows a statement did something to, or its SQLSTATE. Undone.
CREATE FUNCTION try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE n bigint;
BEGIN
  EXECUTE statement;
  GET DIAGNOSTICS n = ROW_COUNT;
  RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = n;
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN RETURN SQLERRM; WHEN OTHERS THEN RETURN SQLSTATE;
END$$;
GRANT USAGE ON SCHEMA app TO PUBLIC;

-- Writing: each statement without the permission, and with it.
CREATE TABLE statement (name text, sql text, refused text, done text);
INSERT INTO statement VALUES
  ('INSERT', 'INSERT INTO doc (id) VALUES (7)', 'TN008', '1'),
  ('INSERT … SELECT', 'INSERT INTO doc (id) SELECT id + 10 FROM source', 'TN008', '2'),
  ('INSERT of no row', 'INSERT INTO doc (id) SELECT id FROM source WHERE id < 0', '0', '0'),
  ('INSERT into another tenant', 'INSERT INTO doc (tenant_id, id) VALUES (''globex'', 7)', '42501', '42501'),
  ('UPDATE', 'UPDATE doc SET n = 1', 'TN008', '2'),
  ('UPDATE of no row', 'UPDATE doc SET n = 1 WHERE id = 99', 'TN008', '0'),
  ('UPDATE of another tenant''s row', 'UPDATE doc SET n = 1 WHERE id = 3', 'TN008', '0'),
  ('UPDATE … FROM', 'UPDATE doc SET n = 1 FROM source s WHERE s.id = doc.id', 'TN008', '1'),
  ('UPDATE … FROM of no row', 'UPDATE doc SET n = 1 FROM source s WHERE s.id = doc.id AND s.id < 0', 'TN008', '0'),
  ('UPDATE of a view', 'UPDATE doc_view SET n = 1 WHERE id = 99', 'TN008', '0'),
  ('UPDATE in WITH', 'WITH w AS (UPDATE doc SET n = 1 WHERE id = 99) SELECT FROM source', 'TN008', '2'),
  ('DELETE', 'DELETE FROM doc WHERE id = 2', 'TN008', '1'),
  ('DELETE of no row', 'DELETE FROM doc WHERE id = 99', 'TN008', '0'),
  ('DELETE … USING', 'DELETE FROM doc USING source s WHERE s.id = doc.id', 'TN008', '1'),
  ('ON CONFLICT DO UPDATE', 'INSERT INTO doc (id) VALUES (1) ON CONFLICT (tenant_id, id) DO UPDATE SET n = 5', 'TN008', '1'),
  ('ON CONFLICT DO NOTHING', 'INSERT INTO doc (id) VALUES (1) ON CONFLICT DO NOTHING', 'TN008', '0'),
  ('MERGE that updates', 'MERGE INTO doc USING source s ON s.id = doc.id WHEN MATCHED THEN UPDATE SET n = 1', 'TN008', '1'),
  ('MERGE that deletes', 'MERGE INTO doc USING source s ON s.id = doc.id WHEN MATCHED THEN DELETE', 'TN008', '1'),
  ('MERGE that inserts', 'MERGE INTO doc USING source s ON s.id = doc.id WHEN NOT MATCHED THEN INSERT (id) VALUES (s.id)', 'TN008', '1'),
  ('MERGE that does nothing', 'MERGE INTO doc USING source s ON s.id = doc.id WHEN MATCHED AND s.id < 0 THEN DELETE', '0', '0'),
  ('SELECT … FOR UPDATE', 'SELECT FROM doc FOR UPDATE', 'TN008', '2'),
  ('SELECT … FOR UPDATE of no row', 'SELECT FROM doc WHERE id = 99 FOR UPDATE', 'TN008', '0'),
  ('SELECT … FOR KEY SHARE', 'SELECT FROM doc FOR KEY SHARE', 'TN008', '2'),
  ('FOR UPDATE OF the nullable side', 'SELECT FROM source s LEFT JOIN (SELECT * FROM doc WHERE id = 99 FOR UPDATE) d USING (id)', 'TN008', '2'),
  ('COPY FROM', 'COPY doc FROM PROGRAM ''true''', '42501', '42501'),
  ('SELECT', 'SELECT FROM doc', '2', '2'),
  ('a query of no row at all', 'SELECT FROM doc WHERE false', '0', '0');
GRANT SELECT ON statement TO PUBLIC;
SELECT enter('{sink,reader}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(try(sql), refused, 'without the permission: ' || name) FROM statement;
SELECT throws_ok('UPDATE doc SET n = 1', 'TN008', NULL, 'as itself, too');
RESET ROLE;
SELECT enter('{writer}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(try(sql), done, 'with it: ' || name) FROM statement;
PREPARE change AS UPDATE doc SET n = 2 WHERE id = 1;
SELECT lives_ok('EXECUTE change', 'prepared') FROM generate_series(1, 7);
SELECT is((SELECT n FROM doc WHERE id = 1), 2, 'and done');
DECLARE walk CURSOR FOR SELECT * FROM doc;
FETCH walk \g /dev/null
SELECT lives_ok('UPDATE doc SET n = 3 WHERE CURRENT OF walk', 'WHERE CURRENT OF, with it');
RESET ROLE;
SELECT tenancy.logout() \g /dev/null
DELETE FROM tenancy.role_permissions WHERE permission = 'docs:doc:write';
SELECT enter('{writer}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT throws_ok('EXECUTE change', 'TN008', NULL, 'taken away: the next statement is refused, its plan kept');
SELECT throws_ok('UPDATE doc SET n = 3 WHERE CURRENT OF walk', 'TN008', NULL, 'WHERE CURRENT OF, without');
SELECT throws_ok('INSERT INTO doc (id) VALUES (8)', 'TN008', NULL, 'and every other');
RESET ROLE;
SELECT tenancy.logout() \g /dev/null
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('writer', 'docs:doc:write');
SELECT enter('{writer}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT lives_ok('EXECUTE change', 'given back: allowed again');
CLOSE walk;

-- Foreign keys act as PostgreSQL does: checks and actions ask for nothing of the other table.
RESET ROLE;
SELECT enter('{sink}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(try('INSERT INTO message (id, doc_id) VALUES (5, 2)'), '1', 'a foreign key is checked without the right to lock');
SELECT is(try('INSERT INTO message (id, doc_id) VALUES (5, 3)'), '23503', 'and finds no row of another tenant');
RESET ROLE;
SELECT enter('{writer}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(try('DELETE FROM message'), 'TN008', 'control: its rows cannot be deleted');
SELECT lives_ok('DELETE FROM doc WHERE id = 2', 'ON DELETE CASCADE goes on');
SELECT is((SELECT array_agg(id) FROM message), '{1}', 'as it does without the privilege');

-- Reading what all users have.
CREATE FUNCTION pg_temp.threads() RETURNS text LANGUAGE sql AS
  'SELECT string_agg(concat(tenant_id, ''/'', user_id, ''/'', id), '' '' ORDER BY tenant_id, user_id, id) FROM app.thread';
SELECT is(pg_temp.threads(), 'acme/alice/1', 'without the permission: the own rows');
RESET ROLE;
SELECT enter('{writer,reader}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(pg_temp.threads(), 'acme/alice/1 acme/bob/1 acme/bob/2', 'with it: all of the tenant, nothing of another');
SELECT is((SELECT body FROM thread WHERE user_id = 'bob' AND id = 2), 'b', 'by key');
SELECT is((SELECT count(*) FROM thread WHERE tenant_id = 'globex'), 0::bigint, 'not by naming the other tenant');
SELECT is(try('UPDATE thread SET body = ''x'''), '1', 'UPDATE meets the own row');
SELECT is(try('UPDATE thread SET body = ''x'' WHERE user_id = ''bob'''), '0', 'and no other''s');
SELECT is(try('DELETE FROM thread'), '1', 'so does DELETE');
SELECT is(try('SELECT FROM thread FOR UPDATE'), '1', 'and SELECT … FOR UPDATE');
SELECT is(try('UPDATE thread SET user_id = ''bob'' WHERE id = 1'), '42501', 'a row is not given away');
SELECT is(try('INSERT INTO thread (user_id, id) VALUES (''bob'', 5)'), '42501', 'nor made for another');
SELECT is(try('INSERT INTO thread (id) VALUES (2)'), '1', 'a number that another user has is free');
SELECT is(try('INSERT INTO thread (id) VALUES (2) ON CONFLICT (tenant_id, user_id, id) DO UPDATE SET body = ''x'''),
  '1', 'and meets no other''s row');
SELECT is(try('MERGE INTO thread t USING source s ON t.id = s.id AND t.user_id = ''bob'' WHEN MATCHED THEN UPDATE SET body = ''x'''),
  '42501', 'MERGE of what it reads and may not write is an error');
SELECT is(try('MERGE INTO thread t USING source s ON t.id = s.id AND t.user_id = ''bob'' WHEN MATCHED THEN DELETE'),
  '42501', 'so is deleting it');
SELECT is(try('MERGE INTO thread t USING source s ON t.id = s.id AND t.user_id = ''alice'' WHEN MATCHED THEN UPDATE SET body = ''x'''),
  '1', 'control: the own row');
PREPARE threads_kept AS SELECT count(*) FROM thread;
SELECT results_eq('threads_kept', 'VALUES (3::bigint)', 'prepared') FROM generate_series(1, 7);
RESET ROLE;
SELECT tenancy.logout() \g /dev/null
DELETE FROM tenancy.role_permissions WHERE permission = 'threads:thread:read_all';
SELECT enter('{writer,reader}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(pg_temp.threads(), 'acme/alice/1', 'taken away: the next statement reads the own rows');
SELECT results_eq('threads_kept', 'VALUES (1::bigint)', 'also by a plan that was kept');
RESET ROLE;
SELECT tenancy.logout() \g /dev/null
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'alice', 'threads:*');
SELECT enter('{writer,reader}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(pg_temp.threads(), 'acme/alice/1 acme/bob/1 acme/bob/2', 'a pattern given to the user opens them');

-- Partitions are as their parent, also those that came later.
RESET ROLE;
SELECT enter('{}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(try(format('DELETE FROM %I WHERE id < 0', t)), 'TN008', t || ': TN008') FROM unnest('{log,log_1,log_2,log_3}'::text[]) t;
SELECT is(try(format('SELECT FROM %I', t)), CASE t WHEN 'log' THEN '3' ELSE '1' END, t || ': own rows')
FROM unnest('{log,log_1,log_2,log_3}'::text[]) t;
RESET ROLE;
SELECT enter('{reader,writer}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(try(format('DELETE FROM %I', t)), CASE t WHEN 'log' THEN '3' ELSE '1' END, t || ': with the permission')
FROM unnest('{log,log_1,log_2,log_3}'::text[]) t;
SELECT is(try(format('SELECT FROM %I', t)), CASE t WHEN 'log' THEN '6' ELSE '2' END, t || ': all users'' rows')
FROM unnest('{log,log_1,log_2,log_3}'::text[]) t;

-- Nobody.
RESET ROLE;
SELECT tenancy.logout() \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(try('UPDATE doc SET n = 1'), 'TN001', 'nobody writes');
SELECT is(try('SELECT FROM thread'), 'TN001', 'nor reads');
RESET ROLE;
SET LOCAL tenancy.on_missing_identity = empty;
SET LOCAL ROLE protect_permissions_app;
SELECT is(try('SELECT FROM thread'), '0', 'nothing where a missing identity reads as empty');
SELECT is(try('UPDATE doc SET n = 1'), 'TN001', 'writing is an error there, too');
RESET ROLE;
RESET tenancy.on_missing_identity;

-- Again, other permissions, the view, and the way back.
CREATE FUNCTION pg_temp.permissions(rel regclass) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', coalesce(write_permission::text, '-'), coalesce(read_all_permission::text, '-'))
  FROM tenancy.protected_tables WHERE relation = rel
$$;
SET LOCAL ROLE protect_permissions_owner;
SELECT is(pg_temp.permissions('doc'), 'docs:doc:write -', 'protected_tables tells the permission');
SELECT is(pg_temp.permissions('log_2'), 'log:write log:read', 'of a partition, too');
SET LOCAL search_path = tenancy, app, public;
SELECT is(pg_temp.permissions('thread'), 'threads:thread:write threads:thread:read_all', 'whatever search_path says');
SET LOCAL search_path = app, public;
SELECT is_empty($$SELECT tenancy.protect('thread', isolate_by => 'user')$$, 'again without them: nothing to do');
SELECT is_empty($$SELECT tenancy.protect('thread', isolate_by => 'user', write_permission => 'threads:thread:write',
  read_all_permission => 'threads:thread:read_all')$$, 'nor with the same');
SELECT string_agg(line, E'\n') AS changed FROM tenancy.protect('thread', isolate_by => 'user', write_permission => 'threads:*') line \gset
SELECT matches(:'changed'::text, '-- writing to "app"."thread" took the permission threads:thread:write', 'another one says what was');
SELECT is(pg_temp.permissions('thread'), 'threads:* threads:thread:read_all', 'and the other argument stays');
DROP POLICY tenancy_write_delete ON doc;
SELECT is(pg_temp.permissions('doc'), '- -', 'a part of the write policies is shown as none');
SELECT is((SELECT count(*) FROM tenancy.protect('doc')), 1::bigint, 'protect() completes them');
SELECT is(pg_temp.permissions('doc'), 'docs:doc:write -', 'with the same permission');
ALTER POLICY tenancy_write_delete ON doc USING (true);
SELECT throws_ok($$SELECT tenancy.protect('doc')$$, '55000', NULL, 'one that says something else is not ours');
SELECT lives_ok($$SELECT tenancy.protect('doc', existing_policies => 'replace')$$, 'and can be replaced');
SELECT is(pg_temp.permissions('doc'), 'docs:doc:write -', 'by what it was');
SELECT throws_ok($$SELECT tenancy.protect('doc', read_all_permission => 'x')$$, '22023', NULL, 'reading all of a table isolated by tenant');
SELECT throws_ok($$SELECT tenancy.protect('log_1', isolate_by => 'user', write_permission => 'other')$$, '55000', NULL,
  'a partition cannot ask for another one');
SELECT tenancy.unprotect('log') \g /dev/null
SELECT is((SELECT count(*) FROM pg_policy p WHERE polrelid::regclass::text LIKE 'log%'), 0::bigint, 'unprotect() drops all');
CREATE TABLE kept (id int PRIMARY KEY);
ALTER TABLE kept ENABLE ROW LEVEL SECURITY;
CREATE POLICY theirs ON kept USING (id > 0);
SELECT throws_ok($$SELECT tenancy.protect('kept', isolate_by => 'user', existing_policies => 'keep', read_all_permission => 'x')$$,
  '22023', NULL, 'beside policies of its own nobody reads all');
SELECT lives_ok($$SELECT tenancy.protect('kept', isolate_by => 'user', existing_policies => 'keep', write_permission => 'kept:write')$$,
  'control: a permission to write works');
GRANT SELECT, INSERT, UPDATE ON kept TO protect_permissions_app;
RESET ROLE;
SELECT enter('{writer}') \g /dev/null
SET LOCAL ROLE protect_permissions_app;
SELECT is(try('INSERT INTO kept VALUES (1)'), 'TN008', 'and is asked for');
SELECT is(try('UPDATE kept SET id = 2'), 'TN008', 'beside their policies');

-- Sets of tables.
RESET ROLE;
SELECT tenancy.logout() \g /dev/null
CREATE SCHEMA graph AUTHORIZATION protect_permissions_owner;
CREATE SCHEMA set_ AUTHORIZATION protect_permissions_owner;
SET LOCAL ROLE protect_permissions_owner;
CREATE TABLE graph.checkpoints (thread_id text PRIMARY KEY);
CREATE TABLE graph.store (prefix text, key text, PRIMARY KEY (prefix, key));
SELECT throws_ok($$SELECT tenancy.protect_langgraph('graph', isolate_by => 'tenant', store_isolate_by => 'tenant',
  read_all_permission => 'graph:read')$$, '22023', NULL, 'where nothing is isolated by user, nothing is left to open');
SELECT tenancy.protect_langgraph('graph', store_isolate_by => 'tenant', write_permission => 'graph:write',
  read_all_permission => 'graph:read') \g /dev/null
SELECT is(pg_temp.permissions('graph.checkpoints'), 'graph:write graph:read', 'langgraph by user: both');
SELECT is(pg_temp.permissions('graph.store'), 'graph:write -', 'by tenant: all users read it already');
CREATE TABLE set_.a (id int PRIMARY KEY);
CREATE TABLE set_.b (id int PRIMARY KEY REFERENCES set_.a);
SELECT tenancy.protect_schema('set_', write_permission => 'set:write') \g /dev/null
SELECT is(pg_temp.permissions('set_.a') || pg_temp.permissions('set_.b'), 'set:write -set:write -', 'protect_schema()');
SELECT throws_ok($$SELECT tenancy.protect('set_.a', write_permission => 'no good')$$, '22P02', NULL, 'no permission at all');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
