-- The dynamic half of the audit: what a role sees as nobody, with an empty token, and as a tenant
-- without rows. pgTAP keeps its state in temporary tables, hence no entry check.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.entry_check = off;
CREATE ROLE audit_probe_owner;
CREATE ROLE audit_probe_app LOGIN;
CREATE ROLE audit_probe_operator;
CREATE SCHEMA app AUTHORIZATION audit_probe_owner;
SET LOCAL ROLE audit_probe_owner;
CREATE TABLE app.doc (id int, tenant_id text);
CREATE TABLE app.mine (id int, tenant_id text, user_id text);
CREATE TABLE app.unreadable (id int, tenant_id text);
INSERT INTO app.doc VALUES (1, 'acme'), (2, 'globex');
INSERT INTO app.mine VALUES (1, 'acme', 'ann');
SELECT count(*) FROM tenancy.protect('app.doc') \gset
SELECT count(*) FROM tenancy.protect('app.mine', isolate_by => 'user') \gset
SELECT count(*) FROM tenancy.protect('app.unreadable') \gset
CREATE VIEW app.doc_view WITH (security_invoker) AS SELECT * FROM app.doc;
CREATE VIEW app.doc_count AS SELECT count(*) FROM app.doc;
GRANT USAGE ON SCHEMA app TO audit_probe_app;
GRANT SELECT ON app.mine, app.doc_view TO audit_probe_app;
GRANT SELECT (id) ON app.doc TO audit_probe_app;
GRANT SELECT (tenant_id) ON app.doc TO audit_probe_app;
RESET ROLE;

SELECT bag_eq($$SELECT relation::text, condition, passed, visible, left(error, 5) FROM tenancy.probe('audit_probe_app')$$,
  $$SELECT r, c, true, CASE WHEN c = 'unused tenant' THEN 0::bigint END AS visible, CASE WHEN c <> 'unused tenant' THEN 'TN001' END AS error
    FROM unnest(ARRAY['app.doc', 'app.mine', 'app.doc_view']) r, unnest(ARRAY['no identity', 'empty identity', 'unused tenant']) c$$,
  'nothing is visible, in what the role may read and no more');
SET LOCAL tenancy.on_missing_identity = 'empty';
SELECT bag_eq($$SELECT passed, visible, error, count(*) FROM tenancy.probe('audit_probe_app') GROUP BY 1, 2, 3$$,
  $$VALUES (true, 0::bigint, NULL::text, 9::bigint)$$, 'as much where nobody is an empty set, and twice in a transaction');
SELECT is((tenancy.whoami()).tenant_id::text, NULL, 'nobody afterwards');
SELECT is(current_user::text, 'postgres', 'as who we were');

-- What is open.
CREATE VIEW app.definer AS SELECT * FROM app.doc;
CREATE MATERIALIZED VIEW app.copied AS SELECT * FROM app.definer;
GRANT SELECT ON app.definer, app.copied TO audit_probe_app;
SELECT bag_eq($$SELECT relation::text, condition, visible FROM tenancy.probe('audit_probe_app') WHERE NOT passed$$,
  $$SELECT r, c, 2::bigint FROM unnest(ARRAY['app.definer', 'app.copied']) r,
           unnest(ARRAY['no identity', 'empty identity', 'unused tenant']) c$$, 'a superuser''s view, and a copy above it');
DROP VIEW app.definer CASCADE;
ALTER TABLE app.doc DISABLE ROW LEVEL SECURITY;
SELECT set_eq($$SELECT relation::text, visible FROM tenancy.probe('audit_probe_app') WHERE NOT passed$$,
  $$VALUES ('app.doc', 2::bigint), ('app.doc_view', 2)$$, 'row security switched off');
ALTER TABLE app.doc ENABLE ROW LEVEL SECURITY;

-- What a view runs has the rights of the role, and is undone.
CREATE FUNCTION app.evil() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    EXECUTE 'SET ROLE postgres';
  EXCEPTION WHEN OTHERS THEN
    RAISE EXCEPTION 'as %: %', current_user, SQLSTATE;
  END;
  RETURN true;
END $$;
CREATE FUNCTION app.reset() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN EXECUTE 'RESET ROLE'; RETURN true; END $$;
CREATE FUNCTION app.writes() RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN INSERT INTO app.noted VALUES (current_user); RETURN false; END $$;
CREATE TABLE app.noted (who text);
GRANT INSERT ON app.noted TO audit_probe_app;
CREATE VIEW app.view1 WITH (security_invoker) AS SELECT id FROM app.doc UNION ALL SELECT 1 WHERE app.evil();
GRANT SELECT ON app.view1 TO audit_probe_app;
SELECT set_eq($$SELECT error, passed FROM tenancy.probe('audit_probe_app') WHERE relation = 'app.view1'::regclass$$,
  $$VALUES ('P0001: as audit_probe_app: 42501', false)$$, 'it cannot become the superuser');
CREATE OR REPLACE VIEW app.view1 WITH (security_invoker) AS SELECT id FROM app.doc UNION ALL SELECT 1 WHERE app.reset();
SELECT set_eq($$SELECT left(error, 5), passed FROM tenancy.probe('audit_probe_app') WHERE relation = 'app.view1'::regclass$$,
  $$VALUES ('42501', true)$$, 'nor go back to who called');
CREATE OR REPLACE VIEW app.view1 WITH (security_invoker) AS SELECT id FROM app.doc UNION ALL SELECT 1 WHERE app.writes();
SELECT set_eq($$SELECT visible, passed FROM tenancy.probe('audit_probe_app') WHERE relation = 'app.view1'::regclass$$,
  $$VALUES (0::bigint, true)$$, 'it may write');
SELECT is_empty('SELECT FROM app.noted', 'and nothing of it stays');

-- Who may.
SELECT throws_ok($$SET LOCAL ROLE audit_probe_app; SELECT tenancy.probe('audit_probe_owner')$$, '42501', NULL, 'not the application');
GRANT USAGE ON SCHEMA app TO audit_probe_operator;
GRANT EXECUTE ON FUNCTION tenancy.probe(regrole), tenancy.count_as(regrole, regclass) TO audit_probe_operator;
SELECT throws_ok($$SET LOCAL ROLE audit_probe_operator; SELECT tenancy.count_as('postgres', 'app.doc')$$, '42501',
  'only who has the rights of a role may probe it', 'an operator, for other roles');
GRANT audit_probe_app TO audit_probe_operator;
SELECT lives_ok($$SET LOCAL ROLE audit_probe_operator; SELECT tenancy.count_as('audit_probe_app', 'app.mine')$$, 'for its own');
RESET ROLE;
SET LOCAL tenancy.scope = 'session';
SELECT count(tenancy.login(tenancy.issue_token('acme', 'ann'))) \gset
SELECT throws_ok($$SELECT tenancy.probe('postgres')$$, 'TN011', NULL, 'not inside an identity');
SELECT finish();
ROLLBACK;
