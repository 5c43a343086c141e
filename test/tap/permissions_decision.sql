-- can() and its kin: granted = grants within the tier and the bound, and no denial.
BEGIN;
SELECT no_plan();
\ir helpers/tenancy_tap.sql
CREATE ROLE permissions_decision_app;
-- The tables are changed inside identities, which have no say in it here: administration_*.sql has.
ALTER TABLE tenancy.tenants DISABLE TRIGGER check_tenant;
ALTER TABLE tenancy.members DISABLE TRIGGER check_member;
ALTER TABLE tenancy.user_permissions DISABLE TRIGGER check_user_permission;
ALTER TABLE tenancy.roles DISABLE TRIGGER check_role;
ALTER TABLE tenancy.role_permissions DISABLE TRIGGER check_role_permission;
INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme'), ('globex');
CREATE FUNCTION pg_temp.enter(roles text[] DEFAULT '{}', bound tenancy.permission[] DEFAULT NULL,
                              claims jsonb DEFAULT '{}', user_id text DEFAULT 'alice') RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT tenancy.logout();
  SELECT tenancy.login(tenancy.issue_token('acme', $4::tenancy.user_id, $1, $2, claims => $3));
$$;
CREATE FUNCTION pg_temp.why(asked tenancy.permission) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(concat_ws(' ', CASE WHEN decides THEN '>' END, source, effect, pattern), ', ')
    FROM tenancy.explain_permission(asked)
$$;
CREATE FUNCTION pg_temp.role(name text, inherits text[], VARIADIC permissions text[]) RETURNS void
LANGUAGE sql AS $$
  INSERT INTO tenancy.roles (role, inherits) VALUES (name, inherits);
  INSERT INTO tenancy.role_permissions (role, permission, effect)
    SELECT name, ltrim(p, '-')::tenancy.permission, CASE WHEN p LIKE '-%' THEN 'deny' ELSE 'allow' END
      FROM unnest(permissions) p;
$$;
SELECT pg_temp.role('viewer', '{}', 'docs:doc:read'), pg_temp.role('editor', '{viewer}', 'docs:doc:*'),
       pg_temp.role('lead', '{editor}', 'team:*', '-team:budget:write'),
       pg_temp.role('round', '{about}', 'round:a'), pg_temp.role('about', '{round,about}', 'about:b') \g /dev/null

-- Roles, inheritance, denials.
SELECT pg_temp.enter() \g /dev/null
SELECT is(tenancy.can('docs:doc:read'), false, 'nobody is granted anything by default');
SELECT is(pg_temp.why('docs:doc:read'), '> default deny', 'and the explanation says so');
SELECT pg_temp.enter('{viewer}') \g /dev/null
SELECT is(tenancy.can('docs:doc:read'), true, 'a role of the token grants');
SELECT is(tenancy.can('docs:doc:write'), false, 'only what it has');
SELECT is(tenancy.can('docs:doc:*'), false, 'a pattern is more than a permission that it covers');
SELECT is(tenancy.can(NULL), NULL, 'NULL is answered by NULL');
SELECT pg_temp.enter('{editor}') \g /dev/null
SELECT is(tenancy.can('docs:doc:*'), true, 'a pattern is granted by one that covers it');
SELECT is(pg_temp.why('docs:doc:read'),
  '> role editor allow docs:doc:*, role viewer (inherited by editor) allow docs:doc:read',
  'every contributing grant is shown, one decides');
SELECT pg_temp.enter('{lead}') \g /dev/null
SELECT is(tenancy.can('docs:doc:read'), true, 'inherited over two steps');
SELECT is(pg_temp.why('docs:doc:read'), '> role editor (inherited by lead) allow docs:doc:*, '
  'role viewer (inherited by lead) allow docs:doc:read', 'inherited by the role that is held');
SELECT is(tenancy.can('team:budget:read'), true, 'beside a denial a grant counts');
SELECT is(tenancy.can('team:budget:write'), false, 'a denial wins');
SELECT is(pg_temp.why('team:budget:write'),
  '> role lead deny team:budget:write, role lead allow team:*', 'and decides');
SELECT is(tenancy.can('team:*'), false, 'a pattern is denied when a part of it is');
SELECT is(tenancy.can('team:*:read'), true, 'control: one that shares nothing with the denial');
SELECT pg_temp.enter('{round}') \g /dev/null
SELECT is(tenancy.can_all('{round:a,about:b}'), true, 'roles that inherit each other end');
SELECT pg_temp.enter('{nobody-knows,Viewer}') \g /dev/null
SELECT is(tenancy.can('docs:doc:read'), false, 'unknown names grant nothing; case counts');

-- A tenant's own roles.
INSERT INTO tenancy.roles (role, tenant_id, inherits) VALUES
  ('local', 'acme', '{viewer,deeper}'), ('deeper', 'acme', '{}'), ('local', 'globex', '{}');
INSERT INTO tenancy.role_permissions (role, tenant_id, permission) VALUES
  ('deeper', 'acme', 'deep:er'), ('local', 'globex', 'glob:ex');
SELECT pg_temp.role('outer', '{deeper}', 'outer:o') \g /dev/null
SELECT pg_temp.enter('{local}') \g /dev/null
SELECT is(tenancy.can_all('{docs:doc:read,deep:er}'), true, 'a tenant''s role inherits global and own ones');
SELECT is(tenancy.can('glob:ex'), false, 'another tenant''s role of that name is nothing');
SELECT pg_temp.enter('{outer}') \g /dev/null
SELECT is(tenancy.can('outer:o'), true, 'control: the global role counts');
SELECT is(tenancy.can('deep:er'), false, 'a global role inherits no tenant''s role');

-- Members and single permissions.
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES
  ('acme', 'alice', '{viewer,editor}'), ('globex', 'alice', '{lead}'), ('acme', 'bob', '{lead}');
SELECT pg_temp.enter('{viewer,x}') \g /dev/null
SELECT is(tenancy.current_roles(), '{viewer,x,editor}', 'current_roles() has the token''s and the member''s');
SELECT is((tenancy.whoami()).roles, '{viewer,x,editor}', 'so has whoami()');
SELECT is(tenancy.can('docs:doc:write'), true, 'a member''s role grants');
SELECT is(tenancy.can('team:a'), false, 'those of other tenants and users do not');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect, expires_at) VALUES
  ('acme', 'alice', 'one:two', 'allow', NULL), ('acme', 'alice', 'past:a', 'allow', now() - interval '1 h'),
  ('acme', 'alice', 'future:a', 'allow', now() + interval '1 h'), ('acme', 'alice', 'docs:doc:read', 'deny', now() - interval '1 h'),
  ('acme', 'alice', 'docs:doc:purge', 'deny', 'infinity'), ('globex', 'alice', 'not:here', 'allow', NULL);
SELECT is(tenancy.can_all('{one:two,future:a,docs:doc:read}'), true, 'single permissions count, in this transaction too');
SELECT is(pg_temp.why('one:two'), '> user permission allow one:two', 'and are called so');
SELECT is(tenancy.can('past:a'), false, 'until they expire');
SELECT is(tenancy.can('docs:doc:purge'), false, 'denials too');
SELECT is(tenancy.can('not:here'), false, 'those of another tenant do not count');
SAVEPOINT taken;
DELETE FROM tenancy.members WHERE user_id = 'alice';
SELECT is(tenancy.can('docs:doc:write'), false, 'what this transaction takes away is gone');
SELECT is(tenancy.current_roles(), '{viewer,x}', 'from current_roles() too');
ROLLBACK TO taken;
SELECT is(tenancy.can('docs:doc:write'), true, 'and rolled back it is there again');
SELECT is(tenancy.current_roles(), '{viewer,x,editor}', 'in current_roles() too');

-- The credential's bound.
SELECT pg_temp.enter('{}', '{docs:doc:read,other:x}') \g /dev/null
SELECT is(tenancy.can('docs:doc:read'), true, 'within the bound');
SELECT is(pg_temp.why('docs:doc:read'), '> role viewer allow docs:doc:read, role editor allow docs:doc:*, '
  'credential allow docs:doc:read', 'the bound is shown');
SELECT is(tenancy.can('docs:doc:write'), false, 'outside of it');
SELECT is(pg_temp.why('docs:doc:write'), '> credential deny, role editor allow docs:doc:*', 'and it decides');
SELECT is(tenancy.can('other:x'), false, 'a user''s credential grants nothing');
SELECT pg_temp.enter('{}', '{}') \g /dev/null
SELECT is(tenancy.can('docs:doc:read'), false, 'an empty bound is nothing at all');
SELECT pg_temp.enter('{viewer}', '{job:run}', user_id => NULL) \g /dev/null
SELECT is(tenancy.can('job:run'), true, 'a job is granted what its credential carries');
SELECT is(pg_temp.why('job:run'), '> credential allow job:run', 'and it is shown once');
SELECT is(tenancy.can('docs:doc:read'), false, 'its roles are bounded by it');
SELECT pg_temp.enter('{viewer}', user_id => NULL) \g /dev/null
SELECT is(tenancy.can('docs:doc:read'), true, 'a job without a bound has its roles');

-- Tiers.
SELECT pg_temp.enter(claims => '{"tier": "gold"}') \g /dev/null
SELECT is((tenancy.whoami()).tier, 'gold', 'the claim is the tier');
SELECT is(tenancy.can('docs:doc:read'), true, 'which bounds nothing while no tier is defined');
INSERT INTO tenancy.tiers (tier) VALUES ('silver');
INSERT INTO tenancy.tier_permissions VALUES ('silver', 'docs:*');
SELECT is(tenancy.can('docs:doc:read'), false, 'an unknown tier covers nothing once one is');
SELECT is(pg_temp.why('docs:doc:read'),
  '> tier gold deny, role viewer allow docs:doc:read, role editor allow docs:doc:*', 'and decides');
SELECT pg_temp.enter() \g /dev/null
SELECT is(pg_temp.why('one:two'), '> no tier deny, user permission allow one:two', 'no tier at all decides too');
UPDATE tenancy.tiers SET is_default = true;
SELECT is(tenancy.can('docs:doc:read'), true, 'the default tier covers');
SELECT is((tenancy.whoami()).tier, 'silver', 'and is the tier');
SELECT is(tenancy.can('one:two'), false, 'what it covers and no more');
INSERT INTO tenancy.tiers (tier) VALUES ('gold');
INSERT INTO tenancy.tier_permissions VALUES ('gold', 'one:*');
UPDATE tenancy.tenants SET tier = 'gold' WHERE tenant_id = 'acme';
SELECT is(tenancy.can('one:two'), true, 'the tenant''s tier goes before the default');
SELECT pg_temp.enter(claims => '{"tier": "silver"}') \g /dev/null
SELECT is((tenancy.whoami()).tier, 'gold', 'and before the claim');
SELECT is(pg_temp.why('one:two'), '> user permission allow one:two, tier gold allow one:*', 'and is shown');
DELETE FROM tenancy.tiers WHERE tier = 'silver';
UPDATE tenancy.tenants SET tier = NULL;
DELETE FROM tenancy.tiers;
SELECT is(tenancy.can('one:two'), true, 'without tiers nothing is bounded');

-- can_all, require, explain: errors.
SELECT is(tenancy.can_all('{}'), true, 'nothing is all of nothing');
SELECT is(tenancy.can_all('{docs:doc:read,no:no}'), false, 'one that lacks is enough');
SELECT is(tenancy.can_all(NULL), NULL, 'can_all of NULL');
SELECT throws_ok($$SELECT tenancy.can_all('{docs:doc:read,NULL}')$$, '22023', 'a permission is NULL');
SELECT is(tenancy.require('docs:doc:read'), true, 'require is true');
SELECT throws_ok($$SELECT tenancy.require('no:no')$$, 'TN008', 'permission denied');
SELECT throws_ok('SELECT tenancy.require(NULL)', '22023', 'no permission was named');
SELECT throws_ok($$SELECT tenancy.can('a b')$$, '22P02');
DO $$
DECLARE detail text;
BEGIN
  PERFORM tenancy.require('no:no');
EXCEPTION WHEN SQLSTATE 'TN008' THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  PERFORM set_config('test.detail', detail, true);
END $$;
SELECT is(current_setting('test.detail'), 'The caller lacks the permission "no:no".', 'the DETAIL names it');

-- Tools.
INSERT INTO tenancy.tools (name, required_permission) VALUES
  ('read', 'docs:doc:read'), ('write', 'docs:doc:write'), ('admin', 'admin:all');
SELECT is(array(SELECT name FROM tenancy.allowed_tools())::text, '{read,write}', 'allowed_tools');

-- Everybody may ask about themselves.
SET LOCAL ROLE permissions_decision_app;
SELECT is(tenancy.can('docs:doc:read'), true, 'a plain role asks: can');
SELECT is(array(SELECT name FROM tenancy.allowed_tools())::text, '{read,write}', 'allowed_tools');
SELECT throws_ok($$SELECT tenancy.can_as('acme', 'bob', 'team:a')$$, '42501', NULL, 'but can_as is not for everybody');
SELECT throws_ok('SELECT * FROM tenancy.tiers', '42501', NULL, 'nor are the tables but for one''s own rows');
RESET ROLE;

-- Without an identity.
SELECT pg_temp.as_nobody() \g /dev/null
SELECT pg_temp.throws_without_identity($$SELECT tenancy.can('docs:doc:read')$$);
SELECT pg_temp.throws_without_identity($$SELECT tenancy.can_all('{}')$$);
SELECT pg_temp.throws_without_identity($$SELECT tenancy.require('docs:doc:read')$$);
SELECT pg_temp.throws_without_identity($$SELECT tenancy.explain_permission('docs:doc:read')$$);
SELECT pg_temp.throws_without_identity('SELECT tenancy.allowed_tools()');
SET LOCAL tenancy.on_missing_identity = empty;
SELECT is(tenancy.can('docs:doc:read'), false, 'empty: can is false');
SELECT is(tenancy.can_all('{}'), false, 'empty: can_all is false');
SELECT is(pg_temp.why('docs:doc:read'), '> no identity deny', 'empty: and explained');
SELECT is_empty('SELECT tenancy.allowed_tools()', 'empty: no tools');
SELECT pg_temp.throws_without_identity($$SELECT tenancy.require('docs:doc:read')$$);
RESET tenancy.on_missing_identity;
DELETE FROM tenancy.tools;
SELECT pg_temp.throws_without_identity('SELECT tenancy.allowed_tools()');

-- can_as: administrators, outside and inside.
SELECT is(tenancy.can_as('acme', 'bob', 'team:a'), true, 'can_as: by the tables');
SELECT is(tenancy.can_as('acme', 'bob', 'team:budget:write'), false, 'can_as: denials too');
SELECT is(tenancy.can_as('globex', 'bob', 'team:a'), false, 'can_as: not in another tenant');
SELECT is(tenancy.can_as('acme', 'nobody', 'team:a'), false, 'can_as: who is unknown');
SELECT is(tenancy.can_as('acme', NULL, 'team:a'), NULL, 'can_as of NULL');
UPDATE tenancy.members SET status = 'suspended' WHERE user_id = 'bob';
SELECT is(tenancy.can_as('acme', 'bob', 'team:a'), false, 'can_as: a suspended member');
UPDATE tenancy.members SET status = 'active' WHERE user_id = 'bob';
UPDATE tenancy.tenants SET status = 'suspended' WHERE tenant_id = 'acme';
SELECT is(tenancy.can_as('acme', 'bob', 'team:a'), false, 'can_as: a suspended tenant');
UPDATE tenancy.tenants SET status = 'active';
SELECT pg_temp.enter('{viewer}') \g /dev/null
SELECT throws_ok($$SELECT tenancy.can_as('acme', 'bob', 'team:a')$$, 'TN008', 'permission denied', 'can_as inside needs a permission');
SELECT pg_temp.role('clerk', '{}', 'tenancy:members:read') \g /dev/null
SELECT pg_temp.enter('{clerk}') \g /dev/null
SELECT is(tenancy.can_as('acme', 'bob', 'team:a'), true, 'with it, it answers');
SELECT throws_ok($$SELECT tenancy.can_as('globex', 'alice', 'team:a')$$, 'TN008', 'permission denied', 'but of the own tenant only');
SELECT * FROM finish();
ROLLBACK;
