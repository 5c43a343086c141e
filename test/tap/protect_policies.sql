-- Policies and privileges that are there already: nobody sees more afterwards than before.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.auto_protect = off; -- protect() alone is tested here
SET LOCAL tenancy.scope = 'session';
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
CREATE ROLE protect_policies_owner;
CREATE ROLE protect_policies_app;
CREATE ROLE "protect_policies ""odd";
CREATE SCHEMA app AUTHORIZATION protect_policies_owner;
SET LOCAL ROLE protect_policies_owner;

CREATE TABLE app.t (id int PRIMARY KEY, tenant_id tenancy.tenant_id, visible bool);
INSERT INTO app.t VALUES (1, 'acme', true), (2, 'acme', false), (3, 'globex', true);
CREATE POLICY visible_rows ON app.t TO protect_policies_app USING (visible);
SELECT throws_ok($$SELECT tenancy.protect('app.t')$$, '55000', '"app"."t" has policies of its own',
  'policies of its own, although row security is off');
ALTER TABLE app.t ENABLE ROW LEVEL SECURITY;
SELECT throws_ok($$SELECT tenancy.protect('app.t')$$, '55000', NULL, 'and on');
SELECT policies_are('app', 't', ARRAY['visible_rows'], 'nothing is half done');
SELECT throws_ok($$SELECT tenancy.protect('app.t', existing_policies => 'ignore')$$, '22023', NULL,
  'existing_policies is one of three words');
SELECT lives_ok($$SELECT tenancy.protect('app.t', existing_policies => 'keep')$$, 'keep');
SELECT policies_are('app', 't', ARRAY['visible_rows', 'tenancy_floor'], 'adds the floor alone');
SELECT is_empty($$SELECT tenancy.protect('app.t', existing_policies => 'keep')$$, 'again: nothing');
SELECT throws_ok($$SELECT tenancy.protect('app.t')$$, '55000', NULL, 'nor does it widen later');
GRANT USAGE ON SCHEMA app TO protect_policies_app;
GRANT SELECT ON app.t TO protect_policies_app;
RESET ROLE;
CREATE TABLE app.token AS SELECT tenancy.issue_token('acme', 'ann') AS token;
GRANT SELECT ON app.token TO protect_policies_app;
SET LOCAL ROLE protect_policies_app;
SELECT count(tenancy.login(token)) FROM app.token \gset
SELECT results_eq('SELECT id FROM app.t', 'VALUES (1)', 'both rules hold: one row');
SELECT tenancy.logout() \gset
SET LOCAL ROLE protect_policies_owner;
SELECT set_has($$SELECT tenancy.protect('app.t', existing_policies => 'replace')$$, $$VALUES
  ('-- CREATE POLICY visible_rows ON app.t AS PERMISSIVE FOR ALL TO protect_policies_app USING (visible)'),
  ('DROP POLICY "visible_rows" ON "app"."t";')$$, 'replace drops them and says what they were');
SELECT policies_are('app', 't', ARRAY['tenancy_access', 'tenancy_floor'], 'and leaves ours');

CREATE TABLE app.closed (id int PRIMARY KEY);
ALTER TABLE app.closed ENABLE ROW LEVEL SECURITY;
SELECT throws_ok($$SELECT tenancy.protect('app.closed')$$, '55000',
  '"app"."closed" has row security enabled and no policy', 'a table that nobody may read is not opened');
SELECT lives_ok($$SELECT tenancy.protect('app.closed', existing_policies => 'keep')$$, 'keep');
SELECT policies_are('app', 'closed', ARRAY['tenancy_floor'], 'keeps it closed');

-- A policy that somebody changed is made anew.
DROP POLICY tenancy_floor ON app.closed;
CREATE POLICY tenancy_floor ON app.closed AS RESTRICTIVE USING (true);
ALTER TABLE app.closed NO FORCE ROW LEVEL SECURITY;
SELECT lives_ok($$SELECT tenancy.protect('app.closed', existing_policies => 'keep')$$, 'protect again');
SELECT is(pg_get_expr(polqual, polrelid), '(tenant_id = tenancy.current_tenant_id())', 'floor is back')
FROM pg_policy WHERE polrelid = 'app.closed'::regclass;
SELECT ok(relforcerowsecurity, 'so is FORCE') FROM pg_class WHERE oid = 'app.closed'::regclass;
ALTER POLICY tenancy_floor ON app.closed USING (tenant_id = tenancy.current_tenant_id() AND id = 1);
SELECT throws_ok($$SELECT tenancy.protect('app.closed', existing_policies => 'keep')$$, '55000',
  '"app"."closed" has a policy "tenancy_floor" of another kind',
  'a floor that somebody narrowed is not widened again');
SELECT lives_ok($$SELECT tenancy.unprotect('app.closed')$$, 'unprotect');
SELECT ok(relrowsecurity, 'leaves it closed, as it was')
FROM pg_class WHERE oid = 'app.closed'::regclass;

-- A narrower rule under our name is theirs.
CREATE TABLE app.same_name (id int PRIMARY KEY);
ALTER TABLE app.same_name ENABLE ROW LEVEL SECURITY;
CREATE POLICY tenancy_access ON app.same_name USING (id = 1);
SELECT throws_ok(format('SELECT tenancy.protect(''app.same_name'', existing_policies => %L)', mode),
  '55000', '"app"."same_name" has a policy "tenancy_access" of another kind', mode || ': our name')
FROM unnest(ARRAY['refuse', 'keep']) mode;
SELECT lives_ok($$SELECT tenancy.protect('app.same_name', existing_policies => 'replace')$$, 'replace');
SELECT policies_are('app', 'same_name', ARRAY['tenancy_access', 'tenancy_floor'], 'by ours');
ALTER POLICY tenancy_access ON app.same_name USING (tenant_id = tenancy.current_tenant_id() AND id = 1);
SELECT throws_ok($$SELECT tenancy.protect('app.same_name')$$, '55000', NULL,
  'an access policy that somebody narrowed is not widened again');

-- Privileges that get around row security.
CREATE TABLE app.granted (id int PRIMARY KEY);
GRANT ALL ON app.granted TO PUBLIC;
GRANT ALL ON app.granted TO protect_policies_app WITH GRANT OPTION;
SET LOCAL ROLE protect_policies_app;
GRANT TRUNCATE ON app.granted TO "protect_policies ""odd";
SET LOCAL ROLE protect_policies_owner;
GRANT REFERENCES (id) ON app.granted TO "protect_policies ""odd";
SELECT lives_ok($$SELECT tenancy.protect('app.granted')$$, 'a table granted to everybody');
SELECT is_empty($$SELECT a.grantee, a.privilege_type FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid = 'app.granted'::regclass AND a.grantee <> c.relowner
      AND a.privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'MAINTAIN')
    UNION ALL SELECT a.grantee, a.privilege_type FROM pg_attribute t, aclexplode(t.attacl) a
    WHERE t.attrelid = 'app.granted'::regclass$$, 'TRUNCATE, REFERENCES, TRIGGER and MAINTAIN are gone');
SELECT is(has_table_privilege('protect_policies_app', 'app.granted', p), p = 'SELECT',
  p || ' afterwards') FROM unnest(ARRAY['SELECT', 'TRUNCATE']) p;
SELECT * FROM finish();
ROLLBACK;
