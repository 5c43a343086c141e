-- What callers may do: roles, tiers and single permissions, in tables that the decision reads
-- (51_permissions.sql) and that 52_administration.sql opens to the administrators of each tenant.

CREATE FUNCTION tenancy.authorization_changed() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_authorization_changed';
COMMENT ON FUNCTION tenancy.authorization_changed() IS
  'Statement trigger of the authorization tables: a change reaches every running session at its next statement.';
REVOKE ALL ON FUNCTION tenancy.authorization_changed() FROM PUBLIC;

CREATE TABLE tenancy.tiers (
  tier text COLLATE "C" PRIMARY KEY CHECK (tier <> ''),
  is_default boolean NOT NULL DEFAULT false,
  description text,
  created_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX tiers_one_default ON tenancy.tiers (is_default) WHERE is_default;
COMMENT ON TABLE tenancy.tiers IS
  'Subscription tiers: what a tenant has paid for bounds what its users may do. Without any row nothing is bounded.';
COMMENT ON COLUMN tenancy.tiers.tier IS 'Its name.';
COMMENT ON COLUMN tenancy.tiers.is_default IS
  'Whether it is the tier of tenants without one, whose credential names none either; one at most.';
COMMENT ON COLUMN tenancy.tiers.description IS 'For people.';
COMMENT ON COLUMN tenancy.tiers.created_at IS 'When it was made.';

ALTER TABLE tenancy.tenants ADD CONSTRAINT tenants_tier_fkey
  FOREIGN KEY (tier) REFERENCES tenancy.tiers ON UPDATE CASCADE;

CREATE TABLE tenancy.tier_permissions (
  tier text COLLATE "C" NOT NULL REFERENCES tenancy.tiers ON UPDATE CASCADE ON DELETE CASCADE,
  permission tenancy.permission NOT NULL,
  PRIMARY KEY (tier, permission)
);
COMMENT ON TABLE tenancy.tier_permissions IS
  'What a tier covers. A tier grants nothing: it bounds what roles and users were granted.';
COMMENT ON COLUMN tenancy.tier_permissions.tier IS 'The tier.';
COMMENT ON COLUMN tenancy.tier_permissions.permission IS 'A pattern of permissions within it.';

-- A foreign key cannot match NULL to NULL: the scope is the tenant, or empty where there is none.
CREATE TABLE tenancy.roles (
  role text COLLATE "C" NOT NULL CHECK (role <> ''),
  tenant_id tenancy.tenant_id REFERENCES tenancy.tenants ON DELETE CASCADE,
  inherits text[] COLLATE "C" NOT NULL DEFAULT '{}' CHECK (array_position(inherits, NULL) IS NULL),
  is_system boolean NOT NULL DEFAULT false CHECK (NOT (is_system AND tenant_id IS NOT NULL)),
  description text,
  created_at timestamptz NOT NULL DEFAULT now(),
  scope text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(tenant_id::text, '')) STORED,
  PRIMARY KEY (scope, role)
);
COMMENT ON TABLE tenancy.roles IS
  'Roles of users, not of the database: those of every tenant (tenant_id NULL), and each tenant''s own.';
COMMENT ON COLUMN tenancy.roles.role IS 'Its name, as in the roles of a token and of tenancy.members.';
COMMENT ON COLUMN tenancy.roles.tenant_id IS 'The tenant whose own role it is; NULL: of every tenant.';
COMMENT ON COLUMN tenancy.roles.inherits IS
  'Names of roles whose permissions and denials it includes: global ones, and for a tenant''s role its own ones too.';
COMMENT ON COLUMN tenancy.roles.is_system IS
  'Whether it can be given and taken by administrators of the database only, never from inside a tenant.';
COMMENT ON COLUMN tenancy.roles.description IS 'For people.';
COMMENT ON COLUMN tenancy.roles.created_at IS 'When it was made.';
COMMENT ON COLUMN tenancy.roles.scope IS 'Text of tenant_id, empty for global roles; generated.';

CREATE TABLE tenancy.role_permissions (
  role text COLLATE "C" NOT NULL,
  tenant_id tenancy.tenant_id REFERENCES tenancy.tenants ON DELETE CASCADE,
  permission tenancy.permission NOT NULL,
  effect text NOT NULL DEFAULT 'allow' CHECK (effect IN ('allow', 'deny')),
  scope text COLLATE "C" NOT NULL GENERATED ALWAYS AS (coalesce(tenant_id::text, '')) STORED,
  PRIMARY KEY (scope, role, permission, effect),
  FOREIGN KEY (scope, role) REFERENCES tenancy.roles ON DELETE CASCADE
);
COMMENT ON TABLE tenancy.role_permissions IS
  'What a role allows and denies; a denial wins over every grant.';
COMMENT ON COLUMN tenancy.role_permissions.role IS 'The role.';
COMMENT ON COLUMN tenancy.role_permissions.tenant_id IS 'The tenant whose own role it is; NULL: a global role.';
COMMENT ON COLUMN tenancy.role_permissions.permission IS 'A pattern of permissions.';
COMMENT ON COLUMN tenancy.role_permissions.effect IS 'allow or deny.';
COMMENT ON COLUMN tenancy.role_permissions.scope IS 'Text of tenant_id, empty for global roles; generated.';

CREATE TABLE tenancy.members (
  tenant_id tenancy.tenant_id NOT NULL REFERENCES tenancy.tenants ON DELETE CASCADE,
  user_id tenancy.user_id NOT NULL,
  roles text[] COLLATE "C" NOT NULL DEFAULT '{}' CHECK (array_position(roles, NULL) IS NULL),
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended')),
  tokens_valid_after timestamptz,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id)
);
COMMENT ON TABLE tenancy.members IS
  'Which users belong to which tenant, and their roles there. Issuers with membership => ''required'' let in these only; a suspended member is refused (TN005) whoever vouches for them.';
COMMENT ON COLUMN tenancy.members.tenant_id IS 'The tenant.';
COMMENT ON COLUMN tenancy.members.user_id IS 'The user inside the tenant.';
COMMENT ON COLUMN tenancy.members.roles IS
  'Names of roles, beside those that the user''s token names; a name without a role grants nothing.';
COMMENT ON COLUMN tenancy.members.status IS
  'active or suspended; a change reaches running sessions at their next statement.';
COMMENT ON COLUMN tenancy.members.tokens_valid_after IS
  'Tokens of this user issued in this second or before are refused (TN005), as are those without iat; NULL: no such limit.';
COMMENT ON COLUMN tenancy.members.created_at IS 'When they became a member.';

CREATE TABLE tenancy.user_permissions (
  tenant_id tenancy.tenant_id NOT NULL REFERENCES tenancy.tenants ON DELETE CASCADE,
  user_id tenancy.user_id NOT NULL,
  permission tenancy.permission NOT NULL,
  effect text NOT NULL DEFAULT 'allow' CHECK (effect IN ('allow', 'deny')),
  expires_at timestamptz,
  reason text,
  created_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (tenant_id, user_id, permission, effect)
);
COMMENT ON TABLE tenancy.user_permissions IS
  'Single permissions of a user, granted or denied beside their roles, for a time or for good.';
COMMENT ON COLUMN tenancy.user_permissions.tenant_id IS 'The tenant.';
COMMENT ON COLUMN tenancy.user_permissions.user_id IS 'The user inside the tenant, member or not.';
COMMENT ON COLUMN tenancy.user_permissions.permission IS 'A pattern of permissions.';
COMMENT ON COLUMN tenancy.user_permissions.effect IS 'allow or deny; a denial wins over every grant.';
COMMENT ON COLUMN tenancy.user_permissions.expires_at IS 'From when on it counts no more; NULL: for good.';
COMMENT ON COLUMN tenancy.user_permissions.reason IS 'Why, for people.';
COMMENT ON COLUMN tenancy.user_permissions.created_at IS 'When it was given.';

CREATE TABLE tenancy.tools (
  name text COLLATE "C" PRIMARY KEY CHECK (name <> ''),
  description text,
  required_permission tenancy.permission NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenancy.tools IS
  'The tools that agents may be offered, and what a caller needs to use each: tenancy.allowed_tools() lists theirs.';
COMMENT ON COLUMN tenancy.tools.name IS 'Its name, as the model calls it.';
COMMENT ON COLUMN tenancy.tools.description IS 'What it does, for the model.';
COMMENT ON COLUMN tenancy.tools.required_permission IS 'What the caller must be permitted, as in tool:search:use.';
COMMENT ON COLUMN tenancy.tools.created_at IS 'When it was registered.';

DO $$
DECLARE
  rel text;
BEGIN
  FOREACH rel IN ARRAY ARRAY['tiers', 'tier_permissions', 'roles', 'role_permissions', 'members',
                             'user_permissions', 'tools'] LOOP
    EXECUTE format('CREATE TRIGGER authorization_changed'
                   ' AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tenancy.%I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION tenancy.authorization_changed()', rel);
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ALWAYS TRIGGER authorization_changed', rel);
    EXECUTE format('REVOKE ALL ON tenancy.%I FROM PUBLIC', rel);
    PERFORM pg_extension_config_dump(format('tenancy.%I', rel), '');
  END LOOP;
END
$$;
