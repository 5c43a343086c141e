-- Who may say what callers may do: the tables of authorization are the tenants' own, and nobody
-- gives what they do not hold. ada administers acme, eve globex; alice is nothing in acme.
INSERT INTO tenancy.tenants (tenant_id, display_name, settings) VALUES
  ('acme', 'Acme', '{}'), ('globex', 'CANARY_NAME', '{"key": "CANARY_SETTING"}')
  ON CONFLICT (tenant_id) DO UPDATE SET display_name = excluded.display_name, settings = excluded.settings;
INSERT INTO tenancy.roles (role, is_system) VALUES
  ('owner', true), ('admin', false), ('editor', false), ('accountant', false), ('frozen', false);
INSERT INTO tenancy.roles (role, inherits) VALUES ('controller', '{accountant}');
INSERT INTO tenancy.role_permissions (role, permission) VALUES
  ('owner', '*'), ('admin', 'tenancy:*'), ('admin', 'docs:*'), ('editor', 'docs:doc:*'),
  ('accountant', 'billing:*');
INSERT INTO tenancy.role_permissions (role, permission, effect) VALUES ('frozen', 'billing:invoice:pay', 'deny');
INSERT INTO tenancy.roles (tenant_id, role) VALUES
  ('acme', 'clerk'), ('acme', 'rich'), ('acme', 'barred'), ('acme', 'idle'), ('globex', 'vault'), ('globex', 'CANARY_ROLE');
INSERT INTO tenancy.role_permissions (tenant_id, role, permission, effect) VALUES
  ('acme', 'clerk', 'docs:doc:read', 'allow'), ('acme', 'rich', 'billing:*', 'allow'),
  ('acme', 'barred', 'billing:*', 'deny'), ('acme', 'idle', 'billing:*', 'deny'), ('globex', 'vault', 'vault:open:CANARY_PATTERN', 'allow');
INSERT INTO tenancy.members (tenant_id, user_id, roles, status, tokens_valid_after) VALUES
  ('acme', 'ada', '{admin}', 'active', NULL), ('acme', 'olga', '{owner}', 'active', NULL),
  ('acme', 'bob', '{editor,barred}', 'active', NULL), ('acme', 'carl', '{clerk}', 'active', NULL),
  ('acme', 'sue', '{accountant}', 'suspended', NULL), ('acme', 'sam', '{clerk}', 'suspended', NULL),
  ('acme', 'tom', '{}', 'active', '2026-01-01'), ('globex', 'eve', '{admin}', 'active', NULL),
  ('globex', 'CANARY_USER', '{vault}', 'active', NULL);
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect, expires_at, reason) VALUES
  ('acme', 'ada', 'ledger:*', 'allow', now() + interval '1 hour', 'for an hour'),
  ('acme', 'ada', 'docs:secret:read', 'deny', NULL, 'not for ada'),
  ('acme', 'bob', 'payroll:*', 'deny', now() + interval '1 hour', NULL),
  ('acme', 'sam', 'billing:*', 'allow', now() + interval '1 hour', NULL),
  ('globex', 'CANARY_USER', 'vault:*', 'allow', NULL, 'CANARY_REASON');
CREATE TABLE playground.tokens AS SELECT tenancy.issue_token('acme', ttl => '1 hour') AS job;
GRANT SELECT ON playground.tokens TO app;
-- A way in that an application might offer: it runs as a superuser.
CREATE FUNCTION shop.let_in(who text, roles text[]) RETURNS void LANGUAGE sql SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp AS $$
  INSERT INTO tenancy.members (tenant_id, user_id, roles)
  VALUES (tenancy.current_tenant_id(), who, roles) $$;
GRANT EXECUTE ON FUNCTION shop.let_in(text, text[]) TO app;
GRANT EXECUTE ON FUNCTION tenancy.add_member(tenancy.tenant_id, tenancy.user_id, text[]),
  tenancy.remove_member(tenancy.tenant_id, tenancy.user_id), tenancy.close_tenant(tenancy.tenant_id),
  tenancy.resume_tenant(tenancy.tenant_id),
  tenancy.create_tenant(tenancy.tenant_id, text, text, tenancy.user_id, text[]) TO app;

-- attack: reading the tables without a permission
-- as: acme
-- expect: rows Acme
SELECT * FROM tenancy.members;
SELECT * FROM tenancy.user_permissions;
SELECT * FROM tenancy.roles WHERE tenant_id <> 'acme';
SELECT * FROM tenancy.role_permissions WHERE tenant_id <> 'acme';
SELECT display_name FROM tenancy.tenants;
-- control: with one
-- as: acme_ada
-- expect: rows ada|bob|carl|olga|sam|sue|tom
SELECT user_id FROM tenancy.members ORDER BY user_id;

-- attack: reading another tenant's rows with every permission in the own one
-- as: acme_ada
-- expect: rows 0|0|0|0|0
SELECT count(*) FROM tenancy.members WHERE tenant_id = 'globex';
SELECT count(*) FROM tenancy.user_permissions WHERE tenant_id = 'globex';
SELECT count(*) FROM tenancy.roles WHERE tenant_id = 'globex';
SELECT count(*) FROM tenancy.role_permissions WHERE scope = 'globex';
SELECT count(*) FROM tenancy.tenants WHERE tenant_id = 'globex';
-- control: they are there
-- as: globex
-- expect: rows 2|1|2|1|1
SELECT count(*) FROM tenancy.members;
SELECT count(*) FROM tenancy.user_permissions;
SELECT count(*) FROM tenancy.roles WHERE scope <> '';
SELECT count(*) FROM tenancy.role_permissions WHERE scope <> '';
SELECT count(*) FROM tenancy.tenants;

-- attack: nobody reads anything
-- expect: error TN001 TN001 TN001 TN001 TN001
SELECT * FROM tenancy.members;
SELECT * FROM tenancy.user_permissions;
SELECT * FROM tenancy.roles;
SELECT * FROM tenancy.role_permissions;
SELECT * FROM tenancy.tenants;
-- control: a user reads what they are and may
-- as: acme_bob
-- expect: rows {editor,barred}|payroll:*
SELECT roles FROM tenancy.members;
SELECT permission FROM tenancy.user_permissions;

-- attack: a job, which has no user, reads members
-- expect: rows 0|0
SELECT job FROM playground.tokens \gset
SELECT tenancy.login(:'job') \g /dev/null
SELECT count(*) FROM tenancy.members;
SELECT count(*) FROM tenancy.user_permissions;
-- control: it reads the roles
-- expect: rows t
SELECT job FROM playground.tokens \gset
SELECT tenancy.login(:'job') \g /dev/null
SELECT count(*) > 6 FROM tenancy.roles;

-- attack: tables that stay closed
-- as: acme_ada
-- expect: error 42501 42501 42501 42501 42501 42501
SELECT * FROM tenancy.tiers;
SELECT * FROM tenancy.tier_permissions;
SELECT * FROM tenancy.tools;
SELECT * FROM tenancy.operators;
INSERT INTO tenancy.tiers (tier) VALUES ('free');
UPDATE tenancy.tools SET required_permission = 'docs:doc:read';
-- control: an administrator of the database
-- role: postgres
-- expect: rows 0|0
SELECT count(*) FROM tenancy.tiers;
SELECT count(*) FROM tenancy.tools;

-- attack: writing without a permission, also where no row is meant
-- as: acme
-- expect: error TN008 TN008 TN008 TN008 TN008 TN008 TN008 TN008 TN008
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('acme', 'alice');
UPDATE tenancy.members SET roles = '{admin}' WHERE false;
DELETE FROM tenancy.members WHERE false;
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'alice', '*');
DELETE FROM tenancy.user_permissions;
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'mine');
DELETE FROM tenancy.roles;
INSERT INTO tenancy.role_permissions (tenant_id, role, permission) VALUES ('acme', 'clerk', '*');
UPDATE tenancy.tenants SET display_name = 'x';
-- control: with it
-- as: acme_ada
-- expect: rows 1|1|1|1|Acme Inc.
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'new', '{editor,clerk}') RETURNING 1;
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'new', 'docs:page:read') RETURNING 1;
INSERT INTO tenancy.roles (tenant_id, role, inherits) VALUES ('acme', 'intern', '{clerk,editor}') RETURNING 1;
INSERT INTO tenancy.role_permissions (tenant_id, role, permission) VALUES ('acme', 'intern', 'docs:page:read') RETURNING 1;
UPDATE tenancy.tenants SET display_name = 'Acme Inc.' RETURNING display_name;

-- attack: nobody writes
-- expect: error TN001 TN001 TN001 TN001
DELETE FROM tenancy.members WHERE false;
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'mine');
DELETE FROM tenancy.role_permissions WHERE false;
UPDATE tenancy.tenants SET settings = '{}';
-- control: somebody does
-- as: acme_ada
-- expect: rows {"a": 1}
UPDATE tenancy.tenants SET settings = '{"a": 1}' RETURNING settings;

-- attack: rows of another tenant, of all, or of nobody
-- as: acme_ada
-- expect: error TN003 TN003 TN003 TN003 TN003 TN003
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('globex', 'ada');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('globex', 'ada', 'docs:*');
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('globex', 'mine');
INSERT INTO tenancy.roles (role) VALUES ('mine');
INSERT INTO tenancy.role_permissions (tenant_id, role, permission) VALUES ('globex', 'vault', 'docs:*');
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('editor', 'docs:*');
-- control: of the own one
-- as: acme_ada
-- expect: rows 1
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('acme', 'nina') RETURNING 1;

-- attack: changing and deleting rows of others, and of all
-- as: acme_ada
-- expect: rows 0|0|0|0|0|0
WITH x AS (UPDATE tenancy.members SET roles = '{}' WHERE tenant_id <> 'acme' RETURNING 1) SELECT count(*) FROM x;
WITH x AS (DELETE FROM tenancy.members WHERE tenant_id = 'globex' RETURNING 1) SELECT count(*) FROM x;
WITH x AS (DELETE FROM tenancy.user_permissions WHERE tenant_id = 'globex' RETURNING 1) SELECT count(*) FROM x;
WITH x AS (UPDATE tenancy.roles SET inherits = '{}' WHERE scope <> 'acme' RETURNING 1) SELECT count(*) FROM x;
WITH x AS (DELETE FROM tenancy.role_permissions WHERE scope <> 'acme' RETURNING 1) SELECT count(*) FROM x;
WITH x AS (UPDATE tenancy.tenants SET settings = '{}' WHERE tenant_id <> 'acme' RETURNING 1) SELECT count(*) FROM x;
-- control: of the own tenant
-- as: acme_ada
-- expect: rows 1
WITH x AS (DELETE FROM tenancy.members WHERE user_id = 'nina' RETURNING 1) SELECT count(*) FROM x;

-- attack: columns that an administrator does not set
-- as: acme_ada
-- expect: error 42501 42501 42501 42501 42501 42501 42501 42501
UPDATE tenancy.tenants SET status = 'active';
UPDATE tenancy.tenants SET tier = 'gold';
UPDATE tenancy.tenants SET tokens_valid_after = NULL;
UPDATE tenancy.members SET tenant_id = 'globex';
UPDATE tenancy.members SET user_id = 'ada2' WHERE user_id = 'ada';
UPDATE tenancy.roles SET is_system = true;
UPDATE tenancy.role_permissions SET permission = '*';
UPDATE tenancy.user_permissions SET permission = '*';
-- control: a column that they set
-- as: acme_ada
-- expect: rows Clerks
UPDATE tenancy.roles SET description = 'Clerks' WHERE role = 'clerk' RETURNING description;

-- attack: giving what one does not hold
-- as: acme_ada
-- expect: error TN008 TN008 TN008 TN008 TN008 TN008 TN008 TN008 TN008 TN008 TN008
UPDATE tenancy.members SET roles = roles || '{accountant}' WHERE user_id = 'ada';
UPDATE tenancy.members SET roles = '{controller}' WHERE user_id = 'carl';
UPDATE tenancy.members SET roles = '{rich}' WHERE user_id = 'carl';
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'accomplice', '{rich}');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'ada', 'billing:*');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'ada', '*');
INSERT INTO tenancy.role_permissions (tenant_id, role, permission) VALUES ('acme', 'clerk', 'billing:invoice:pay');
INSERT INTO tenancy.role_permissions (tenant_id, role, permission) VALUES ('acme', 'clerk', 'docs:*');
INSERT INTO tenancy.roles (tenant_id, role, inherits) VALUES ('acme', 'mine', '{accountant}');
UPDATE tenancy.roles SET inherits = '{controller}' WHERE role = 'clerk';
UPDATE tenancy.roles SET inherits = '{rich}' WHERE role = 'clerk';
-- control: what one does
-- as: acme_ada
-- expect: rows 1|1|1
UPDATE tenancy.members SET roles = roles || '{editor}' WHERE user_id = 'carl' RETURNING 1;
INSERT INTO tenancy.role_permissions (tenant_id, role, permission) VALUES ('acme', 'clerk', 'docs:doc:write') RETURNING 1;
UPDATE tenancy.roles SET inherits = '{editor}' WHERE role = 'clerk' RETURNING 1;

-- attack: the same by other statements
-- as: acme_ada
-- expect: error TN008 TN008 TN008 TN008 TN008
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('acme', 'ada')
  ON CONFLICT (tenant_id, user_id) DO UPDATE SET roles = '{admin,rich}';
MERGE INTO tenancy.members m USING (VALUES ('ada')) v (id) ON m.user_id = v.id
  WHEN MATCHED THEN UPDATE SET roles = '{admin,rich}';
WITH x AS (UPDATE tenancy.members SET roles = '{admin,rich}' WHERE user_id = 'ada' RETURNING 1) SELECT 1;
UPDATE tenancy.members SET roles = CASE user_id WHEN 'ada' THEN '{rich}' ELSE '{admin}' END::text[]
  WHERE user_id IN ('ada', 'carl');
DO $$ BEGIN UPDATE tenancy.members SET roles = '{rich}' WHERE user_id = 'ada'; END $$;
-- control: what one holds, by these
-- as: acme_ada
-- expect: rows {clerk}|{editor}
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('acme', 'carl')
  ON CONFLICT (tenant_id, user_id) DO UPDATE SET roles = '{clerk}' RETURNING roles;
MERGE INTO tenancy.members m USING (VALUES ('carl')) v (id) ON m.user_id = v.id
  WHEN MATCHED THEN UPDATE SET roles = '{editor}';
SELECT roles FROM tenancy.members WHERE user_id = 'carl';

-- attack: COPY into a table
-- as: acme_ada
-- expect: error 0A000
COPY tenancy.members (tenant_id, user_id, roles) FROM STDIN;
-- control: COPY out of it shows the own tenant
-- as: acme_ada
-- expect: rows 1
\copy (SELECT count(DISTINCT tenant_id) FROM tenancy.members) TO STDOUT

-- attack: system roles are neither given nor taken, nor inherited
-- as: acme_ada
-- expect: error TN008 TN008 TN008 TN008 TN008
UPDATE tenancy.members SET roles = '{admin,owner}' WHERE user_id = 'ada';
UPDATE tenancy.members SET roles = '{}' WHERE user_id = 'olga';
UPDATE tenancy.members SET status = 'suspended' WHERE user_id = 'olga';
DELETE FROM tenancy.members WHERE user_id = 'olga';
INSERT INTO tenancy.roles (tenant_id, role, inherits) VALUES ('acme', 'mine', '{owner}');
-- control: outside any identity they are
-- role: postgres
-- expect: rows 1|1
UPDATE tenancy.members SET roles = '{}' WHERE user_id = 'olga' RETURNING 1;
UPDATE tenancy.members SET roles = '{owner}' WHERE user_id = 'olga' RETURNING 1;

-- attack: lifting a denial of what one does not hold, from oneself or from others
-- as: acme_ada
-- expect: error TN008 TN008 TN008 TN008 TN008 TN008 TN008 TN008
DELETE FROM tenancy.user_permissions WHERE user_id = 'ada' AND effect = 'deny';
UPDATE tenancy.user_permissions SET expires_at = now() WHERE user_id = 'ada' AND effect = 'deny';
DELETE FROM tenancy.user_permissions WHERE user_id = 'bob' AND effect = 'deny';
UPDATE tenancy.user_permissions SET expires_at = now() WHERE user_id = 'bob';
UPDATE tenancy.members SET roles = '{editor}' WHERE user_id = 'bob';
DELETE FROM tenancy.members WHERE user_id = 'bob';
DELETE FROM tenancy.role_permissions WHERE role = 'barred';
DELETE FROM tenancy.roles WHERE role = 'idle';
-- control: a denial of what one holds, and a longer one of what one does not
-- as: acme_ada
-- expect: rows 1|1|1
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, effect) VALUES ('acme', 'carl', 'docs:doc:write', 'deny') RETURNING 1;
DELETE FROM tenancy.user_permissions WHERE user_id = 'carl' RETURNING 1;
UPDATE tenancy.user_permissions SET expires_at = NULL WHERE user_id = 'bob' RETURNING 1;

-- attack: what one holds for an hour, given for longer
-- as: acme_ada
-- expect: error TN008 TN008 TN008
UPDATE tenancy.user_permissions SET expires_at = NULL WHERE user_id = 'ada' AND permission = 'ledger:*';
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('acme', 'carl', 'ledger:entry:read');
INSERT INTO tenancy.role_permissions (tenant_id, role, permission) VALUES ('acme', 'clerk', 'ledger:*');
-- control: no longer than that
-- as: acme_ada
-- expect: rows 1
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission, expires_at)
  VALUES ('acme', 'carl', 'ledger:entry:read', now() + interval '10 min') RETURNING 1;

-- attack: letting in again who has what one does not hold
-- as: acme_ada
-- expect: error TN008 TN008 TN008 TN008
UPDATE tenancy.members SET status = 'active' WHERE user_id = 'sue';
UPDATE tenancy.members SET status = 'active', roles = '{}' WHERE user_id = 'sue';
DELETE FROM tenancy.members WHERE user_id = 'sue';
UPDATE tenancy.members SET status = 'active' WHERE user_id = 'sam';
-- control: who has what one holds
-- as: acme_ada
-- expect: rows 1|suspended|active
DELETE FROM tenancy.user_permissions WHERE user_id = 'sam' RETURNING 1;
UPDATE tenancy.members SET status = 'suspended' WHERE user_id = 'sam' RETURNING status;
UPDATE tenancy.members SET status = 'active' WHERE user_id = 'sam' RETURNING status;

-- attack: tokens that were cut off count again
-- as: acme_ada
-- expect: error TN008 TN008 TN008 TN008
UPDATE tenancy.members SET tokens_valid_after = NULL WHERE user_id = 'tom';
UPDATE tenancy.members SET tokens_valid_after = '2025-12-31' WHERE user_id = 'tom';
DELETE FROM tenancy.members WHERE user_id = 'tom';
SELECT tenancy.remove_member('acme', 'tom');
-- control: cutting off more
-- as: acme_ada
-- expect: rows t
UPDATE tenancy.members SET tokens_valid_after = now() WHERE user_id = 'tom' RETURNING true;

-- attack: roles that are not there
-- as: acme_ada
-- expect: error 42704 42704
UPDATE tenancy.members SET roles = '{vault}' WHERE user_id = 'carl';
UPDATE tenancy.roles SET inherits = '{later}' WHERE role = 'clerk';
-- control: of its own tenant it is
-- as: globex
-- expect: error TN008
UPDATE tenancy.members SET roles = '{vault}' WHERE user_id = 'eve';

-- attack: whether another tenant has a role of that name
-- as: acme_ada
-- oracle: vault,fault,nothing
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'x', ARRAY[:'guess']);
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', :'guess');
DELETE FROM tenancy.roles WHERE role = :'guess' RETURNING role;
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('globex', :'guess');
INSERT INTO tenancy.role_permissions (tenant_id, role, permission) VALUES ('globex', :'guess', 'docs:doc:read');
-- control: the own one has
-- as: globex
-- oracle: vault,fault,nothing
DELETE FROM tenancy.role_permissions WHERE role = :'guess' AND false;
SELECT count(*) FROM tenancy.roles WHERE role = :'guess';

-- attack: whether another tenant has a user of that name
-- as: acme_ada
-- oracle: eve,adam,nobody
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('globex', :'guess');
INSERT INTO tenancy.user_permissions (tenant_id, user_id, permission) VALUES ('globex', :'guess', 'docs:doc:read');
SELECT tenancy.add_member('globex', :'guess');
SELECT tenancy.remove_member('globex', :'guess');
INSERT INTO tenancy.members (tenant_id, user_id) VALUES ('acme', :'guess');
DELETE FROM tenancy.members WHERE user_id = :'guess' RETURNING 1;
-- control: the own one has
-- as: globex
-- oracle: eve,adam,nobody
SELECT count(*) FROM tenancy.members WHERE user_id = :'guess';

-- attack: a role of a tenant with the name of one of all tenants, and the other way round
-- as: acme_ada
-- expect: error 42710
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'owner');
-- control: the other way round it is refused to administrators, too
-- role: postgres
-- expect: error 42710
INSERT INTO tenancy.roles (role) VALUES ('vault');

-- attack: deleting a role that members hold
-- as: acme_ada
-- expect: error 23503
UPDATE tenancy.members SET roles = '{clerk}' WHERE user_id = 'carl';
DELETE FROM tenancy.roles WHERE role = 'clerk';
-- control: one that nobody holds, and whose denials one holds
-- as: acme_ada
-- expect: rows 1
DELETE FROM tenancy.roles WHERE role = 'intern' RETURNING 1;

-- attack: the rules bind superusers and owners of functions inside an identity
-- as: acme_ada
-- role: postgres
-- expect: error TN008 TN008 TN008 TN003 TN003 TN008 TN010 TN010 TN008
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'x', '{owner}');
UPDATE tenancy.role_permissions SET permission = '*' WHERE role = 'clerk';
UPDATE tenancy.members SET user_id = 'ada2' WHERE user_id = 'ada';
UPDATE tenancy.members SET roles = '{admin}' WHERE tenant_id = 'globex';
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('editor', 'docs:doc:read');
UPDATE tenancy.tenants SET tier = NULL, parent = 'globex' WHERE tenant_id = 'acme';
TRUNCATE tenancy.members;
INSERT INTO tenancy.tenants (tenant_id) VALUES ('third');
SET session_replication_role = replica; UPDATE tenancy.members SET roles = '{rich}' WHERE user_id = 'ada';
-- control: outside any identity they do not
-- role: postgres
-- expect: rows 1|1
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'x', '{owner}') RETURNING 1;
DELETE FROM tenancy.members WHERE user_id = 'x' RETURNING 1;

-- attack: through a function that runs as a superuser
-- as: acme_bob
-- expect: error TN008 TN008
SELECT shop.let_in('accomplice', '{owner}');
SELECT shop.let_in('accomplice', '{accountant}');
-- control: what the caller holds
-- as: acme_bob
-- expect: rows {editor}
SELECT shop.let_in('guest', '{editor}') \g /dev/null
SELECT roles FROM tenancy.members WHERE user_id = 'guest' UNION ALL SELECT '{editor}' LIMIT 1;

-- attack: the administrative functions inside an identity
-- as: acme_ada
-- expect: error TN010 TN010 TN010 TN003 TN003 TN008 42704
SELECT tenancy.create_tenant('fourth');
SELECT tenancy.close_tenant('globex');
SELECT tenancy.resume_tenant('acme');
SELECT tenancy.add_member('globex', 'ada', '{editor}');
SELECT tenancy.remove_member('globex', 'eve');
SELECT tenancy.add_member('acme', 'accomplice', '{owner}');
SELECT tenancy.add_member('acme', 'accomplice', '{vault}');
-- control: a member of the own tenant
-- as: acme_ada
-- expect: rows {editor}|0
SELECT tenancy.add_member('acme', 'zoe', '{editor}') \g /dev/null
SELECT roles FROM tenancy.members WHERE user_id = 'zoe';
SELECT tenancy.remove_member('acme', 'zoe') \g /dev/null
SELECT count(*) FROM tenancy.members WHERE user_id = 'zoe';

-- attack: without the permission they are closed
-- as: acme_bob
-- expect: error TN008 TN008
SELECT tenancy.add_member('acme', 'accomplice');
SELECT tenancy.remove_member('acme', 'carl');
-- control: the functions behind them are closed to everybody
-- as: acme_ada
-- expect: error 42501 42501
SELECT tenancy.set_tenant_status('globex', 'closed');
SELECT tenancy.suspend_tenant('globex');

-- attack: locking and explaining the tables, which all tenants share
-- as: acme_ada
-- expect: error TN010 TN010 TN010 42501
LOCK TABLE tenancy.members IN ACCESS EXCLUSIVE MODE;
EXPLAIN ANALYZE SELECT * FROM tenancy.members;
EXPLAIN SELECT * FROM tenancy.user_permissions WHERE user_id = 'CANARY_USER';
TRUNCATE tenancy.members;
-- control: locking one's own rows
-- as: acme_ada
-- expect: rows ada
SELECT user_id FROM tenancy.members WHERE user_id = 'ada' FOR UPDATE;

-- attack: objects of the caller in the way of the rules
-- as: acme_ada
-- expect: error TN008 TN008
CREATE TEMP TABLE role_permissions (scope text, role text, permission text, effect text) ON COMMIT DROP;
CREATE TEMP TABLE roles (scope text, role text, inherits text[], is_system bool) ON COMMIT DROP;
SET LOCAL search_path = pg_temp, playground, pg_catalog;
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'y', '{rich}');
UPDATE tenancy.members SET roles = '{owner}' WHERE user_id = 'ada';
-- control: they do not disturb either
-- as: acme_ada
-- expect: rows 1
CREATE TEMP TABLE roles (scope text, role text) ON COMMIT DROP;
SET LOCAL search_path = pg_temp, playground, pg_catalog;
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'y', '{editor}') RETURNING 1;
