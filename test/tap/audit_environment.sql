-- Audit, group environment, and what else lives outside of transactions: every rule provoked, silent
-- on its twin, and gone once its fix has run. Settings are changed as administrators change them.
SELECT no_plan();
CREATE EXTENSION pg_stat_statements;
REVOKE ALL ON FUNCTION pg_stat_statements(boolean) FROM PUBLIC;
REVOKE ALL ON pg_stat_statements, pg_stat_statements_info FROM PUBLIC;
REVOKE ALL ON FUNCTION pg_stat_statements_info() FROM PUBLIC;
CREATE ROLE audit_environment_app LOGIN;
CREATE ROLE audit_environment_other LOGIN;
CREATE TABLE asked (code text, object text);
CREATE VIEW found AS
SELECT f.* FROM tenancy.audit_environment(ARRAY(SELECT oid FROM pg_roles WHERE rolname = 'audit_environment_app')) f JOIN asked USING (code, object)
UNION ALL
SELECT f.* FROM tenancy.audit_views(ARRAY(SELECT oid FROM pg_roles WHERE rolname = 'audit_environment_app')) f JOIN asked USING (code, object)
WHERE code = 'replication_slot';
CREATE PROCEDURE ask(code text, object text) LANGUAGE sql AS $$ DELETE FROM asked; INSERT INTO asked VALUES (code, object) $$;
CREATE FUNCTION silent(why text) RETURNS text LANGUAGE sql AS $$
  SELECT is_empty('SELECT * FROM found', min(code) || ' is silent: ' || why) FROM asked $$;
CREATE FUNCTION flags(severity text, why text) RETURNS text LANGUAGE sql AS $$
  SELECT is((SELECT string_agg(f.class || ' ' || f.severity, ', ') FROM found f), $1, min(code) || ': ' || why) FROM asked $$;
-- The statements of the fix, one by one: ALTER SYSTEM runs outside of transactions only.
CREATE VIEW fixing AS SELECT unnest(string_to_array(fix, E'\n')) AS fix FROM found;

SELECT is_empty('SELECT tenancy.audit_server_minor(v) FROM unnest(ARRAY[150020, 150021, 160016, 170012, 180006, 190000]) v',
  'server_minor is silent: fixed servers');
SELECT is((SELECT count(*) FROM unnest(ARRAY[150019, 160015, 170011, 180005]) v, tenancy.audit_server_minor(v) m
           WHERE (m.severity, m.class, m.code) = ('high', 'environment', 'server_minor')), 4::bigint,
  'server_minor: the minors before');
SELECT is_empty($$SELECT tenancy.audit_preload(v) FROM unnest(ARRAY['pg_tenancy', 'a, pg_tenancy', 'pg_tenancy,b', '"pg_tenancy"', '$libdir/pg_tenancy']) v$$,
  'not_preloaded is silent: it is in the list');
SELECT is((SELECT count(*) FROM unnest(ARRAY['', 'a', 'pg_tenancy_tools', NULL]) v, tenancy.audit_preload(v) m
           WHERE (m.severity, m.class, m.code) = ('high', 'environment', 'not_preloaded')), 4::bigint, 'not_preloaded: it is not');

CALL ask('logging_parameters', 'log_parameter_max_length');
SELECT silent('no statement is logged');
ALTER SYSTEM SET log_statement = 'all';
SELECT pg_reload_conf(), pg_sleep(0.3) \gset
SELECT flags('environment medium', 'statements are logged with their parameters');
SELECT fix FROM fixing \gexec
SELECT pg_sleep(0.3) \gset
SELECT silent('fixed');
CALL ask('logging_parameters', 'log_statement');
SELECT flags('environment low', 'statements are logged');
SELECT fix FROM fixing \gexec
SELECT pg_sleep(0.3) \gset
SELECT silent('fixed');
CALL ask('logging_parameters', 'log_parameter_max_length_on_error');
SELECT silent('the default');
ALTER SYSTEM SET log_parameter_max_length_on_error = 100;
SELECT pg_reload_conf(), pg_sleep(0.3) \gset
SELECT flags('environment medium', 'errors show parameters');
SELECT fix FROM fixing \gexec
SELECT pg_sleep(0.3) \gset
SELECT silent('fixed');

CALL ask('secrets_in_settings', 'setting app.region of database tap_audit_environment');
ALTER DATABASE tap_audit_environment SET app.region = 'eu-west';
SELECT silent('no secret');
CALL ask('secrets_in_settings', 'setting app.jwt_secret of database tap_audit_environment');
ALTER DATABASE tap_audit_environment SET app.jwt_secret = 'x';
SELECT flags('isolation critical', 'a name');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
CALL ask('secrets_in_settings', 'setting app.Key of role audit_environment_app in database tap_audit_environment');
ALTER ROLE audit_environment_app IN DATABASE tap_audit_environment SET "app.Key" = '-----BEGIN PRIVATE KEY-----';
SELECT flags('isolation critical', 'a value');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('statement_tracking', 'extension pg_stat_statements');
SELECT silent('revoked');
GRANT SELECT ON pg_stat_statements TO PUBLIC;
SELECT flags('isolation medium', 'the view');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
GRANT EXECUTE ON FUNCTION pg_stat_statements(boolean) TO audit_environment_other;
SELECT silent('granted to a role that is not audited');
GRANT EXECUTE ON FUNCTION pg_stat_statements(boolean) TO audit_environment_app;
SELECT flags('isolation medium', 'the function below it');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('prepared_transactions', 'server');
SELECT flags('environment low', 'allowed');
SELECT matches((SELECT fix FROM found), '^ALTER SYSTEM SET max_prepared_transactions = 0;', 'the fix needs a restart');
CALL ask('prepared_transactions', 'transaction ''it''''s''');
SELECT silent('none');
BEGIN;
CREATE TABLE prepared ();
PREPARE TRANSACTION 'it''s';
SELECT flags('environment medium', 'left');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('entry_check_off', 'server');
SELECT silent('on');
SET tenancy.entry_check = off;
SELECT silent('off in the auditing session only');
RESET tenancy.entry_check;
ALTER SYSTEM SET tenancy.entry_check = off;
SELECT pg_reload_conf(), pg_sleep(0.3) \gset
SELECT flags('environment high', 'off');
SELECT fix FROM fixing \gexec
SELECT pg_sleep(0.3) \gset
SELECT silent('fixed');
CALL ask('entry_check_off', 'role audit_environment_app');
ALTER ROLE audit_environment_app SET tenancy.entry_check = on;
SELECT silent('on for the role');
ALTER ROLE audit_environment_app SET tenancy.entry_check = off;
SELECT flags('environment high', 'off for the role');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('auto_protect_off', 'event trigger tenancy_auto_protect_after');
SELECT silent('enabled');
ALTER EVENT TRIGGER tenancy_auto_protect_after ENABLE ALWAYS;
SELECT silent('in replicas too');
ALTER EVENT TRIGGER tenancy_auto_protect_after ENABLE REPLICA;
SELECT flags('environment high', 'in replicas only');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
ALTER EVENT TRIGGER tenancy_auto_protect_after DISABLE;
SELECT flags('environment high', 'disabled');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
SELECT is((SELECT code FROM tenancy.audit_switch('event_triggers')), 'auto_protect_off', 'a setting of PostgreSQL 17');
CALL ask('auto_protect_off', 'role audit_environment_app');
SELECT silent('nothing stored');
ALTER ROLE audit_environment_app SET tenancy.auto_protect = off;
SELECT flags('environment high', 'off for the role');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('role_settings', 'role audit_environment_app');
CREATE SCHEMA "my schema";
ALTER ROLE audit_environment_app SET search_path = "my schema", public;
SELECT silent('schemas in which the role cannot create');
GRANT CREATE ON SCHEMA "my schema" TO audit_environment_app;
SELECT flags('environment medium', 'a schema in which the role can create');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
ALTER ROLE audit_environment_app SET session_replication_role = replica;
SELECT flags('environment high', 'triggers are off');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
CALL ask('role_settings', 'role audit_environment_other');
ALTER ROLE audit_environment_other SET row_security = off;
SELECT silent('a role that is not audited');
ALTER ROLE audit_environment_other RESET ALL;

CALL ask('replication_slot', 'slot audit_environment');
SELECT silent('there is none');
SELECT count(*) FROM pg_create_logical_replication_slot('audit_environment', 'test_decoding') \gset
SELECT flags('isolation low', 'whoever replicates reads it');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
DROP EXTENSION pg_stat_statements;
SELECT * FROM finish();
