-- What the rules of the authorization tables say beside test/attack/52_authorization.sql: dumps,
-- names, removal of tenants, settings, and what a change of a tenant's name reaches.
BEGIN;
SELECT no_plan();
\ir helpers/tenancy_tap.sql
CREATE ROLE administration_rows_app;
INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme'), ('globex');
CREATE FUNCTION pg_temp.enter(tenant_id text, user_id text, roles text[] DEFAULT '{}',
                              bound tenancy.permission[] DEFAULT NULL) RETURNS void
LANGUAGE sql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
  SELECT tenancy.logout();
  SELECT tenancy.login(tenancy.issue_token($1::tenancy.tenant_id, $2::tenancy.user_id, $3, $4));
$$;

-- Outside any identity rows come in whatever order, as a dump brings them.
SELECT lives_ok($$INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'ada', '{admin,later}')$$, 'a member before the role');
SELECT lives_ok($$INSERT INTO tenancy.roles (tenant_id, role, inherits) VALUES ('acme', 'first', '{second}')$$, 'a role before what it inherits');
INSERT INTO tenancy.roles (role) VALUES ('admin'), ('other');
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('admin', 'tenancy:*'), ('admin', 'docs:*');

-- Names of roles, whoever writes.
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'clerk'), ('globex', 'clerk');
SELECT throws_ok($$INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'admin')$$, '42710', NULL, 'a global role''s name is taken');
SELECT throws_ok($$INSERT INTO tenancy.roles (role) VALUES ('clerk')$$, '42710', NULL, 'and a tenant''s is for a global role');
SELECT throws_ok($$UPDATE tenancy.roles SET role = 'clerk' WHERE role = 'other'$$, '42710', NULL, 'also by another name');
SELECT throws_ok($$UPDATE tenancy.roles SET tenant_id = NULL WHERE role = 'clerk' AND tenant_id = 'acme'$$, '42710', NULL, 'or by another tenant');
SELECT lives_ok($$UPDATE tenancy.roles SET role = 'another' WHERE role = 'other'$$, 'control: a free name');
SELECT throws_ok($$DELETE FROM tenancy.roles WHERE role = 'admin'$$, '23503', NULL, 'a global role that a member has stays');
SELECT lives_ok($$DELETE FROM tenancy.roles WHERE role = 'another'$$, 'control: one that nobody has goes');
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('globex', 'eve', '{clerk}');
SELECT throws_ok($$DELETE FROM tenancy.roles WHERE role = 'clerk' AND tenant_id = 'globex'$$, '23503', NULL, 'a tenant''s role that its member has stays');
SELECT lives_ok($$DELETE FROM tenancy.roles WHERE role = 'clerk' AND tenant_id = 'acme'$$, 'control: another tenant''s member does not count');
SELECT lives_ok($$DELETE FROM tenancy.tenants WHERE tenant_id = 'globex'$$, 'a tenant goes with roles, members and all');
SELECT is_empty($$SELECT FROM tenancy.roles WHERE tenant_id = 'globex' UNION ALL SELECT FROM tenancy.members WHERE tenant_id = 'globex'$$, 'nothing is left of it');

-- A bound on the credential bounds what is given.
SELECT pg_temp.enter('acme', 'ada', bound => '{tenancy:*,docs:doc:read}') \g /dev/null
SET LOCAL ROLE administration_rows_app;
SELECT lives_ok($$INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'x', 'docs:doc:read')$$, 'within the bound');
SELECT throws_ok($$INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'x', 'docs:doc:write')$$, 'TN008',
  'permission denied: giving what the caller does not hold', 'not outside of it');
SELECT throws_ok($$INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'y', '{admin}')$$, 'TN008', NULL, 'nor by a role');
RESET ROLE;
-- So does the tier.
INSERT INTO tenancy.tiers (tier, is_default) VALUES ('free', true);
INSERT INTO tenancy.tier_permissions VALUES ('free', 'tenancy:*'), ('free', 'docs:doc:read');
SELECT pg_temp.enter('acme', 'ada') \g /dev/null
SET LOCAL ROLE administration_rows_app;
SELECT throws_ok($$INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'x', 'docs:doc:write')$$, 'TN008', NULL, 'nor what the tier does not cover');
RESET ROLE;
DELETE FROM tenancy.tier_permissions; DELETE FROM tenancy.tiers;

-- What was taken in this transaction is taken at once.
SET LOCAL ROLE administration_rows_app;
SELECT lives_ok($$INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'x', 'docs:doc:write')$$, 'control: without tiers it is given');
SELECT lives_ok($$UPDATE tenancy.members SET roles = '{}' WHERE user_id = 'ada'$$, 'ada steps down');
SELECT throws_ok($$UPDATE tenancy.members SET roles = '{admin}' WHERE user_id = 'ada'$$, 'TN008', NULL, 'and does not step up again');
RESET ROLE;

-- The settings of the session, and identities without a user.
SELECT tenancy.logout() \g /dev/null
SET LOCAL ROLE administration_rows_app;
SELECT throws_ok('SELECT FROM tenancy.' || rel, 'TN001', NULL, 'nobody reads ' || rel)
FROM unnest('{tenants,members,roles,role_permissions,user_permissions}'::text[]) rel;
RESET ROLE;
SET LOCAL tenancy.on_missing_identity = empty;
SET LOCAL ROLE administration_rows_app;
SELECT is_empty('SELECT FROM tenancy.' || rel, 'where nobody is empty: ' || rel)
FROM unnest('{tenants,members,roles,role_permissions,user_permissions}'::text[]) rel;
SELECT throws_ok('DELETE FROM tenancy.members', 'TN001', NULL, 'nobody writes even then');
RESET ROLE;
RESET tenancy.on_missing_identity;
SELECT pg_temp.enter('acme', NULL, '{admin}') \g /dev/null
SET LOCAL ROLE administration_rows_app;
SELECT lives_ok($$INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'made', '{admin}')$$, 'a job with the permission administers');
SELECT is((SELECT array_agg(user_id::text ORDER BY user_id) FROM tenancy.members), '{ada,made}', 'and sees members');
RESET ROLE;

-- What nobody waits for: a name is not trust.
SELECT tenancy.logout() \g /dev/null
SELECT is((SELECT string_agg(attname, ',' ORDER BY attname) FROM pg_trigger t
           JOIN pg_attribute a ON a.attrelid = tgrelid AND a.attnum = ANY (tgattr::int2[])
           WHERE tgrelid = 'tenancy.tenants'::regclass AND tgname = 'trust_changed'),
  'created_at,parent,status,tenant_id,tier,tokens_valid_after', 'trust_changed follows the columns that trust reads');
SELECT results_eq(
  $$SELECT attname::text COLLATE "default" FROM pg_attribute WHERE attrelid = 'tenancy.tenants'::regclass AND attnum > 0 AND NOT attisdropped
      AND has_column_privilege('administration_rows_app', attrelid, attnum, 'UPDATE') ORDER BY 1$$,
  $$VALUES ('display_name'), ('settings')$$, 'the others are for administrators of the tenant');
SELECT is_empty($$SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'A' AND tgrelid IN ('tenancy.tenants'::regclass,
    'tenancy.members'::regclass, 'tenancy.roles'::regclass, 'tenancy.role_permissions'::regclass, 'tenancy.user_permissions'::regclass)$$,
  'no session_replication_role switches a trigger off');
SELECT is_empty($$SELECT c.oid::regclass, p FROM pg_class c, unnest('{TRUNCATE,REFERENCES,TRIGGER}'::text[]) p
    WHERE relnamespace = 'tenancy'::regnamespace AND relkind = 'r' AND has_table_privilege('administration_rows_app', c.oid, p)$$,
  'PUBLIC has nothing that row security does not look at');

SELECT * FROM finish();
ROLLBACK;
