-- Audit, group roles: each rule is provoked, silent on its twin, and silenced by its own fix.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.entry_check = off; -- pgTAP keeps its state in temporary tables
CREATE ROLE audit_roles_owner;
CREATE ROLE audit_roles_group;
CREATE ROLE audit_roles_app LOGIN;
CREATE ROLE audit_roles_other LOGIN;
CREATE SCHEMA app AUTHORIZATION audit_roles_owner;
SET LOCAL ROLE audit_roles_owner;
CREATE TABLE app.doc (id int PRIMARY KEY, tenant_id tenancy.tenant_id);
SELECT count(*) FROM tenancy.protect('app.doc') \gset
GRANT USAGE ON SCHEMA app TO audit_roles_group, audit_roles_app, audit_roles_other;
GRANT SELECT ON app.doc TO audit_roles_group;
RESET ROLE;
GRANT audit_roles_group TO audit_roles_app, audit_roles_other;

CREATE FUNCTION pg_temp.codes(role text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(code, ' ' ORDER BY code), '')
  FROM tenancy.audit() WHERE code LIKE 'role\_%' AND object = role $$;
CREATE FUNCTION pg_temp.fix(role text, rule text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE (SELECT replace(fix, '<role that cannot log in>', 'audit_roles_owner')
           FROM tenancy.audit() WHERE code = rule AND object = role);
END $$;
-- Every rule: the statement that provokes it, on a role that may have it by itself or by membership.
CREATE FUNCTION pg_temp.provokes(rule text, statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE statement;
  RETURN NEXT is(pg_temp.codes('audit_roles_app'), rule, format('%s: %s', rule, statement));
  RETURN NEXT is(pg_temp.codes('audit_roles_other'), '', rule || ': not the twin');
  PERFORM pg_temp.fix('audit_roles_app', rule);
  RETURN NEXT is(pg_temp.codes('audit_roles_app'), '', rule || ': its fix closes it');
  RETURN NEXT ok(pg_has_role('audit_roles_app', 'audit_roles_group', 'MEMBER'), rule || ': and no more than it');
  RESET ROLE;
END $$;

SELECT is(pg_temp.codes('audit_roles_app'), '', 'plain grants through a group: nothing');
SELECT set_eq($$SELECT r::regrole::text FROM tenancy.audited_roles(NULL) r$$,
  ARRAY['audit_roles_app', 'audit_roles_other'], 'audited: the login roles that reach the table');

SELECT pg_temp.provokes('role_superuser', 'ALTER ROLE audit_roles_app SUPERUSER');
SELECT pg_temp.provokes('role_bypassrls', 'ALTER ROLE audit_roles_app BYPASSRLS');
SELECT pg_temp.provokes('role_replication', 'ALTER ROLE audit_roles_app REPLICATION');
SELECT pg_temp.provokes('role_createrole', 'ALTER ROLE audit_roles_app CREATEROLE');
SELECT pg_temp.provokes('role_owns_protected', 'ALTER TABLE app.doc OWNER TO audit_roles_app');
SELECT pg_temp.provokes('role_member_of_owner', 'GRANT audit_roles_owner TO audit_roles_app');
SELECT pg_temp.provokes('role_reads_all', 'GRANT pg_' || verb || '_all_data TO audit_roles_app')
FROM unnest(ARRAY['read', 'write']) verb;
SELECT pg_temp.provokes('role_server_files', format('GRANT %s TO audit_roles_app', name))
FROM unnest(ARRAY['pg_read_server_files', 'pg_write_server_files', 'pg_execute_server_program']) name;
SELECT pg_temp.provokes('role_monitor', format('GRANT %s TO audit_roles_app', name))
FROM unnest(ARRAY['pg_monitor', 'pg_read_all_stats']) name;
SELECT pg_temp.provokes('role_signal', 'GRANT pg_signal_backend TO audit_roles_app');
SELECT pg_temp.provokes('role_maintain', format('GRANT %I TO audit_roles_app', rolname))
FROM pg_roles WHERE rolname = 'pg_maintain'; -- PostgreSQL 17

-- What SET ROLE reaches counts as much as what is inherited, over any number of steps.
CREATE ROLE audit_roles_service BYPASSRLS;
CREATE ROLE audit_roles_middle NOINHERIT;
GRANT audit_roles_service TO audit_roles_middle;
ALTER ROLE audit_roles_app NOINHERIT;
SELECT pg_temp.provokes('role_bypassrls', 'GRANT audit_roles_middle TO audit_roles_app');
SELECT ok(pg_has_role('audit_roles_app', 'audit_roles_middle', 'MEMBER'), 'the group between stays');
GRANT audit_roles_owner TO audit_roles_middle;
SELECT is(finding LIKE 'Member of audit_roles_owner: Owns 1 tables of tenant data, app.doc among them%', true,
  'the finding names the way') FROM tenancy.audit() WHERE code = 'role_member_of_owner';
SELECT pg_temp.fix('audit_roles_app', 'role_member_of_owner');
SELECT is(pg_temp.codes('audit_roles_app'), '', 'cut where the owner was granted');

-- Which roles are looked at.
CREATE ROLE audit_roles_replica LOGIN REPLICATION;
SELECT is(pg_temp.codes('audit_roles_replica'), 'role_replication', 'REPLICATION needs no grant to read all');
INSERT INTO tenancy.trusted_roles VALUES ('audit_roles_replica', 'standby');
SELECT is(pg_temp.codes('audit_roles_replica'), '', 'a trusted role is left out');
SELECT isnt_empty($$SELECT FROM tenancy.audit('{audit_roles_replica}') WHERE code = 'role_replication'$$,
  'unless it is asked for');
CREATE ROLE audit_roles_reader LOGIN IN ROLE pg_read_all_data;
SELECT is(pg_temp.codes('audit_roles_reader'), 'role_reads_all', 'so does pg_read_all_data');
CREATE ROLE audit_roles_admin LOGIN SUPERUSER;
CREATE ROLE audit_roles_idle LOGIN BYPASSRLS;
SELECT is(pg_temp.codes(role), '', role || ': reaches nothing by a grant')
FROM unnest(ARRAY['audit_roles_admin', 'audit_roles_idle', 'postgres']) role;
GRANT audit_roles_group TO audit_roles_admin;
GRANT SELECT (id) ON app.doc TO audit_roles_idle;
SELECT is(pg_temp.codes('audit_roles_admin'), 'role_superuser', 'a superuser in the application''s group');
SELECT is(pg_temp.codes('audit_roles_idle'), 'role_bypassrls', 'a grant on one column is a grant');

-- Findings that were accepted.
INSERT INTO tenancy.audit_waivers VALUES
  ('role_superuser', 'audit_roles_admin', 'test', now() + interval '1 hour'),
  ('role_bypassrls', 'audit_roles_idle', 'test', now());
SELECT is(pg_temp.codes('audit_roles_admin'), '', 'a waiver silences one finding');
SELECT is(pg_temp.codes('audit_roles_idle'), 'role_bypassrls', 'an expired one does not');

-- For pipelines.
SELECT throws_ok('SELECT tenancy.assert_isolated(false)', 'TN012', NULL, 'assert_isolated raises');
CREATE FUNCTION pg_temp.detail() RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
  PERFORM tenancy.assert_isolated(false);
  RETURN '';
EXCEPTION WHEN SQLSTATE 'TN012' THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN detail;
END $$;
SELECT matches(pg_temp.detail(), '(?n)^critical role_bypassrls: audit_roles_idle: BYPASSRLS', 'with the findings');
SELECT doesnt_match(pg_temp.detail(), 'audit_roles_admin', 'without the accepted ones');
SELECT throws_ok('SET LOCAL ROLE audit_roles_app; ' || statement, '42501', NULL, 'not for the application: ' || statement)
FROM unnest(ARRAY['SELECT tenancy.audit()', 'SELECT tenancy.assert_isolated()', 'SELECT tenancy.audited_roles(NULL)']) statement;
SELECT finish();
ROLLBACK;
