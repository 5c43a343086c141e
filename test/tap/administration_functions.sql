-- The functions that make tenants and members, outside any identity and inside.
BEGIN;
SELECT no_plan();
\ir helpers/tenancy_tap.sql
CREATE ROLE administration_functions_signup;
CREATE FUNCTION pg_temp.enter(user_id text, roles text[] DEFAULT '{}') RETURNS void
LANGUAGE sql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
  SELECT tenancy.logout();
  SELECT tenancy.login(tenancy.issue_token('acme', $1::tenancy.user_id, $2));
$$;

-- Nobody may until they are granted it.
SET LOCAL ROLE administration_functions_signup;
SELECT throws_ok($$SELECT tenancy.create_tenant('acme')$$, '42501', NULL, 'create_tenant is not for everybody');
SELECT throws_ok($$SELECT tenancy.suspend_tenant('acme')$$, '42501', NULL, 'nor is suspend_tenant');
SELECT throws_ok($$SELECT tenancy.resume_tenant('acme')$$, '42501', NULL, 'nor is resume_tenant');
SELECT throws_ok($$SELECT tenancy.close_tenant('acme')$$, '42501', NULL, 'nor is close_tenant');
SELECT throws_ok($$SELECT tenancy.add_member('acme', 'a')$$, '42501', NULL, 'nor is add_member');
SELECT throws_ok($$SELECT tenancy.remove_member('acme', 'a')$$, '42501', NULL, 'nor is remove_member');
RESET ROLE;
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT oid FROM pg_proc WHERE pronamespace = 'tenancy'::regnamespace AND proname IN
    ('create_tenant', 'suspend_tenant', 'resume_tenant', 'close_tenant', 'add_member', 'remove_member') LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO administration_functions_signup', f);
  END LOOP;
END $$;

-- Signing up.
SET LOCAL ROLE administration_functions_signup;
SELECT throws_ok($$SELECT tenancy.create_tenant('acme', owner_user_id => 'olga')$$, '42704', 'role does not exist',
  'the role "owner" has to be there');
SELECT throws_ok($$SELECT tenancy.create_tenant('acme', tier => 'gold')$$, '42704', 'tier does not exist', 'so has a tier');
SELECT throws_ok('SELECT tenancy.create_tenant(NULL)', '22023', 'tenant_id is missing', 'and a tenant');
SELECT throws_ok($$SELECT tenancy.create_tenant('acme', owner_user_id => 'o', owner_roles => NULL)$$, '22023',
  'owner_roles is missing', 'and what the owner gets');
RESET ROLE;
INSERT INTO tenancy.tiers (tier) VALUES ('gold');
INSERT INTO tenancy.tier_permissions VALUES ('gold', '*');
INSERT INTO tenancy.roles (role, is_system) VALUES ('owner', true), ('viewer', false);
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('owner', '*'), ('viewer', 'docs:doc:read');
SELECT is_empty('SELECT FROM tenancy.tenants', 'nothing was half done');
SET LOCAL ROLE administration_functions_signup;
SELECT lives_ok($$SELECT tenancy.create_tenant('acme', 'Acme', 'gold', 'olga')$$, 'a tenant with an owner');
SELECT lives_ok($$SELECT tenancy.create_tenant('globex', owner_user_id => 'eve', owner_roles => '{viewer}')$$, 'one with another role');
SELECT lives_ok($$SELECT tenancy.create_tenant('bare')$$, 'one with nobody');
SELECT throws_ok($$SELECT tenancy.create_tenant('acme')$$, '42710', 'tenant exists already', 'each once');
SELECT throws_ok('SELECT FROM tenancy.members', 'TN001', NULL, 'the role reads no member by it');
RESET ROLE;
SELECT results_eq('SELECT tenant_id::text, status, display_name, tier COLLATE "default" FROM tenancy.tenants ORDER BY 1',
  $$VALUES ('acme', 'active', 'Acme', 'gold'), ('bare', 'active', NULL, NULL), ('globex', 'active', NULL, NULL)$$, 'tenants');
SELECT results_eq('SELECT tenant_id::text, user_id::text, roles::text COLLATE "default" FROM tenancy.members ORDER BY 1',
  $$VALUES ('acme', 'olga', '{owner}'), ('globex', 'eve', '{viewer}')$$, 'and their first members');

-- Members.
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'clerk');
SET LOCAL ROLE administration_functions_signup;
SELECT lives_ok($$SELECT tenancy.add_member('acme', 'bob', '{clerk,viewer}')$$, 'a member with roles');
SELECT throws_ok($$SELECT tenancy.add_member('acme', 'bob')$$, '42710', 'member exists already', 'each once');
SELECT throws_ok($$SELECT tenancy.add_member('globex', 'bob', '{clerk}')$$, '42704', 'role does not exist', 'a role of another tenant');
SELECT throws_ok($$SELECT tenancy.add_member('nowhere', 'bob')$$, '42704', 'tenant does not exist', 'no such tenant');
SELECT throws_ok($$SELECT tenancy.add_member('acme', NULL)$$, '22023', 'tenant_id, user_id or roles is missing', 'no user');
SELECT throws_ok($$SELECT tenancy.add_member('acme', 'x', NULL)$$, '22023', 'tenant_id, user_id or roles is missing', 'no roles');
SELECT throws_ok($$SELECT tenancy.add_member('acme', 'x', '{NULL}')$$, '22023', 'tenant_id, user_id or roles is missing', 'a role that is NULL');
SELECT throws_ok($$SELECT tenancy.remove_member('acme', 'nobody')$$, '42704', 'member does not exist', 'no such member');
SELECT throws_ok($$SELECT tenancy.remove_member('acme', NULL)$$, '22023', 'tenant_id or user_id is missing', 'no user to remove');
RESET ROLE;
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES
  ('acme', 'bob', 'docs:x:y'), ('globex', 'bob', 'docs:x:y');
SET LOCAL ROLE administration_functions_signup;
SELECT lives_ok($$SELECT tenancy.remove_member('acme', 'bob')$$, 'removed');
RESET ROLE;
SELECT is_empty($$SELECT FROM tenancy.members WHERE user_id = 'bob'$$, 'the row is gone');
SELECT results_eq($$SELECT tenant_id::text FROM tenancy.user_permissions$$, $$VALUES ('globex')$$, 'with its permissions, and no other''s');

-- Status.
SELECT throws_ok($$SELECT tenancy.suspend_tenant('nowhere')$$, '42704', 'tenant does not exist', 'no such tenant to suspend');
SELECT pg_temp.enter('olga') \g /dev/null
SELECT is(tenancy.current_tenant_id(), 'acme', 'control: olga is in');
SELECT tenancy.logout() \g /dev/null
SELECT lives_ok($$SELECT tenancy.suspend_tenant('acme')$$, 'suspended');
SELECT lives_ok($$SELECT tenancy.suspend_tenant('acme')$$, 'twice is as once');
SELECT throws_ok($$SELECT pg_temp.enter('olga')$$, 'TN005', NULL, 'nobody enters');
SELECT lives_ok($$SELECT tenancy.resume_tenant('acme')$$, 'resumed');
SELECT lives_ok($$SELECT pg_temp.enter('olga')$$, 'and enters again');
SELECT tenancy.logout() \g /dev/null
SELECT lives_ok($$SELECT tenancy.close_tenant('bare')$$, 'closed');
SELECT throws_ok($$SELECT tenancy.resume_tenant('bare')$$, '55000', 'tenant is closed', 'for good');
SELECT throws_ok($$SELECT tenancy.suspend_tenant('bare')$$, '55000', 'tenant is closed', 'and not half open');
SELECT lives_ok($$SELECT tenancy.close_tenant('bare')$$, 'closing twice is as once');

-- Inside an identity, whoever runs it.
SELECT pg_temp.enter('olga') \g /dev/null
SELECT throws_ok($$SELECT tenancy.create_tenant('third')$$, 'TN010', 'tenancy.create_tenant() is refused inside an identity', 'no tenant is made');
SELECT throws_ok($$SELECT tenancy.suspend_tenant('acme')$$, 'TN010', NULL, 'nor suspended');
SELECT throws_ok($$SELECT tenancy.resume_tenant('bare')$$, 'TN010', NULL, 'nor resumed');
SELECT throws_ok($$SELECT tenancy.close_tenant('globex')$$, 'TN010', NULL, 'nor closed');
SELECT throws_ok($$SELECT tenancy.add_member('globex', 'olga')$$, 'TN003', NULL, 'a member of another tenant');
SELECT throws_ok($$SELECT tenancy.add_member(NULL, 'olga')$$, 'TN003', NULL, 'or of none');
SELECT lives_ok($$SELECT tenancy.add_member('acme', 'carl', '{viewer}')$$, 'control: of the own one');
SELECT throws_ok($$SELECT tenancy.add_member('acme', 'dora', '{owner}')$$, 'TN008', NULL, 'a system role is not given');
SELECT lives_ok($$SELECT tenancy.remove_member('acme', 'carl')$$, 'control: removed again');
SELECT pg_temp.enter('nobody', '{viewer}') \g /dev/null
SELECT throws_ok($$SELECT tenancy.add_member('acme', 'x')$$, 'TN008', NULL, 'without the permission');

SELECT * FROM finish();
ROLLBACK;
