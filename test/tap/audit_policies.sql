-- Audit, group policies: each rule is provoked, silent on its twin, and silenced by its own fix.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
CREATE ROLE audit_policies_app LOGIN;
CREATE ROLE audit_policies_other;
CREATE SCHEMA app;
GRANT USAGE ON SCHEMA app TO audit_policies_app;
CREATE TABLE app.members (who text, tenant_id text);
GRANT SELECT ON app.members TO audit_policies_app;
CREATE FUNCTION app.tenant() RETURNS text STABLE BEGIN ATOMIC SELECT tenancy.current_tenant_text(); END;

CREATE FUNCTION pg_temp.found() RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(f.code || ' ' || f.object, ', ' ORDER BY 1), '')
  FROM tenancy.audit_policies(ARRAY(SELECT tenancy.audited_roles(NULL))) f $$;
-- A table anew, with these statements about it.
CREATE FUNCTION pg_temp.anew(statements text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  DROP TABLE IF EXISTS app.doc;
  CREATE TABLE app.doc (id int, tenant_id text, body text);
  GRANT SELECT, INSERT, UPDATE, DELETE ON app.doc TO audit_policies_app;
  ALTER TABLE app.doc ENABLE ROW LEVEL SECURITY;
  EXECUTE statements;
END $$;
CREATE FUNCTION pg_temp.provokes(statements text, finding text, twin text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_temp.anew(twin);
  RETURN NEXT is(pg_temp.found(), '', 'nothing: ' || twin);
  PERFORM pg_temp.anew(statements);
  RETURN NEXT is(pg_temp.found(), finding, statements);
  EXECUTE (SELECT string_agg(DISTINCT f.fix, ' ') FROM tenancy.audit_policies(ARRAY(SELECT tenancy.audited_roles(NULL))) f);
  RETURN NEXT is(pg_temp.found(), '', finding || ': its fix closes it');
END $$;
\set p 'CREATE POLICY p ON app.doc '
\set tells '(tenant_id = app.tenant())'

-- Permissive policies are joined by OR.
SELECT pg_temp.provokes(:'p' || using_, 'permissive_without_floor p ON app.doc', twin)
FROM (VALUES
  ('USING (id < 1000)', :'p' || 'USING (id < 1000 AND tenant_id = app.tenant())'),
  ('USING (true)', :'p' || 'TO audit_policies_other USING (true)'),
  ('FOR SELECT USING (true)', :'p' || 'USING (true); CREATE POLICY r ON app.doc AS RESTRICTIVE USING (tenant_id = app.tenant())'),
  ('USING (id < 1000); CREATE POLICY iso ON app.doc USING (tenant_id = app.tenant())',
   'CREATE POLICY iso ON app.doc USING (tenant_id = app.tenant())')) AS v (using_, twin);
SELECT pg_temp.provokes(:'p' || 'FOR SELECT USING (tenant_id = app.tenant()); CREATE POLICY u ON app.doc FOR '
  || command || ' USING (true)', 'command_gap u ON app.doc',
  :'p' || 'FOR SELECT USING (tenant_id = app.tenant()); CREATE POLICY u ON app.doc FOR '
  || command || ' USING (tenant_id = app.tenant())')
FROM unnest(ARRAY['UPDATE', 'DELETE']) command;
SELECT pg_temp.provokes(:'p' || weaker, 'check_weaker p ON app.doc', :'p' || twin)
FROM (VALUES
  ('FOR INSERT WITH CHECK (true)', 'FOR INSERT WITH CHECK (tenant_id = app.tenant())'),
  ('FOR UPDATE USING (tenant_id = app.tenant()) WITH CHECK (true)', 'FOR UPDATE USING (tenant_id = app.tenant())'),
  ('USING (tenant_id = app.tenant()) WITH CHECK (id > 0)',
   'USING (tenant_id = app.tenant()) WITH CHECK (id > 0 AND tenant_id = app.tenant())')) AS v (weaker, twin);
-- Below a floor, none of this opens anything.
SELECT pg_temp.anew(:'p' || 'USING (true) WITH CHECK (true)');
SELECT count(*) FROM tenancy.protect('app.doc', existing_policies => 'keep') \gset
SELECT is(pg_temp.found(), '', 'a floor below');

SELECT pg_temp.provokes(:'p' || fails, 'policy_fails_open p ON app.doc', :'p' || twin)
FROM (VALUES
  ('USING (tenant_id = coalesce(app.tenant(), tenant_id))', 'USING (tenant_id = coalesce(app.tenant(), ''nobody''))'),
  ('USING (app.tenant() IS NULL OR tenant_id = app.tenant())', 'USING (tenant_id = app.tenant() AND body IS NULL)'),
  ('USING (tenant_id = app.tenant() OR tenant_id IS NULL)',
   'USING (tenant_id = app.tenant() OR tenant_id IS NULL) WITH CHECK (tenant_id = app.tenant())')) AS v (fails, twin);
SELECT pg_temp.provokes(:'p' || 'USING (tenant_id = app.tenant()); CREATE POLICY r ON app.doc AS RESTRICTIVE TO audit_policies_other USING (tenant_id = app.tenant())',
  'policy_roles r ON app.doc',
  :'p' || 'TO audit_policies_app USING (tenant_id = app.tenant()); CREATE POLICY r ON app.doc AS RESTRICTIVE TO audit_policies_other USING (id > 0)');

\set reads 'USING (EXISTS (SELECT FROM app.members m WHERE m.who = current_user AND m.tenant_id = doc.tenant_id))'
SELECT pg_temp.provokes('GRANT ' || granted || ' ON app.members TO audit_policies_app; ' || :'p' || :'reads',
  'policy_reads_writable p ON app.doc', :'p' || :'reads')
FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) granted;
CREATE FUNCTION app.mine() RETURNS SETOF text STABLE BEGIN ATOMIC SELECT m.tenant_id FROM app.members m WHERE m.who = current_user; END;
SELECT pg_temp.provokes('GRANT UPDATE (who) ON app.members TO audit_policies_app; ' || :'p' || 'USING (tenant_id IN (SELECT app.mine()))',
  'policy_reads_writable p ON app.doc', :'p' || 'USING (tenant_id IN (SELECT app.mine()))');

SELECT pg_temp.provokes(:'p' || 'USING (' || compares || ')', rule || ' p ON app.doc', :'p' || 'USING (tenant_id = app.tenant())')
FROM (VALUES
  ('policy_pattern_match', 'tenant_id LIKE app.tenant() || ''%'''),
  ('policy_pattern_match', 'tenant_id ILIKE app.tenant()'),
  ('policy_pattern_match', 'tenant_id ~ app.tenant()'),
  ('policy_pattern_match', 'tenant_id ^@ app.tenant()'),
  ('policy_pattern_match', 'starts_with(tenant_id, app.tenant())'),
  ('policy_splits_text', 'tenant_id = ANY (string_to_array(app.tenant(), '',''))'),
  ('policy_splits_text', 'tenant_id IN (SELECT regexp_split_to_table(app.tenant(), '',''))'),
  ('policy_reads_setting', 'tenant_id = current_setting(''app.tenant'')'),
  ('policy_reads_setting', 'tenant_id = current_setting(''request.jwt.claims'', true)::json ->> ''tenant'''),
  ('policy_reads_setting', 'tenant_id = session_user'),
  ('policy_reads_setting', 'tenant_id = host(inet_client_addr())')) AS v (rule, compares);
CREATE FUNCTION app.by_setting() RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  AS $$ SELECT current_setting('app.tenant') $$;
SELECT pg_temp.provokes(:'p' || 'USING (tenant_id = app.by_setting())', 'policy_reads_setting p ON app.doc',
  :'p' || 'USING (tenant_id = app.tenant())');

-- What policies call.
CREATE FUNCTION app.immutable() RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.current_tenant_text() $$;
CREATE FUNCTION app.volatile() RETURNS text BEGIN ATOMIC SELECT m.tenant_id FROM app.members m; END;
CREATE FUNCTION app.pure(text) RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
  AS $$ SELECT lower($1) $$;
SELECT pg_temp.provokes(:'p' || format('USING (tenant_id = app.%s())', name),
  format('policy_function_volatility app.%s()', name), :'p' || 'USING (tenant_id = app.pure(app.tenant()))')
FROM unnest(ARRAY['immutable', 'volatile']) name;
CREATE FUNCTION app.unpinned() RETURNS text LANGUAGE plpgsql STABLE AS $$ BEGIN RETURN (SELECT tenant_id FROM members); END $$;
CREATE FUNCTION app.half_pinned() RETURNS text LANGUAGE plpgsql STABLE SET search_path = app
  AS $$ BEGIN RETURN (SELECT tenant_id FROM members); END $$;
CREATE FUNCTION app.pinned() RETURNS text LANGUAGE plpgsql STABLE SET search_path = app, pg_temp
  AS $$ BEGIN RETURN (SELECT tenant_id FROM members); END $$;
SELECT pg_temp.provokes(:'p' || format('USING (tenant_id = app.%s())', name),
  format('policy_function_search_path app.%s()', name), :'p' || 'USING (tenant_id = app.pinned())')
FROM unnest(ARRAY['unpinned', 'half_pinned']) name;
SELECT pg_temp.provokes('CREATE FUNCTION app.quick(text) RETURNS text LANGUAGE sql LEAKPROOF AS $$ SELECT $1 $$',
  'leakproof_function app.quick(text)', 'CREATE FUNCTION app.slow(text) RETURNS text LANGUAGE sql AS $$ SELECT $1 $$');

SELECT pg_temp.provokes(:'p' || 'USING (tenant_id = app.tenant()); ALTER TABLE app.doc DISABLE ROW LEVEL SECURITY',
  'policies_inert app.doc', :'p' || 'USING (tenant_id = app.tenant())');

-- A column's name is no regular expression.
SET LOCAL tenancy.auto_protect = off;
SELECT pg_temp.provokes(format('DROP TABLE app.odd; CREATE TABLE app.odd (%1$I tenancy.tenant_id, "bc" text); ALTER TABLE app.odd ENABLE ROW LEVEL SECURITY;
  CREATE POLICY p ON app.odd USING (bc = ''x'')', name), 'permissive_without_floor p ON app.odd',
  format('DROP TABLE IF EXISTS app.odd; CREATE TABLE app.odd (%1$I tenancy.tenant_id); ALTER TABLE app.odd ENABLE ROW LEVEL SECURITY;
  CREATE POLICY p ON app.odd USING (%1$I = tenancy.current_tenant_id())', name)
  ) FROM unnest('{"a(b*[c","(","[bc]"}'::text[]) name;
SELECT finish();
ROLLBACK;
