-- Audit, group authorization: every rule provoked, silent on its twin, and gone once its fix has run.
SELECT no_plan();
CREATE ROLE audit_authorization_app LOGIN;
CREATE ROLE audit_authorization_jobs;
CREATE ROLE audit_authorization_gone;
CREATE TABLE asked (code text, object text);
CREATE VIEW found AS
SELECT f.* FROM tenancy.audit_authorization(ARRAY(SELECT oid FROM pg_roles WHERE rolname = 'audit_authorization_app')) f
JOIN asked USING (code, object);
CREATE PROCEDURE ask(code text, object text) LANGUAGE sql AS $$ DELETE FROM asked; INSERT INTO asked VALUES (code, object) $$;
CREATE FUNCTION silent(why text) RETURNS text LANGUAGE sql AS $$
  SELECT is_empty('SELECT * FROM found', min(code) || ' is silent: ' || why) FROM asked $$;
CREATE FUNCTION flags(severity text, why text) RETURNS text LANGUAGE sql AS $$
  SELECT is((SELECT string_agg(f.class || ' ' || f.severity, ', ') FROM found f), $1, min(code) || ': ' || why) FROM asked $$;
-- What a person has to fill in, filled in.
CREATE VIEW fixing AS
SELECT replace(replace(fix, '<tier>', quote_literal('free')), '<permission>', 'docs:*') AS fix FROM found;

SELECT is_empty($$SELECT * FROM tenancy.audit_authorization('{}')$$, 'an empty database has no finding');
INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme'), ('globex');

CALL ask('role_allows_all', 'role chief');
INSERT INTO tenancy.roles (role, is_system) VALUES ('chief', true), ('clerk', false);
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('chief', 'tenancy:*'), ('clerk', 'docs:*');
INSERT INTO tenancy.role_permissions (role, permission, effect) VALUES ('clerk', '*', 'deny');
SELECT is_empty($$SELECT * FROM tenancy.audit_authorization('{}')$$, 'a system role, and one that denies, have none');
UPDATE tenancy.roles SET is_system = false WHERE role = 'chief';
SELECT flags('authorization high', 'a global role that may be given on');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('chief', '*');
SELECT silent('two permissions of a system role');

CALL ask('role_allows_many', 'role head of acme');
INSERT INTO tenancy.roles (role, tenant_id) VALUES ('head', 'acme');
INSERT INTO tenancy.roles (role, tenant_id, inherits) VALUES ('deputy', 'acme', '{head}');
INSERT INTO tenancy.role_permissions (role, tenant_id, permission) VALUES ('head', 'acme', '*');
INSERT INTO tenancy.members (tenant_id, user_id, roles) SELECT 'acme', 'm' || n, '{head}' FROM generate_series(1, 3) n;
INSERT INTO tenancy.members (tenant_id, user_id, roles, status) VALUES ('acme', 'suspended', '{head}', 'suspended');
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'other', '{clerk}');
SELECT silent('three members, and a suspended one');
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'm4', '{deputy}');
SELECT flags('authorization medium', 'four, one of them by inheritance');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
CALL ask('role_allows_many', 'role chief');
INSERT INTO tenancy.members (tenant_id, user_id, roles)
  SELECT t::tenancy.tenant_id, 'c' || n, '{chief}' FROM unnest('{acme,globex}'::text[]) t, generate_series(1, 3) n;
SELECT silent('a global role of three in each tenant');
UPDATE tenancy.members SET roles = '{chief,clerk}' WHERE user_id = 'other';
SELECT is((SELECT count(*) FROM found), 2::bigint, 'role_allows_many: four of one tenant, once for each permission');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('user_allows_all', 'user ann of acme');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'ann', 'tenancy:members:*');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect) VALUES ('acme', 'ann', '*', 'deny');
SELECT silent('a part, and a denial');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'ann', '*');
SELECT flags('authorization medium', 'everything for good');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
SELECT is((SELECT count(*) FROM tenancy.user_permissions WHERE user_id = 'ann' AND expires_at IS NULL), 2::bigint,
  'and the others are as they were');

CALL ask('user_permission_expired', 'user permissions');
SELECT silent('none has ended');
UPDATE tenancy.user_permissions SET expires_at = now() - interval '1 s' WHERE effect = 'deny';
SELECT flags('authorization low', 'one has');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('tool_admin_in_default_tier', 'tool wipe');
INSERT INTO tenancy.tiers (tier) VALUES ('free'), ('paid');
INSERT INTO tenancy.tier_permissions VALUES ('free', 'tool:*'), ('paid', '*');
INSERT INTO tenancy.tools (name, required_permission) VALUES ('wipe', 'tool:admin:use'), ('search', 'tool:search:use'),
  ('invite', 'tenancy:members:write'), ('administers_nothing', 'tool:badminton:use');
SELECT silent('no tier is the default');

CALL ask('tenant_without_tier', 'tenants');
UPDATE tenancy.tenants SET tier = 'paid';
SELECT silent('each has one');
UPDATE tenancy.tenants SET tier = NULL WHERE tenant_id = 'globex';
SELECT flags('authorization medium', 'one has none, and there is no default');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

SELECT is((SELECT string_agg(object, ', ') FROM tenancy.audit_authorization('{}') WHERE code = 'tool_admin_in_default_tier'),
  'tool wipe', 'tool_admin_in_default_tier: neither what the tier lacks, nor a word that holds admin');
CALL ask('tool_admin_in_default_tier', 'tool wipe');
SELECT flags('authorization high', 'a tool for administrators');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
CALL ask('tool_admin_in_default_tier', 'tool invite');
INSERT INTO tenancy.tier_permissions VALUES ('free', 'tenancy:*');
SELECT flags('authorization high', 'administration of the tenant');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('role_unknown', 'role "it''s" of acme in members');
SELECT silent('all are known');
UPDATE tenancy.members SET roles = '{clerk,it''s}' WHERE (tenant_id, user_id) = ('acme', 'other');
SELECT flags('authorization low', 'a member');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
SELECT is((SELECT roles FROM tenancy.members WHERE (tenant_id, user_id) = ('acme', 'other')), '{clerk}', 'and the others stay');
CALL ask('role_unknown', 'role head of globex in members');
UPDATE tenancy.members SET roles = '{head}' WHERE (tenant_id, user_id) = ('globex', 'c1');
SELECT flags('authorization low', 'a role of another tenant');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
CALL ask('role_unknown', 'role head in roles');
UPDATE tenancy.roles SET inherits = '{clerk}' WHERE role = 'chief';
SELECT silent('a global role that inherits one');
UPDATE tenancy.roles SET inherits = '{clerk,head}' WHERE role = 'chief';
SELECT flags('authorization low', 'a global role that inherits a tenant''s own');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('membership_not_required', 'issuer https://id.example');
SELECT silent('no issuer');
SELECT tenancy.add_issuer('https://id.example', '{app}') \g /dev/null
SELECT flags('authorization low', 'the token alone decides');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('operator_audited', 'audit_authorization_app');
INSERT INTO tenancy.operators (role, tenant_ids, permissions, reason)
  VALUES ('audit_authorization_jobs', '{acme}', '{docs:*}', 'test'), ('audit_authorization_gone', '{acme}', NULL, 'test');
SELECT is_empty($$SELECT * FROM tenancy.audit_authorization(ARRAY(SELECT oid FROM pg_roles WHERE rolname = 'audit_authorization_app'))
                  WHERE code ~ '^operator_'$$, 'operators of some tenants that the application is no member of have none');
GRANT audit_authorization_jobs TO audit_authorization_app;
SELECT flags('isolation high', 'a member');
UPDATE tenancy.operators SET tenant_ids = NULL WHERE role = 'audit_authorization_jobs'::regrole;
SELECT flags('isolation critical', 'of all tenants');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');
INSERT INTO tenancy.operators (role, tenant_ids, reason) VALUES ('audit_authorization_app', '{acme}', 'test');
SELECT flags('isolation high', 'an entry of its own');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

CALL ask('operator_unbounded', 'audit_authorization_jobs');
SELECT silent('bounded');
UPDATE tenancy.operators SET permissions = '{docs:*,*}' WHERE role = 'audit_authorization_jobs'::regrole;
SELECT flags('authorization medium', 'everything');
UPDATE tenancy.operators SET permissions = NULL WHERE role = 'audit_authorization_jobs'::regrole;
SELECT flags('authorization medium', 'without a bound');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

SELECT 'audit_authorization_gone'::regrole::oid AS gone \gset
CALL ask('operator_dropped', :'gone');
SELECT silent('it is there');
DROP ROLE audit_authorization_gone;
SELECT flags('authorization low', 'dropped');
SELECT fix FROM fixing \gexec
SELECT silent('fixed');

SELECT is_empty($$SELECT * FROM tenancy.audit_authorization(ARRAY(SELECT oid FROM pg_roles WHERE rolname = 'audit_authorization_app'))$$,
  'all fixes together: nothing is left');
SELECT * FROM finish();
