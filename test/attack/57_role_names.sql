-- Names of roles: an administrator of a tenant makes a role beside one of all tenants that an old
-- snapshot does not show. Whoever had the latter would have what the tenant denies, too.
INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme') ON CONFLICT DO NOTHING;
INSERT INTO tenancy.roles (role) VALUES ('namer');
INSERT INTO tenancy.role_permissions (role, permission) VALUES ('namer', 'tenancy:roles:write');
INSERT INTO tenancy.members (tenant_id, user_id, roles) VALUES ('acme', 'ada', '{namer}')
  ON CONFLICT (tenant_id, user_id) DO UPDATE SET roles = members.roles || '{namer}';

-- attack: with a snapshot that is older than the role of all tenants
-- wrap: none
-- expect: error 25000 25000
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT tenancy.login(:'acme_ada') \g /dev/null
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'auditor');
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT tenancy.login(:'acme_ada') \g /dev/null
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'auditor');
ROLLBACK;
-- control: with one of the statement's own, and with an older one what is there changes
-- wrap: none
-- expect: rows auditor|auditor
BEGIN;
SELECT tenancy.login(:'acme_ada') \g /dev/null
INSERT INTO tenancy.roles (tenant_id, role) VALUES ('acme', 'auditor') RETURNING role;
COMMIT;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT tenancy.login(:'acme_ada') \g /dev/null
UPDATE tenancy.roles SET description = 'looks' WHERE role = 'auditor' RETURNING role;
ROLLBACK;
