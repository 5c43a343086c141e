-- Plans of tables that ask for permissions: index scans that begin with the tenant, and the permission to
-- write asked for once.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
SET LOCAL tenancy.guard = off; -- EXPLAIN
CREATE ROLE protect_permissions_plans_app;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO PUBLIC;
SET LOCAL search_path = app, public;
CREATE TABLE thread (thread text, step int, body text DEFAULT repeat('x', 100), PRIMARY KEY (thread, step));
SELECT tenancy.protect('thread', isolate_by => 'user', write_permission => 'threads:write',
  read_all_permission => 'threads:read') \g /dev/null
INSERT INTO thread (tenant_id, user_id, thread, step)
SELECT 'tenant-' || t, 'user-' || u, 'thread-' || h, s FROM generate_series(1, 10) t, generate_series(1, 10) u,
  generate_series(1, 10) h, generate_series(1, 20) s;
GRANT SELECT, INSERT, UPDATE, DELETE ON thread TO protect_permissions_plans_app;
ANALYZE thread;
CREATE FUNCTION plan(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE line text; found text := '';
BEGIN
  FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || statement LOOP found := found || line || E'\n'; END LOOP;
  RETURN found;
END$$;
-- Reading: the tenant is in the index condition whatever the query names; the user is where the query does.
CREATE FUNCTION reads(name text, statement text, condition text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE made text := app.plan(statement);
BEGIN
  RETURN NEXT matches(made, 'Index Cond: \(.*tenant_id = tenancy.current_tenant_id\(\)', name || ': by the tenant');
  RETURN NEXT matches(made, condition, name || ': and by what the query names');
  RETURN NEXT doesnt_match(made, 'Seq Scan', name || ': no sequential scan');
  RETURN NEXT matches(made, 'Filter: [^\n]*tenancy\.can\(', name || ': the permission is a filter');
END$$;
CREATE FUNCTION writes(name text, statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE made text := app.plan(statement);
BEGIN
  RETURN NEXT matches(made, 'One-Time Filter: [^\n]*tenancy.require\(''threads:write''', name || ': asked for once');
  RETURN NEXT doesnt_match(made, '\n *Filter: [^\n]*require', name || ': not for each row');
  RETURN NEXT matches(made, 'Index Cond: [^\n]*tenant_id = [^\n]*user_id = [^\n]*thread = ', name || ': by the whole key');
END$$;
SELECT tenancy.login(tenancy.issue_token('tenant-3', 'user-3')) \g /dev/null
SET LOCAL ROLE protect_permissions_plans_app;
SELECT reads('point read', $$SELECT body FROM thread WHERE thread = 'thread-2' AND step = 5$$,
  'Index Cond: .*thread = .*step = ');
SELECT reads('history page', $$SELECT body FROM thread WHERE thread = 'thread-2' ORDER BY step DESC LIMIT 5$$,
  'Index Cond: .*thread = ');
SELECT reads('point read that names the user',
  $$SELECT body FROM thread WHERE user_id = tenancy.current_user_id() AND thread = 'thread-2' AND step = 5$$,
  'Index Cond: .*user_id = .*thread = .*step = ');
SELECT reads('history page that names the user',
  $$SELECT body FROM thread WHERE user_id = tenancy.current_user_id() AND thread = 'thread-2' ORDER BY step DESC LIMIT 5$$,
  'Index Scan Backward using thread_pkey.*Index Cond: .*user_id = .*thread = ');
-- Writing: asked for above the scan, which goes by the whole key.
SELECT writes('UPDATE', $$UPDATE thread SET body = '' WHERE thread = 'thread-2' AND step = 5$$);
SELECT writes('DELETE', $$DELETE FROM thread WHERE thread = 'thread-2' AND step = 5 AND user_id = tenancy.current_user_id()$$);
SELECT writes('FOR UPDATE', $$SELECT FROM thread WHERE thread = 'thread-2' AND step = 5 FOR UPDATE$$);
SELECT doesnt_match(plan('SELECT FROM thread'), 'require', 'reading asks for no permission to write');
RESET ROLE;
CREATE INDEX thread_of_all ON thread (tenant_id, thread, step);
ANALYZE thread;
SET LOCAL ROLE protect_permissions_plans_app;
SELECT matches(plan($$SELECT body FROM thread WHERE thread = 'thread-2' AND step = 5$$),
  'thread_of_all.*Index Cond: \(\(tenant_id = .*thread = .*step = ', 'the index that the remark names serves a point read');
SELECT matches(plan($$SELECT body FROM thread WHERE thread = 'thread-2' ORDER BY step DESC LIMIT 5$$),
  '^Limit\n +->  Index Scan Backward using thread_of_all', 'and a page in its order');
RESET ROLE;
SELECT * FROM finish();
ROLLBACK;
