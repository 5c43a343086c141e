-- Audit, group grants: each rule is provoked, silent on its twin, and silenced by its own fix.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
CREATE ROLE audit_grants_owner;
CREATE ROLE audit_grants_group;
CREATE ROLE audit_grants_app LOGIN IN ROLE audit_grants_group;
CREATE ROLE audit_grants_unaudited;
CREATE SCHEMA app AUTHORIZATION audit_grants_owner;
SET LOCAL ROLE audit_grants_owner;
CREATE TABLE app.doc (id serial PRIMARY KEY, tenant_id tenancy.tenant_id, body text);
CREATE TABLE app.reference (id serial PRIMARY KEY, name text);
SELECT count(*) FROM tenancy.protect('app.doc') \gset
-- Isolated by somebody's own rules.
CREATE TABLE app.other (id int, tenant_id text, body text);
ALTER TABLE app.other ENABLE ROW LEVEL SECURITY;
CREATE POLICY isolation ON app.other USING (tenant_id = tenancy.current_tenant_text());
GRANT USAGE ON SCHEMA app TO audit_grants_group;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.doc, app.reference TO audit_grants_group;
GRANT USAGE ON SEQUENCE app.doc_id_seq TO audit_grants_group;
GRANT SELECT ON app.other TO audit_grants_group;
RESET ROLE;
SELECT count(*) FROM tenancy.harden_database() \gset

-- What group grants finds: "code object".
CREATE FUNCTION pg_temp.found() RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(f.code || ' ' || f.object, ', ' ORDER BY 1), '')
  FROM tenancy.audit_grants(ARRAY(SELECT tenancy.audited_roles(NULL))) f $$;
CREATE FUNCTION pg_temp.fix() RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE (SELECT string_agg(replace(f.fix, '<role that cannot log in>', 'audit_grants_owner'), ' ')
           FROM tenancy.audit_grants(ARRAY(SELECT tenancy.audited_roles(NULL))) f);
END $$;
CREATE FUNCTION pg_temp.provokes(statement text, finding text, twin text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE twin;
  RETURN NEXT is(pg_temp.found(), '', 'nothing: ' || twin);
  EXECUTE statement;
  RETURN NEXT is(pg_temp.found(), finding, statement);
  PERFORM pg_temp.fix();
  RETURN NEXT is(pg_temp.found(), '', finding || ': its fix closes it');
END $$;

SELECT is(pg_temp.found(), '', 'plain grants: nothing');
SELECT pg_temp.provokes(format('GRANT %s ON app.doc TO audit_grants_group', privilege),
  format('grant_%s app.doc', lower(privilege)),
  format('GRANT %s ON app.doc TO audit_grants_unaudited; GRANT %1$s ON app.reference TO audit_grants_app', privilege))
FROM unnest(ARRAY['TRUNCATE', 'REFERENCES', 'TRIGGER']
  || CASE WHEN current_setting('server_version_num')::int >= 170000 THEN 'MAINTAIN' END) privilege
WHERE privilege IS NOT NULL;
SELECT pg_temp.provokes('GRANT REFERENCES (id) ON app.doc TO audit_grants_app',
  'grant_references app.doc', 'GRANT REFERENCES (id) ON app.reference TO audit_grants_app');
SELECT pg_temp.provokes('GRANT SELECT ON app.doc TO PUBLIC', 'public_grant app.doc',
  'GRANT SELECT ON app.reference TO PUBLIC');
SELECT pg_temp.provokes('GRANT SELECT (id) ON app.other TO PUBLIC', 'public_grant app.other', 'SELECT 1');

SELECT pg_temp.provokes('ALTER DEFAULT PRIVILEGES FOR ROLE audit_grants_owner IN SCHEMA app GRANT SELECT ON TABLES TO audit_grants_app',
  'default_privileges audit_grants_owner in schema app',
  'ALTER DEFAULT PRIVILEGES FOR ROLE audit_grants_owner GRANT SELECT ON TABLES TO audit_grants_unaudited');
SELECT pg_temp.provokes('ALTER DEFAULT PRIVILEGES FOR ROLE audit_grants_owner GRANT SELECT ON TABLES TO PUBLIC',
  'default_privileges audit_grants_owner',
  'ALTER DEFAULT PRIVILEGES FOR ROLE audit_grants_owner GRANT USAGE ON SEQUENCES TO audit_grants_app');

SELECT pg_temp.provokes('GRANT CREATE ON SCHEMA app TO audit_grants_app', 'schema_create SCHEMA app',
  'GRANT CREATE ON SCHEMA app TO audit_grants_unaudited');
SELECT pg_temp.provokes('GRANT CREATE ON SCHEMA public TO PUBLIC', 'schema_create SCHEMA public', 'SELECT 1');
SELECT pg_temp.provokes('CREATE SCHEMA own AUTHORIZATION audit_grants_app', 'schema_create SCHEMA own',
  'CREATE SCHEMA others AUTHORIZATION audit_grants_unaudited');
SELECT pg_temp.provokes('GRANT CREATE ON DATABASE tap_audit_grants TO audit_grants_app',
  'database_create DATABASE tap_audit_grants', 'GRANT CREATE ON DATABASE tap_audit_grants TO audit_grants_unaudited');
SELECT pg_temp.provokes('GRANT TEMPORARY ON DATABASE tap_audit_grants TO PUBLIC',
  'database_temporary DATABASE tap_audit_grants', 'GRANT TEMPORARY ON DATABASE tap_audit_grants TO audit_grants_unaudited');

CREATE TABLE app.signing_keys (kid text, value text);
CREATE TABLE app.clients (id int, api_key text);
CREATE TABLE app.keyboards (id int, tokens int, monkey text);
SELECT pg_temp.provokes('GRANT SELECT ON ALL TABLES IN SCHEMA app TO audit_grants_app',
  'secret_table_grant app.clients, secret_table_grant app.signing_keys',
  'GRANT SELECT ON app.keyboards TO audit_grants_app; GRANT INSERT ON app.signing_keys TO audit_grants_app');
SELECT pg_temp.provokes('GRANT SELECT (api_key) ON app.clients TO audit_grants_app',
  'secret_table_grant app.clients',
  'ALTER TABLE app.signing_keys ENABLE ROW LEVEL SECURITY; GRANT SELECT ON app.signing_keys TO audit_grants_app');
SELECT pg_temp.provokes('GRANT INSERT ON tenancy.issuers TO audit_grants_app', 'secret_table_grant tenancy.issuers',
  'GRANT INSERT ON tenancy.issuers TO audit_grants_unaudited');
SELECT pg_temp.provokes('ALTER TABLE tenancy.signing_secrets DISABLE ROW LEVEL SECURITY',
  'secret_table_grant tenancy.signing_secrets', 'SELECT 1');
SELECT pg_temp.provokes('GRANT UPDATE (tier) ON tenancy.tenants TO PUBLIC', 'secret_table_grant tenancy.tenants', 'SELECT 1');
SELECT pg_temp.provokes('GRANT SELECT ON tenancy.members TO audit_grants_app', 'secret_table_grant tenancy.members', 'SELECT 1');
SELECT pg_temp.provokes('ALTER TABLE tenancy.members DISABLE ROW LEVEL SECURITY', 'secret_table_grant tenancy.members', 'SELECT 1');
SELECT pg_temp.provokes('GRANT EXECUTE ON FUNCTION tenancy.rotate_signing_key() TO ' || role,
  'admin_function_grant tenancy.rotate_signing_key()',
  'GRANT EXECUTE ON FUNCTION tenancy.rotate_signing_key() TO audit_grants_unaudited; GRANT EXECUTE ON FUNCTION tenancy.whoami() TO audit_grants_app')
FROM unnest(ARRAY['audit_grants_app', 'PUBLIC']) role;

SELECT pg_temp.provokes(format('GRANT %s ON SEQUENCE app.doc_id_seq TO audit_grants_app', privilege),
  'sequence_read app.doc_id_seq', format('GRANT %s ON SEQUENCE app.reference_id_seq TO audit_grants_app', privilege))
FROM unnest(ARRAY['SELECT', 'UPDATE', 'ALL']) privilege;

SELECT pg_temp.provokes('GRANT UPDATE (tenant_id) ON app.other TO audit_grants_app', 'isolation_column_update app.other',
  'GRANT UPDATE (body) ON app.other TO audit_grants_app; GRANT UPDATE ON app.doc TO audit_grants_app');
SELECT ok(NOT has_column_privilege('audit_grants_app', 'app.other', 'id', 'UPDATE'), 'a right on columns stays one');
SELECT pg_temp.provokes('GRANT UPDATE ON app.other TO audit_grants_app', 'isolation_column_update app.other', 'SELECT 1');
SELECT ok(has_column_privilege('audit_grants_app', 'app.other', 'id', 'UPDATE'), 'other columns may still be updated');

SELECT pg_temp.provokes('GRANT EXECUTE ON FUNCTION currtid2(text, tid) TO PUBLIC',
  'function_not_hardened pg_catalog.currtid2(text, tid)',
  'GRANT EXECUTE ON FUNCTION currtid2(text, tid) TO audit_grants_app');

-- A superuser's rights are the business of group roles.
ALTER ROLE audit_grants_app SUPERUSER;
SELECT is(pg_temp.found(), '', 'a superuser is reported as that');
SELECT finish();
ROLLBACK;
