-- Who has a system role is locked out by nobody inside an identity: neither by a denial, on
-- whatever way, nor by tokens that are cut off for good.
BEGIN;
SELECT no_plan();
\ir helpers/tenancy_tap.sql
INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme');
INSERT INTO tenancy.roles (role, is_system) VALUES ('owner', true), ('admin', false), ('frozen', false);
INSERT INTO tenancy.role_permissions (role, permission, effect) VALUES
  ('owner', '*', 'allow'), ('admin', '*', 'allow'), ('frozen', 'docs:*', 'deny');
INSERT INTO tenancy.roles (tenant_id, role, inherits) VALUES ('acme', 'plain', '{}'), ('acme', 'outer', '{plain}'), ('acme', 'free', '{}'),
  ('acme', 'brake', '{frozen}');
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES
  ('acme', 'ada', '{admin}'), ('acme', 'olga', '{owner,outer}'), ('acme', 'bob', '{free}');
SELECT tenancy.login(tenancy.issue_token('acme', 'ada')) \g /dev/null

SELECT throws_ok($$INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect) VALUES ('acme', 'olga', 'docs:*', 'deny')$$,
  'TN008', 'permission denied: who has a system role is denied nothing inside an identity', 'a denial of the user');
SELECT lives_ok($$INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect) VALUES ('acme', 'bob', 'docs:*', 'deny')$$,
  'control: of another one');
SELECT throws_ok($$UPDATE tenancy.members SET roles = roles || '{frozen}' WHERE user_id = 'olga'$$, 'TN008', NULL, 'a role that denies');
SELECT throws_ok($$UPDATE tenancy.members SET roles = roles || '{brake}' WHERE user_id = 'olga'$$, 'TN008', NULL, 'one that inherits such');
SELECT lives_ok($$UPDATE tenancy.members SET roles = roles || '{brake}' WHERE user_id = 'bob'$$, 'control: for another one');
SELECT lives_ok($$UPDATE tenancy.members SET roles = roles || '{free}' WHERE user_id = 'olga'$$, 'control: a role that denies nothing');
SELECT throws_ok($$INSERT INTO tenancy.role_permissions (tenant_id, role, permission, effect) VALUES ('acme', 'free', '*', 'deny')$$,
  'TN008', NULL, 'a denial of a role that they have');
SELECT throws_ok($$INSERT INTO tenancy.role_permissions (tenant_id, role, permission, effect) VALUES ('acme', 'plain', '*', 'deny')$$,
  'TN008', NULL, 'of one that they inherit');
SELECT lives_ok($$INSERT INTO tenancy.role_permissions (tenant_id, role, permission, effect) VALUES ('acme', 'brake', '*', 'deny')$$,
  'control: of a role that they have not');
SELECT throws_ok($$UPDATE tenancy.roles SET inherits = '{frozen}' WHERE role = 'plain'$$, 'TN008', NULL, 'inherited');
SELECT lives_ok($$UPDATE tenancy.roles SET inherits = '{brake,frozen}' WHERE role = 'brake'$$, 'control: by a role that they have not');
SELECT throws_ok($$UPDATE tenancy.members SET tokens_valid_after = 'infinity' WHERE user_id = 'olga'$$,
  'TN008', 'permission denied: tokens of the future would be cut off', 'tokens cut off for good');
SELECT throws_ok($$INSERT INTO tenancy.members (tenant_id, user_id, tokens_valid_after) VALUES ('acme', 'new', now() + interval '1 hour')$$,
  'TN008', NULL, 'before they become a member');
SELECT lives_ok($$UPDATE tenancy.members SET tokens_valid_after = now() + interval '5 min' WHERE user_id = 'olga'$$, 'control: up to now and an issuer''s leeway');

SELECT tenancy.logout() \g /dev/null
SELECT lives_ok($$INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect) VALUES ('acme', 'olga', 'docs:*', 'deny')$$,
  'control: outside any identity');
SELECT * FROM finish();
ROLLBACK;
