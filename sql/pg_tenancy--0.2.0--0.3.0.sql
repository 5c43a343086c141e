\echo Use "ALTER EXTENSION pg_tenancy UPDATE" to load this file. \quit

-- What 0.3.0 changes in objects of 0.2.0.

-- Tenants have more to them, and issuers may ask for membership.
ALTER TABLE tenancy.tenants
  DROP CONSTRAINT tenants_status_check,
  ADD CONSTRAINT tenants_status_check CHECK (status IN ('active', 'suspended', 'closed')),
  ADD COLUMN tier text COLLATE "C",
  ADD COLUMN parent tenancy.tenant_id CHECK (parent <> tenant_id)
    REFERENCES tenancy.tenants ON UPDATE CASCADE,
  ADD COLUMN display_name text,
  ADD COLUMN settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
  ADD COLUMN tokens_valid_after timestamptz;
COMMENT ON TABLE tenancy.tenants IS
  'The registered tenants. Issuers with tenants => ''registered'' speak for these only; a suspended or closed tenant is refused (TN005) whoever speaks for it.';
COMMENT ON COLUMN tenancy.tenants.status IS
  'active, suspended or closed; a change reaches running sessions at their next statement.';
COMMENT ON COLUMN tenancy.tenants.tier IS
  'Its subscription tier; NULL: the tier that the credential names, else the default tier.';
COMMENT ON COLUMN tenancy.tenants.parent IS
  'The tenant it belongs to, for the record: a parent sees nothing of its children by it.';
COMMENT ON COLUMN tenancy.tenants.display_name IS 'A name for people.';
COMMENT ON COLUMN tenancy.tenants.settings IS 'A JSON object for the application; the extension reads nothing in it.';
COMMENT ON COLUMN tenancy.tenants.tokens_valid_after IS
  'Tokens issued in this second or before are refused (TN005), as are those without iat; NULL: no such limit.';
ALTER TABLE tenancy.issuers
  DROP CONSTRAINT issuers_membership_check,
  ADD CONSTRAINT issuers_membership_check CHECK (membership IN ('claims', 'required'));
COMMENT ON COLUMN tenancy.issuers.membership IS 'claims: the token alone says who may enter a tenant; required: the user must be an active row of tenancy.members too.';
COMMENT ON COLUMN tenancy.issuers.jwks_uri IS
  'Where the issuer publishes its keys. Kept for the record only: nothing fetches it, store the keys with tenancy.set_jwks.';
COMMENT ON FUNCTION tenancy.add_issuer IS
$$Believe the tokens of an issuer (iss). For administrators; reaches running sessions at their next use.
audience: one of these must be in aud; '{}' only together with authorized_parties (azp, else client_id) or required_claims (contained in the claims).
preset: a provider of tenancy.issuer_presets() whose claim names become the defaults.
jwks: the JWK Set; jwks_uri: kept for the record, nothing fetches it. algorithms: which of the keys' to accept.
Claim paths: a claim's name, or names joined by dots (app_metadata.tenant_id); names may contain dots and slashes themselves. A path that can be read in two ways in one token refuses it; so does one that is not exactly one string. Roles and permissions also accept arrays, space-separated strings and nested objects; permissions that do not parse are ignored.
permissions_claim: NULL = tokens do not bound permissions; with it, a token without the claim has none. permission_prefix: only permissions that start with it count, without it.
agent_claim: NULL = act.sub, then azp. tenants_claim: an array, the tenants to pick from when entering.
tenant_id: speaks for this tenant only. tenants: open, registered (tenancy.tenants) or listed (tenancy.issuer_tenants). tenant_lookup: claim, or alias (tenancy.tenant_aliases). membership: claims, or required: the user (user_prefix included) must be an active row of tenancy.members, and may enter any tenant where they are one.
user_prefix: put before the user claim, keeps equal subjects of two issuers apart. leeway: 0 to 5 min for exp, nbf and iat.
Errors: 22023 an argument or a key is refused, the DETAIL names it; 42710 the issuer exists.$$;
COMMENT ON FUNCTION tenancy.verify_jwt(text) IS
  'The claims of a token that would enter this database, verified against its configured issuers; does not enter. Errors: TN002 malformed, unknown issuer or key, bad signature, wrong audience or tenant; TN004 expired or not yet valid; TN005 suspended tenant or user, or issued before their tokens_valid_after; 22P05 claims that the database''s encoding cannot hold.';

-- tenancy.operators says who may issue tokens, not the right to call the function.
CREATE OR REPLACE FUNCTION tenancy.issue_token(
    tenant_id tenancy.tenant_id, user_id tenancy.user_id DEFAULT NULL, roles text[] DEFAULT '{}',
    permissions tenancy.permission[] DEFAULT NULL, ttl interval DEFAULT '15 min',
    claims jsonb DEFAULT '{}')
  RETURNS text LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_issue_token';
COMMENT ON FUNCTION tenancy.issue_token IS
$$A token of this database's own issuer (ES256), to enter with. For superusers, and for roles within their entry in tenancy.operators.
tenant_id: the tenant; user_id: NULL = a job without a user; roles; permissions: NULL = those of the entry, not bounded where it is not, '{}' = none; ttl: 1 s to 24 h, and to the entry's max_ttl; claims: further claims, not the reserved ones.
The key is made on first use. A token whose transaction rolls back may name a key that does not exist.
Errors: 22023 an argument is refused; 42501 no entry of the caller covers the tenant, the ttl and the permissions; TN010 inside an identity, but for superusers; 25006 where the key has to be made and nothing can be written.$$;
GRANT EXECUTE ON FUNCTION tenancy.issue_token TO PUBLIC;
DROP FUNCTION tenancy.sign_claims(jsonb);
-- Which denials stop a permission that is asked for: those that share one with it.
CREATE FUNCTION tenancy.permission_overlaps(a tenancy.permission, b tenancy.permission)
  RETURNS boolean LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF
  AS 'MODULE_PATHNAME', 'tenancy_permission_overlaps';
COMMENT ON FUNCTION tenancy.permission_overlaps(tenancy.permission, tenancy.permission) IS
  'implementation of &&: whether some permission is allowed by both patterns';
CREATE OPERATOR pg_catalog.&& (
  LEFTARG = tenancy.permission, RIGHTARG = tenancy.permission,
  FUNCTION = tenancy.permission_overlaps, COMMUTATOR = OPERATOR(pg_catalog.&&),
  RESTRICT = contsel, JOIN = contjoinsel);
COMMENT ON OPERATOR pg_catalog.&& (tenancy.permission, tenancy.permission) IS 'overlaps';

-- Roles and tiers come from the tables too.
COMMENT ON COLUMN tenancy.identity.roles IS
  'the roles the credential names and, for a member, those of tenancy.members; empty when none';
COMMENT ON COLUMN tenancy.identity.tier IS
  'the subscription tier that counts: the tenant''s, else the credential''s, else the default one';
COMMENT ON FUNCTION tenancy.current_roles() IS
'The roles that the credential gives and those of the member, possibly none, without what they
inherit. Errors: as current_tenant_id().';

-- Entering for a route.
COMMENT ON FUNCTION tenancy.login(text, tenancy.tenant_id, text, text, boolean) IS
'Enters with a token: verifies it and makes its identity the current one. Call it with a bind
parameter, so that the token is in no statement text.
Arguments: token, with or without a leading "Bearer "; tenant_id and agent, which only narrow what
the token says; route, the request''s host and path as in resolve_route(), whose tenant the token
must open: before anything else is looked at; local, true until the transaction ends, false until
the session ends (of use under tenancy.scope = session).
Result: the identity.
Errors: TN002 credential refused, TN003 the route is malformed, unknown or of another tenant than
credential and tenant_id, TN004 expired or not yet valid, TN005 revoked or suspended, TN008 not
entitled to the agent, TN010 something was left behind in the session, TN011 second identity in one
transaction, 22023 not the name of an agent.';
-- A tenant's administrators change the other columns, which trust does not read.
DROP TRIGGER trust_changed ON tenancy.tenants;
CREATE TRIGGER trust_changed
  AFTER INSERT OR UPDATE OF tenant_id, status, created_at, tier, parent, tokens_valid_after
  OR DELETE OR TRUNCATE ON tenancy.tenants
  FOR EACH STATEMENT EXECUTE FUNCTION tenancy.trust_changed();
ALTER TABLE tenancy.tenants ENABLE ALWAYS TRIGGER trust_changed;
-- Rows by permission.
CREATE OR REPLACE VIEW tenancy.protected_tables AS
SELECT c.oid::regclass AS relation,
       i.tenant_column,
       i.user_column,
       CASE WHEN i.user_column IS NULL THEN 'tenant' ELSE 'user' END AS isolate_by,
       t.atttypid::regtype AS tenant_column_type,
       EXISTS (SELECT FROM pg_catalog.pg_policy a
               WHERE a.polrelid = c.oid AND a.polname = 'tenancy_access') AS has_access_policy,
       c.relforcerowsecurity AS forced,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       m.write_permission,
       m.read_all_permission
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
CROSS JOIN LATERAL tenancy.isolation_columns(c.oid) AS i
JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attname = i.tenant_column
CROSS JOIN LATERAL ( -- all three that ask for the same, or none: less than that protects nothing
  SELECT CASE WHEN pg_catalog.count(*) FILTER (WHERE w.writes) = 3
               AND pg_catalog.min(w.asks) FILTER (WHERE w.writes) = pg_catalog.max(w.asks) FILTER (WHERE w.writes)
              THEN pg_catalog.min(w.asks) FILTER (WHERE w.writes) END::tenancy.permission AS write_permission,
         pg_catalog.min(w.asks) FILTER (WHERE NOT w.writes)::tenancy.permission AS read_all_permission
  FROM (
    SELECT f.proname = 'require' AS writes,
           pg_catalog.substring(
             pg_catalog.pg_get_expr(coalesce(a.polqual, a.polwithcheck), a.polrelid),
             '(?:require|can)\(''([A-Za-z0-9_.:*-]+)''::(?:tenancy\.)?permission\)\)?$') AS asks
    FROM pg_catalog.pg_policy a
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = a.oid
     AND d.refclassid = 'pg_catalog.pg_proc'::regclass
    JOIN pg_catalog.pg_proc f ON f.oid = d.refobjid AND f.pronamespace = 'tenancy'::regnamespace
    WHERE a.polrelid = c.oid AND (
      f.proname = 'can' AND a.polname = 'tenancy_read_all' AND a.polpermissive
      OR f.proname = 'require' AND NOT a.polpermissive
         AND a.polname IN ('tenancy_write_insert', 'tenancy_write_update', 'tenancy_write_delete'))
  ) w
) m
WHERE p.polname = 'tenancy_floor' AND NOT p.polpermissive AND i.tenant_column IS NOT NULL;
COMMENT ON VIEW tenancy.protected_tables IS
'The tables that are protected, computed from their policies: relation, tenant column and its type, user column (NULL: isolated by tenant), whether access is ours (false: the table kept policies of its own), whether row security is forced on the owner too, owner, and the permissions that it takes to write and to read the rows of all users of the own tenant.';
COMMENT ON COLUMN tenancy.protected_tables.write_permission IS 'Permission that it takes to write to it; NULL: none';
COMMENT ON COLUMN tenancy.protected_tables.read_all_permission IS 'Permission that opens the rows of all users of the own tenant for reading; NULL: none does';
COMMENT ON FUNCTION tenancy.protect(regclass, text, name, name, regtype, tenancy.tenant_id, text,
  text, tenancy.permission, tenancy.permission, boolean) IS
'Isolates a table by tenant, or by tenant and user (isolate_by tenant|user), and returns the DDL as run, with remarks as SQL comments; nothing when it is protected already. Its partitions at every level and its children by inheritance are protected with it; a partition or child of a protected table is isolated as its parent is. Columns are found by name, else by type, else added with tenant_column_type; rows without a tenant get backfill_tenant, or what the expression backfill_using over the row gives. existing_policies: refuse | keep (floor only) | replace. write_permission: inserting, updating, deleting and locking rows then takes this permission (TN008); read_all_permission: whoever holds it reads the rows of all users of the own tenant, and writes none of them (22023 unless isolated by user with our access policy). Not given, they stay as they are. Views of the same owner over it become security_invoker where that takes nothing from their users; others keep USAGE alone on its sequences. dry_run changes nothing. Errors: 42501 not the owner (of the whole tree), 0A000 not supported (with the way out), 55000 policies of its own or another isolation, 2BP01 objects depend on its keys, 23502 rows without a tenant or user, 22023 bad argument, 25000 not READ COMMITTED, TN010 inside an identity. Locks the table, its partitions and children ACCESS EXCLUSIVE until the transaction ends.';
COMMENT ON FUNCTION tenancy.unprotect(regclass, boolean, regtype, boolean) IS
'Takes the protection off a table, its partitions and children, and returns the DDL as run: its policies, defaults of the isolation columns and FORCE go, also where FORCE was there before; row security is disabled unless the table has policies of its own or kept its access rules. The isolation columns stay, with type convert_columns if given. restore_keys takes them out of the front of keys and of the foreign keys to this table. What protect() did to views, sequences and grants stays. Errors: 42501 not the owner, 55000 not protected, or part of a protected table, 23505 keys would collide (with their count), 23P01 exclusion constraints would, 2BP01 objects or foreign keys depend on keys or columns, TN010 inside an identity.';
COMMENT ON FUNCTION tenancy.protect_langgraph(regnamespace, text, text, name, name, regtype,
  tenancy.tenant_id, text, text, tenancy.permission, tenancy.permission, boolean) IS
'Protects what the LangGraph savers and stores (JavaScript and Python) keep in the schema: checkpoints, checkpoint_blobs and checkpoint_writes by isolate_by, store and store_vectors by store_isolate_by. read_all_permission goes to those that are isolated by user. The *_migrations tables hold version numbers only; they stay readable and become writable by their owner alone. Other arguments, result and errors as for tenancy.protect; 42P01 when the schema holds none of these tables.';

-- The audit knows the policies that ask for permissions; the pages follow.
DROP FUNCTION tenancy.audit_policies(oid[]), tenancy.audit_tables(oid[]);

-- The audit looks at the tables of permissions.
COMMENT ON TYPE tenancy.finding IS
'One line of tenancy.audit(): severity critical|high|medium|low, class isolation|performance|environment|authorization, stable code of the rule, the object, what is wrong with it, and the SQL that closes it.';
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
-- What the caller may do, decided from the tables of 50_authorization.sql.

CREATE FUNCTION tenancy.can(permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can';
COMMENT ON FUNCTION tenancy.can(tenancy.permission) IS
'Whether the caller may do everything that the pattern permission stands for: some grant covers it,
the tenant''s tier covers it, the credential''s bound covers it, and no denial shares a permission
with it. NULL for NULL. Without identity: an error, or false where tenancy.on_missing_identity is
empty. Errors: TN001 no identity, TN002 no longer proven, TN004 expired, TN005 revoked or suspended,
TN009 the identity changed in the middle of the statement.';

CREATE FUNCTION tenancy.can_all(permissions tenancy.permission[]) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can_all';
COMMENT ON FUNCTION tenancy.can_all(tenancy.permission[]) IS
'Whether can() is true of each of permissions; of none of them when there are none.
Errors: as can(), and 22023 where one is NULL.';

CREATE FUNCTION tenancy.require(permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_require';
COMMENT ON FUNCTION tenancy.require(tenancy.permission) IS
'True, or an error where can(permission) is not true. Errors: TN008 with the missing permission in
the DETAIL, 22023 for NULL, TN001 without identity whatever tenancy.on_missing_identity says,
others as can().';

CREATE FUNCTION tenancy.explain_permission(permission tenancy.permission,
    OUT source text, OUT effect text, OUT pattern tenancy.permission, OUT decides boolean)
  RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_explain_permission';
COMMENT ON FUNCTION tenancy.explain_permission(tenancy.permission) IS
'Why can(permission) is true or false: each denial, grant and bound that has to do with it. source is
role X, role X (inherited by Y), user permission, tier X, no tier, credential, default or no
identity; effect is allow or deny; pattern is NULL where something is missing; decides is true in
exactly one row, whose effect is the answer. Errors: as can().';

CREATE FUNCTION tenancy.can_as(tenant_id tenancy.tenant_id, user_id tenancy.user_id,
                               permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can_as';
COMMENT ON FUNCTION tenancy.can_as(tenancy.tenant_id, tenancy.user_id, tenancy.permission) IS
'Whether the user of the tenant may do it by the tables alone, without what a credential adds or
bounds; false for suspended users and tenants. For administrators. Inside an identity: of the own
tenant only, and with the permission tenancy:members:read. Errors: TN008; NULL for NULL.';
REVOKE ALL ON FUNCTION tenancy.can_as(tenancy.tenant_id, tenancy.user_id, tenancy.permission)
  FROM PUBLIC;

-- The first condition asks for an identity where no tool is registered, too.
CREATE FUNCTION tenancy.allowed_tools() RETURNS SETOF tenancy.tools
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
  SELECT tool.* FROM tenancy.tools tool
   WHERE tenancy.current_tenant_id() IS NOT NULL AND tenancy.can(tool.required_permission)
   ORDER BY tool.name
$$;
COMMENT ON FUNCTION tenancy.allowed_tools() IS
'The registered tools that the caller may use, by name: those whose required_permission can() allows.
Errors: as can().';
-- Administration of a tenant by its own people: who sees and changes which rows of the authorization
-- tables. What may become of these rows is the business of 52_grant_rule.sql.

-- What people outside this extension may do with these tables, at most. Whoever row security binds
-- also needs the permission of the statement's trigger below, whatever rows are meant.
GRANT SELECT ON tenancy.tenants, tenancy.members, tenancy.roles, tenancy.role_permissions,
  tenancy.user_permissions TO PUBLIC;
GRANT UPDATE (display_name, settings) ON tenancy.tenants TO PUBLIC;
GRANT INSERT (tenant_id, user_id, roles, status, tokens_valid_after),
  UPDATE (roles, status, tokens_valid_after), DELETE ON tenancy.members TO PUBLIC;
GRANT INSERT (tenant_id, user_id, permission, effect, expires_at, reason),
  UPDATE (expires_at, reason), DELETE ON tenancy.user_permissions TO PUBLIC;
GRANT INSERT (tenant_id, role, inherits, description), UPDATE (inherits, description), DELETE
  ON tenancy.roles TO PUBLIC;
GRANT INSERT (tenant_id, role, permission, effect), DELETE ON tenancy.role_permissions TO PUBLIC;

ALTER TABLE tenancy.tenants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON tenancy.tenants FOR SELECT
  USING (tenant_id = tenancy.current_tenant_id());
CREATE POLICY administrators ON tenancy.tenants FOR UPDATE
  USING (tenant_id = tenancy.current_tenant_id() AND tenancy.can('tenancy:tenant:write'));

DO $$
DECLARE
  rel text;
BEGIN
  FOREACH rel IN ARRAY ARRAY['members', 'user_permissions'] LOOP
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ROW LEVEL SECURITY', rel);
    EXECUTE format('CREATE POLICY own ON tenancy.%I FOR SELECT'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND (user_id = (SELECT (tenancy.whoami()).user_id)'
                   ' OR tenancy.can(''tenancy:members:read'')))', rel);
    EXECUTE format('CREATE POLICY administrators ON tenancy.%I'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND tenancy.can(''tenancy:members:write''))', rel);
  END LOOP;
  FOREACH rel IN ARRAY ARRAY['roles', 'role_permissions'] LOOP
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ROW LEVEL SECURITY', rel);
    EXECUTE format('CREATE POLICY own_and_global ON tenancy.%I FOR SELECT'
                   ' USING (tenancy.current_tenant_id() IS NOT NULL'
                   ' AND scope IN ('''', tenancy.current_tenant_text()))', rel);
    EXECUTE format('CREATE POLICY administrators ON tenancy.%I'
                   ' USING (tenant_id = tenancy.current_tenant_id()'
                   ' AND tenancy.can(''tenancy:roles:write''))', rel);
  END LOOP;
END
$$;

-- Statements: before a row is looked at, so that nobody without the permission moves the version
-- of the tables, which every session follows, by changing no row.
CREATE FUNCTION tenancy.authorize_change() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF TG_OP = 'TRUNCATE' THEN
    IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
      RAISE 'TRUNCATE of % is refused inside an identity', TG_RELID::regclass
        USING ERRCODE = 'TN010', DETAIL = 'It holds rows of all tenants.',
        HINT = 'Leave first: SELECT tenancy.logout().';
    END IF;
  ELSIF row_security_active(TG_RELID) THEN
    PERFORM tenancy.require(TG_ARGV[0]::tenancy.permission);
  END IF;
  RETURN NULL;
END
$$;
COMMENT ON FUNCTION tenancy.authorize_change() IS
  'Statement trigger of the authorization tables: whoever row security binds needs the permission in its argument (TN008; TN001 without identity); nobody empties them inside an identity (TN010).';

REVOKE ALL ON FUNCTION tenancy.authorize_change() FROM PUBLIC;

-- Functions for those who run the whole: EXECUTE is for whom it is granted to, as a role for
-- sign-ups. The tables' triggers see to the rules, whoever calls.
CREATE FUNCTION tenancy.create_tenant(tenant_id tenancy.tenant_id, display_name text DEFAULT NULL,
    tier text DEFAULT NULL, owner_user_id tenancy.user_id DEFAULT NULL,
    owner_roles text[] DEFAULT '{owner}')
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_outside('tenancy.create_tenant()');
  IF tenant_id IS NULL OR (owner_user_id IS NOT NULL AND owner_roles IS NULL) THEN
    RAISE '% is missing', CASE WHEN tenant_id IS NULL THEN 'tenant_id' ELSE 'owner_roles' END
      USING ERRCODE = '22023', DETAIL = 'It cannot be NULL.';
  END IF;
  IF tier IS NOT NULL AND NOT EXISTS (SELECT FROM tenancy.tiers t WHERE t.tier = create_tenant.tier) THEN
    RAISE 'tier does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tiers has no such row.', HINT = 'Insert it first.';
  END IF;
  INSERT INTO tenancy.tenants (tenant_id, display_name, tier)
    VALUES (create_tenant.tenant_id, create_tenant.display_name, create_tenant.tier)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE 'tenant exists already' USING ERRCODE = '42710',
      DETAIL = 'tenancy.tenants has a row of that tenant.', HINT = 'Choose another tenant_id.';
  END IF;
  IF owner_user_id IS NOT NULL THEN
    PERFORM tenancy.add_member(tenant_id, owner_user_id, owner_roles);
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.create_tenant(tenancy.tenant_id, text, text, tenancy.user_id, text[]) IS
'Registers a tenant. Arguments: its id, a name for people, its tier (NULL: the credential''s or the
default one), and its first member with their roles, which must be there: the role of all tenants
"owner", which you make, where nothing else is said.
Errors: 42710 exists, 42704 no such tier or role, 22023 NULL, TN010 inside an identity.';

CREATE FUNCTION tenancy.set_tenant_status(tenant_id tenancy.tenant_id, status text)
  RETURNS void LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text;
BEGIN
  PERFORM tenancy.demand_outside('changing the status of a tenant');
  SELECT t.status INTO was FROM tenancy.tenants t
    WHERE t.tenant_id = set_tenant_status.tenant_id FOR UPDATE;
  IF NOT FOUND THEN
    RAISE 'tenant does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tenants has no row of that tenant.', HINT = 'Register it: tenancy.create_tenant().';
  ELSIF was = 'closed' AND status <> 'closed' THEN
    RAISE 'tenant is closed' USING ERRCODE = '55000',
      DETAIL = 'A closed tenant stays closed.', HINT = 'Create another tenant.';
  ELSIF was <> status THEN
    UPDATE tenancy.tenants t SET status = set_tenant_status.status
      WHERE t.tenant_id = set_tenant_status.tenant_id;
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.set_tenant_status(tenancy.tenant_id, text) IS
'What suspend_tenant(), resume_tenant() and close_tenant() share.';

CREATE FUNCTION tenancy.suspend_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'suspended') $$;
COMMENT ON FUNCTION tenancy.suspend_tenant(tenancy.tenant_id) IS
'Shuts a tenant out, running sessions at their next statement, until resume_tenant().
Errors: 42704 no such tenant, 55000 closed, TN010 inside an identity.';
CREATE FUNCTION tenancy.resume_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'active') $$;
COMMENT ON FUNCTION tenancy.resume_tenant(tenancy.tenant_id) IS
'Lets a suspended tenant in again.
Errors: 42704 no such tenant, 55000 closed, TN010 inside an identity.';
CREATE FUNCTION tenancy.close_tenant(tenant_id tenancy.tenant_id) RETURNS void
  LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
  AS $$ SELECT tenancy.set_tenant_status(tenant_id, 'closed') $$;
COMMENT ON FUNCTION tenancy.close_tenant(tenancy.tenant_id) IS
'Shuts a tenant out for good. Its rows stay until you delete them.
Errors: 42704 no such tenant, TN010 inside an identity.';

CREATE FUNCTION tenancy.add_member(tenant_id tenancy.tenant_id, user_id tenancy.user_id,
    roles text[] DEFAULT '{}')
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_administrator(tenant_id);
  IF tenant_id IS NULL OR user_id IS NULL OR roles IS NULL OR array_position(roles, NULL) IS NOT NULL THEN
    RAISE 'tenant_id, user_id or roles is missing' USING ERRCODE = '22023',
      DETAIL = 'None of them can be NULL, nor can a role.';
  ELSIF NOT EXISTS (SELECT FROM tenancy.tenants t WHERE t.tenant_id = add_member.tenant_id) THEN
    RAISE 'tenant does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.tenants has no row of that tenant.', HINT = 'Register it: tenancy.create_tenant().';
  END IF;
  PERFORM tenancy.known_roles(tenant_id, roles);
  INSERT INTO tenancy.members (tenant_id, user_id, roles)
    VALUES (add_member.tenant_id, add_member.user_id, add_member.roles) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE 'member exists already' USING ERRCODE = '42710',
      DETAIL = 'tenancy.members has a row of that user.', HINT = 'UPDATE its roles instead.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.add_member(tenancy.tenant_id, tenancy.user_id, text[]) IS
'Makes a user a member of a tenant. Inside an identity: of the own tenant, with the permission
tenancy:members:write and roles that the caller may give.
Errors: 42710 exists, 42704 no such tenant or role, 22023 NULL, TN003 another tenant, TN008 not
permitted.';

CREATE FUNCTION tenancy.remove_member(tenant_id tenancy.tenant_id, user_id tenancy.user_id)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  PERFORM tenancy.demand_administrator(tenant_id);
  IF tenant_id IS NULL OR user_id IS NULL THEN
    RAISE 'tenant_id or user_id is missing' USING ERRCODE = '22023', DETAIL = 'Neither can be NULL.';
  END IF;
  DELETE FROM tenancy.members m
    WHERE (m.tenant_id, m.user_id) = (remove_member.tenant_id, remove_member.user_id);
  IF NOT FOUND THEN
    RAISE 'member does not exist' USING ERRCODE = '42704',
      DETAIL = 'tenancy.members has no row of that user.';
  END IF;
  DELETE FROM tenancy.user_permissions p
    WHERE (p.tenant_id, p.user_id) = (remove_member.tenant_id, remove_member.user_id);
END
$$;
COMMENT ON FUNCTION tenancy.remove_member(tenancy.tenant_id, tenancy.user_id) IS
'Deletes a member and their user_permissions. Whom an issuer with membership => ''claims'' vouches for
still enters: suspend them instead. Inside an identity: of the own tenant, with the permission
tenancy:members:write, and no denial goes with it of what the caller does not hold.
Errors: 42704 no such member, 22023 NULL, TN003 another tenant, TN008 not permitted.';

CREATE FUNCTION tenancy.demand_outside(what text)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    RAISE '% is refused inside an identity', what USING ERRCODE = 'TN010',
      DETAIL = 'An identity acts for one tenant, and does not say whether that may enter.',
      HINT = 'Leave first: SELECT tenancy.logout().';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_outside(text) IS 'Refuses (TN010) what is named, inside an identity.';

CREATE FUNCTION tenancy.demand_administrator(tenant_id tenancy.tenant_id)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    PERFORM tenancy.require('tenancy:members:write');
    PERFORM tenancy.demand_own(tenant_id, tenant_id, 'UPDATE');
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_administrator(tenancy.tenant_id) IS
'Refuses, inside an identity, who may not write the members of that tenant (TN008, TN003).';

REVOKE ALL ON FUNCTION
  tenancy.create_tenant(tenancy.tenant_id, text, text, tenancy.user_id, text[]),
  tenancy.set_tenant_status(tenancy.tenant_id, text), tenancy.suspend_tenant(tenancy.tenant_id),
  tenancy.resume_tenant(tenancy.tenant_id), tenancy.close_tenant(tenancy.tenant_id),
  tenancy.add_member(tenancy.tenant_id, tenancy.user_id, text[]),
  tenancy.remove_member(tenancy.tenant_id, tenancy.user_id), tenancy.demand_outside(text),
  tenancy.demand_administrator(tenancy.tenant_id) FROM PUBLIC;
-- Nobody gives what they do not hold, nor lifts a denial of it: row triggers, which bind everybody
-- who acts inside an identity, superusers and owners of functions too. Outside any identity they
-- look at names of roles alone, so that a dump comes back in whatever order.

CREATE FUNCTION tenancy.reached_roles(tenant_id tenancy.tenant_id, roles text[])
  RETURNS TABLE (scope text, role text)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE reached AS (
    SELECT r.scope, r.role, r.inherits FROM tenancy.roles r
    WHERE r.role = ANY (roles) AND r.scope IN ('', reached_roles.tenant_id::text)
    UNION
    SELECT r.scope, r.role, r.inherits FROM reached
    JOIN tenancy.roles r ON r.role = ANY (reached.inherits) AND r.scope IN ('', reached.scope)
  )
  SELECT reached.scope, reached.role FROM reached
$$;
COMMENT ON FUNCTION tenancy.reached_roles(tenancy.tenant_id, text[]) IS
  'The roles that these names mean in a tenant, and all that they inherit; empty scope: a global role.';

CREATE FUNCTION tenancy.holds(permission tenancy.permission, until timestamptz)
  RETURNS boolean LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH own AS (
    SELECT coalesce(u.expires_at, 'infinity') AS until
    FROM tenancy.user_permissions u, tenancy.whoami() me
    WHERE u.tenant_id = me.tenant_id AND u.user_id = me.user_id AND u.effect = 'allow'
      AND u.permission @> holds.permission
  )
  SELECT tenancy.can(holds.permission) AND (
    NOT EXISTS (SELECT FROM own WHERE own.until < 'infinity')
    OR EXISTS (SELECT FROM own WHERE own.until >= coalesce(holds.until, 'infinity'))
    OR EXISTS (SELECT FROM tenancy.reached_roles(tenancy.current_tenant_id(), tenancy.current_roles())
               JOIN tenancy.role_permissions p USING (scope, role)
               WHERE p.effect = 'allow' AND p.permission @> holds.permission))
$$;
COMMENT ON FUNCTION tenancy.holds(tenancy.permission, timestamptz) IS
  'Whether the caller holds a permission and may give it until then (NULL: for good): what was given to them for a time they give no longer.';

CREATE FUNCTION tenancy.demand_held(permissions tenancy.permission[], what text,
    until timestamptz DEFAULT NULL)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  missing tenancy.permission;
BEGIN
  SELECT p INTO missing FROM unnest(permissions) p WHERE NOT tenancy.holds(p, until) ORDER BY p LIMIT 1;
  IF FOUND THEN
    RAISE 'permission denied: % what the caller does not hold', what
      USING ERRCODE = 'TN008',
      DETAIL = format('It takes %s%s.', missing,
        CASE WHEN tenancy.can(missing) THEN ', held for as long' ELSE '' END),
      HINT = 'Somebody who holds it may; tenancy.explain_permission() says why one does not.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_held(tenancy.permission[], text, timestamptz) IS
  'Refuses (TN008), with the first missing permission in the DETAIL, where the caller does not hold all of these until then (NULL: for good). what: what they are about to do.';

CREATE FUNCTION tenancy.role_patterns(tenant_id tenancy.tenant_id, roles text[], effect text)
  RETURNS tenancy.permission[] LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT array_agg(p.permission) FROM tenancy.reached_roles(role_patterns.tenant_id, roles)
  JOIN tenancy.role_permissions p USING (scope, role) WHERE p.effect = role_patterns.effect
$$;
COMMENT ON FUNCTION tenancy.role_patterns(tenancy.tenant_id, text[], text) IS
  'What these roles of a tenant allow, or deny (effect), with all that they inherit; NULL: nothing.';

CREATE FUNCTION tenancy.known_roles(tenant_id tenancy.tenant_id, roles text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  unknown text;
BEGIN
  SELECT name INTO unknown FROM unnest(roles) name
  WHERE NOT EXISTS (SELECT FROM tenancy.roles r
                    WHERE r.role = name AND r.scope IN ('', known_roles.tenant_id::text))
  ORDER BY name LIMIT 1;
  IF FOUND THEN
    RAISE 'role does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no role "%s", neither of the tenant nor of all tenants.', unknown),
      HINT = 'Insert it into tenancy.roles first.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.known_roles(tenancy.tenant_id, text[]) IS
  'Refuses (42704) names that are roles neither of the tenant nor of all tenants.';

CREATE FUNCTION tenancy.demand_roles(given text[], taken text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  tenant tenancy.tenant_id := tenancy.current_tenant_id();
BEGIN
  PERFORM tenancy.known_roles(tenant, given);
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (given || taken)) THEN
    RAISE 'permission denied: a system role is neither given nor taken inside an identity'
      USING ERRCODE = 'TN008', DETAIL = 'Its row in tenancy.roles has is_system.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  PERFORM tenancy.demand_held(tenancy.role_patterns(tenant, given, 'allow'), 'giving a role with');
  PERFORM tenancy.demand_held(tenancy.role_patterns(tenant, taken, 'deny'),
                              'taking a role away that denies');
END
$$;
COMMENT ON FUNCTION tenancy.demand_roles(text[], text[]) IS
  'Refuses roles that the caller may not give, or take away: unknown ones (42704), system roles, those that allow, or deny, what they do not hold (TN008).';

CREATE FUNCTION tenancy.demand_own(was tenancy.tenant_id, becomes tenancy.tenant_id, op text)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (op <> 'INSERT' AND was IS DISTINCT FROM tenancy.current_tenant_id())
     OR (op <> 'DELETE' AND becomes IS DISTINCT FROM tenancy.current_tenant_id()) THEN
    RAISE 'the row is not one of the caller''s tenant' USING ERRCODE = 'TN003',
      DETAIL = 'An identity changes rows of its own tenant only, and none that all tenants share.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_own(tenancy.tenant_id, tenancy.tenant_id, text) IS
  'Refuses (TN003) a row that is, or would be, of another tenant than the caller''s, or of none.';

CREATE FUNCTION tenancy.demand_forward(was timestamptz, becomes timestamptz)
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF was IS NOT NULL AND coalesce(becomes < was, true) THEN
    RAISE 'permission denied: tokens that were cut off would count again' USING ERRCODE = 'TN008',
      DETAIL = 'tokens_valid_after only moves forward, and stays with its row.',
      HINT = 'Suspend the member instead of deleting the row.';
  END IF;
  -- An issuer's leeway lets in tokens that seem to be of the future.
  IF becomes > clock_timestamp() + interval '10 min' THEN
    RAISE 'permission denied: tokens of the future would be cut off' USING ERRCODE = 'TN008',
      DETAIL = 'tokens_valid_after lies at most ten minutes in the future.',
      HINT = 'Suspend the member instead.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_forward(timestamptz, timestamptz) IS
  'Refuses (TN008) that tokens_valid_after moves backward, into the future, or goes with its row.';

CREATE FUNCTION tenancy.demand_no_system(roles text[])
  RETURNS void LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (roles)) THEN
    RAISE 'permission denied: who has a system role is denied nothing inside an identity'
      USING ERRCODE = 'TN008', DETAIL = 'A denial wins over what the system role gives.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.demand_no_system(text[]) IS
  'Refuses (TN008) where one of the roles is a system role: a denial is about to reach who has them.';

CREATE FUNCTION tenancy.demand_no_system_holder(tenant_id tenancy.tenant_id, role text)
  RETURNS void LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT tenancy.demand_no_system(m.roles) FROM tenancy.members m
  WHERE m.tenant_id = demand_no_system_holder.tenant_id
    AND m.roles && ARRAY(SELECT r.role FROM tenancy.roles r WHERE r.is_system)
    AND EXISTS (SELECT FROM tenancy.reached_roles(m.tenant_id, m.roles) h
                WHERE h.role = demand_no_system_holder.role AND h.scope = m.tenant_id::text)
$$;
COMMENT ON FUNCTION tenancy.demand_no_system_holder(tenancy.tenant_id, text) IS
  'Refuses (TN008) where a member with a system role has this role of the tenant too, by inheritance or not.';

-- One function for each table. They read what the caller may not see: members who hold a role.
CREATE FUNCTION tenancy.check_tenant() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  IF TG_OP <> 'UPDATE' THEN
    RAISE 'tenants are made and deleted outside any identity' USING ERRCODE = 'TN010',
      DETAIL = 'An identity acts for one tenant.', HINT = 'Leave first: SELECT tenancy.logout().';
  END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF (NEW.status, NEW.tier, NEW.parent) IS DISTINCT FROM (OLD.status, OLD.tier, OLD.parent) THEN
    RAISE 'permission denied: a tenant changes neither its status nor its tier nor its parent'
      USING ERRCODE = 'TN008', DETAIL = 'No identity holds what these give.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  PERFORM tenancy.demand_forward(OLD.tokens_valid_after, NEW.tokens_valid_after);
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tenancy.check_tenant() IS
  'Row trigger of tenancy.tenants: inside an identity only the own row changes (TN003), neither its status nor its tier nor its parent (TN008).';

CREATE FUNCTION tenancy.check_member() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text[] := coalesce(OLD.roles, '{}');
  becomes text[] := coalesce(NEW.roles, '{}');
  given text[] := ARRAY(SELECT unnest(becomes) EXCEPT SELECT unnest(was));
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  PERFORM tenancy.demand_roles(given, ARRAY(SELECT unnest(was) EXCEPT SELECT unnest(becomes)));
  IF tenancy.role_patterns(NEW.tenant_id, given, 'deny') IS NOT NULL THEN
    PERFORM tenancy.demand_no_system(becomes);
  END IF;
  IF TG_OP = 'INSERT' THEN
    PERFORM tenancy.demand_forward(NULL, NEW.tokens_valid_after);
    RETURN NEW;
  END IF;
  IF TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id THEN
    RAISE 'permission denied: a member does not become another user' USING ERRCODE = 'TN008',
      DETAIL = 'The row says what one user may.', HINT = 'Insert a row for the other user.';
  END IF;
  PERFORM tenancy.demand_forward(OLD.tokens_valid_after, NEW.tokens_valid_after);
  IF NEW.status IS NOT DISTINCT FROM OLD.status THEN RETURN NEW; END IF;
  -- Suspended, let in again, or deleted: without a row, a user that an issuer vouches for is let in.
  IF EXISTS (SELECT FROM tenancy.roles r WHERE r.is_system AND r.role = ANY (was)) THEN
    RAISE 'permission denied: who has a system role is neither suspended nor let in again'
      USING ERRCODE = 'TN008', DETAIL = 'It would take, or give, the system role.',
      HINT = 'Administrators of the database may, outside any identity.';
  END IF;
  IF OLD.status = 'suspended' THEN
    PERFORM tenancy.demand_held(
      tenancy.role_patterns(OLD.tenant_id, was, 'allow')
        || ARRAY(SELECT u.permission FROM tenancy.user_permissions u
                 WHERE u.tenant_id = OLD.tenant_id AND u.user_id = OLD.user_id
                   AND u.effect = 'allow' AND coalesce(u.expires_at > clock_timestamp(), true)),
      'letting somebody in again who has');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_member() IS
  'Row trigger of tenancy.members: inside an identity only rows of its tenant change (TN003), and nobody gives roles, or takes denials away, that they do not hold (TN008; 42704 unknown roles).';

CREATE FUNCTION tenancy.check_user_permission() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  same boolean := coalesce(NEW.permission = OLD.permission AND NEW.effect = OLD.effect, false);
  was timestamptz := coalesce(OLD.expires_at, 'infinity');
  becomes timestamptz := coalesce(NEW.expires_at, 'infinity');
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF TG_OP = 'UPDATE' AND NEW.user_id <> OLD.user_id THEN
    RAISE 'permission denied: a permission does not pass to another user' USING ERRCODE = 'TN008',
      DETAIL = 'The row says what one user may.', HINT = 'Insert a row for the other user.';
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.effect = 'allow' AND NOT (same AND becomes <= was) THEN
    PERFORM tenancy.demand_held(ARRAY[NEW.permission], 'giving', NEW.expires_at);
  END IF;
  IF TG_OP <> 'DELETE' AND NEW.effect = 'deny' AND NOT (same AND becomes <= was) THEN
    PERFORM tenancy.demand_no_system(m.roles) FROM tenancy.members m
      WHERE m.tenant_id = NEW.tenant_id AND m.user_id = NEW.user_id;
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.effect = 'deny' AND was > clock_timestamp()
     AND NOT (same AND becomes >= was) THEN
    PERFORM tenancy.demand_held(ARRAY[OLD.permission], 'lifting a denial of');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_user_permission() IS
  'Row trigger of tenancy.user_permissions: inside an identity only rows of its tenant change (TN003), and nobody gives, or lifts a denial of, what they do not hold (TN008).';

CREATE FUNCTION tenancy.check_role_permission() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF (tenancy.whoami()).tenant_id IS NULL THEN RETURN coalesce(NEW, OLD); END IF;
  PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
  IF TG_OP <> 'DELETE' AND NEW.effect = 'allow' THEN
    PERFORM tenancy.demand_held(ARRAY[NEW.permission], 'giving a role');
  ELSIF TG_OP <> 'DELETE' THEN
    PERFORM tenancy.demand_no_system_holder(NEW.tenant_id, NEW.role);
  END IF;
  IF TG_OP <> 'INSERT' AND OLD.effect = 'deny' THEN
    PERFORM tenancy.demand_held(ARRAY[OLD.permission], 'lifting a denial of');
  END IF;
  RETURN coalesce(NEW, OLD);
END
$$;
COMMENT ON FUNCTION tenancy.check_role_permission() IS
  'Row trigger of tenancy.role_permissions: inside an identity only rows of its tenant change (TN003), and nobody gives, or lifts a denial of, what they do not hold (TN008).';

CREATE FUNCTION tenancy.check_role() RETURNS trigger
  LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was text[] := coalesce(OLD.inherits, '{}');
  becomes text[] := coalesce(NEW.inherits, '{}');
  given text[] := ARRAY(SELECT unnest(becomes) EXCEPT SELECT unnest(was));
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    PERFORM tenancy.demand_own(OLD.tenant_id, NEW.tenant_id, TG_OP);
    IF TG_OP = 'UPDATE' AND NEW.role <> OLD.role THEN
      RAISE 'permission denied: a role keeps its name' USING ERRCODE = 'TN008',
        DETAIL = 'Those who have it have it by its name.', HINT = 'Insert another role.';
    END IF;
    PERFORM tenancy.demand_roles(given, ARRAY(SELECT unnest(was) EXCEPT SELECT unnest(becomes)));
    IF tenancy.role_patterns(NEW.tenant_id, given, 'deny') IS NOT NULL THEN
      PERFORM tenancy.demand_no_system_holder(NEW.tenant_id, NEW.role);
    END IF;
  END IF;
  IF TG_OP = 'DELETE' THEN
    -- A tenant that is deleted takes its roles and members along.
    IF EXISTS (SELECT FROM tenancy.members m JOIN tenancy.tenants t USING (tenant_id)
               WHERE OLD.role = ANY (m.roles) AND coalesce(m.tenant_id = OLD.tenant_id, true)) THEN
      RAISE 'role "%" is still held by members', OLD.role USING ERRCODE = '23503',
        DETAIL = 'tenancy.members names it in roles.', HINT = 'Take it from them first.';
    END IF;
    RETURN OLD;
  END IF;
  IF TG_OP = 'UPDATE' AND (NEW.tenant_id, NEW.role) IS NOT DISTINCT FROM (OLD.tenant_id, OLD.role) THEN
    RETURN NEW;
  END IF;
  IF (tenancy.whoami()).tenant_id IS NOT NULL
     AND current_setting('transaction_isolation') NOT LIKE 'read%' THEN
    -- An older snapshot does not show a global role of that name that was made meanwhile.
    RAISE 'a role is not made in a % transaction', upper(current_setting('transaction_isolation'))
      USING ERRCODE = '25000', DETAIL = 'It may not see the roles that there are now.',
      HINT = 'Insert it in a READ COMMITTED transaction.';
  END IF;
  IF NEW.tenant_id IS NULL THEN
    -- Nobody makes a role of that name while this waits to be committed.
    LOCK TABLE tenancy.roles IN SHARE ROW EXCLUSIVE MODE;
  END IF;
  IF EXISTS (SELECT FROM tenancy.roles r
             WHERE r.role = NEW.role AND (r.tenant_id IS NULL) <> (NEW.tenant_id IS NULL)) THEN
    RAISE 'role "%" exists already', NEW.role USING ERRCODE = '42710',
      DETAIL = 'No role of a tenant has the name of a role of all tenants.', HINT = 'Choose another name.';
  END IF;
  RETURN NEW;
END
$$;
COMMENT ON FUNCTION tenancy.check_role() IS
  'Row trigger of tenancy.roles: no role of a tenant has the name of a global one (42710), and none goes that members hold (23503). Inside an identity only roles of its tenant change (TN003), new ones are made in READ COMMITTED (25000), and none inherits, or ceases to inherit, what the caller may not give or take (TN008; 42704 unknown roles).';

DO $$
DECLARE
  rel text;
  needed text;
  checked text;
BEGIN
  FOR rel, needed, checked IN VALUES
    ('tenants', 'tenancy:tenant:write', 'check_tenant'),
    ('members', 'tenancy:members:write', 'check_member'),
    ('user_permissions', 'tenancy:members:write', 'check_user_permission'),
    ('roles', 'tenancy:roles:write', 'check_role'),
    ('role_permissions', 'tenancy:roles:write', 'check_role_permission') LOOP
    EXECUTE format('CREATE TRIGGER authorize_change'
                   ' BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON tenancy.%I'
                   ' FOR EACH STATEMENT EXECUTE FUNCTION tenancy.authorize_change(%L)', rel, needed);
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE ON tenancy.%I'
                   ' FOR EACH ROW EXECUTE FUNCTION tenancy.%I()', checked, rel, checked);
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ALWAYS TRIGGER authorize_change,'
                   ' ENABLE ALWAYS TRIGGER %I', rel, checked);
    EXECUTE format('REVOKE ALL ON FUNCTION tenancy.%I() FROM PUBLIC', checked);
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION tenancy.authorize_change(), tenancy.reached_roles(tenancy.tenant_id, text[]),
  tenancy.holds(tenancy.permission, timestamptz),
  tenancy.demand_held(tenancy.permission[], text, timestamptz),
  tenancy.role_patterns(tenancy.tenant_id, text[], text),
  tenancy.known_roles(tenancy.tenant_id, text[]), tenancy.demand_roles(text[], text[]),
  tenancy.demand_own(tenancy.tenant_id, tenancy.tenant_id, text),
  tenancy.demand_no_system(text[]), tenancy.demand_no_system_holder(tenancy.tenant_id, text),
  tenancy.demand_forward(timestamptz, timestamptz) FROM PUBLIC;
-- Who may speak for tenants without being one of their users: jobs, support staff, operators.

-- Read whenever a token is issued and kept nowhere, so that a change needs to tell nobody.
CREATE TABLE tenancy.operators (
  role regrole PRIMARY KEY,
  tenant_ids tenancy.tenant_id[] CHECK (array_position(tenant_ids, NULL) IS NULL),
  permissions tenancy.permission[] CHECK (array_position(permissions, NULL) IS NULL),
  max_ttl interval NOT NULL DEFAULT '15 min' CHECK (max_ttl BETWEEN '1 s' AND '24 h'),
  reason text NOT NULL CHECK (reason <> ''),
  created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE tenancy.operators IS
  'Which roles of the database, superusers aside, may issue tokens and run jobs, for which tenants. An entry is for all roles that have the privileges of its role; one entry has to cover all of a request.';
COMMENT ON COLUMN tenancy.operators.role IS 'The role. An entry of a role that was dropped counts no more, and is not dumped.';
COMMENT ON COLUMN tenancy.operators.tenant_ids IS 'The tenants it may speak for; NULL: all, also those of later.';
COMMENT ON COLUMN tenancy.operators.permissions IS
  'What its tokens may allow at most; NULL: not bounded. A token for which no permissions are asked has these.';
COMMENT ON COLUMN tenancy.operators.max_ttl IS 'How long its tokens live at most, 1 s to 24 h.';
COMMENT ON COLUMN tenancy.operators.reason IS 'What for, for people.';
COMMENT ON COLUMN tenancy.operators.created_at IS 'When it was made.';
REVOKE ALL ON tenancy.operators FROM PUBLIC;
-- The number of a dropped role may be another role's where the dump is restored.
SELECT pg_extension_config_dump('tenancy.operators', 'WHERE role IN (SELECT oid FROM pg_catalog.pg_roles)');

CREATE PROCEDURE tenancy.for_each_tenant(
    command text, tenant_ids tenancy.tenant_id[] DEFAULT NULL, on_error text DEFAULT 'stop')
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_for_each_tenant';
COMMENT ON PROCEDURE tenancy.for_each_tenant IS
$$Runs a command for one tenant after the other, each in a transaction and an identity of its own, as the caller. For roles within their entry in tenancy.operators; not for superusers, whom row security does not bind.
command: SQL, of one or more statements, without BEGIN and COMMIT; results are dropped; tenant_ids: NULL = all active tenants that the caller's entries name, in order; on_error: stop = raise the first error, continue = a warning for each tenant that failed, and an error at the end. What succeeded stays committed.
The identity is a job without a user: its permissions are those of the entry, or * where it is not bounded, and it lasts for the entry's max_ttl.
Errors: 22023 an argument is refused; TN010 inside an identity; 25001 inside a transaction block, a function or an exception block; 42501 no entry of the caller names a tenant, or the caller bypasses row security; 42704 a tenant is not in tenancy.tenants; 2D000 the command begins or ends a transaction; 38000 some tenants failed; TN005 a named tenant is suspended; else what the command raises.$$;
-- Routes: which host names and paths belong to which tenant.

CREATE TABLE tenancy.routes (
  pattern text COLLATE "C" PRIMARY KEY,
  tenant_id tenancy.tenant_id,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT routes_name_their_tenant_once
    CHECK ((tenant_id IS NULL) = (position('{tenant}' IN pattern) > 0))
);
COMMENT ON TABLE tenancy.routes IS
  'Which host names and paths belong to which tenant: tenancy.resolve_route() and login(token, route => route) read it. Each session keeps all rows in memory: use {tenant} where there are many.';
COMMENT ON COLUMN tenancy.routes.pattern IS
  'A host, a path prefix or both, as in acme.example.com, {tenant}.example.com, /t/{tenant}, api.example.com/t/{tenant}: {tenant} may stand for one whole label or segment. Stored in its normal form; 22023 when it has none.';
COMMENT ON COLUMN tenancy.routes.tenant_id IS
  'The tenant of a pattern without {tenant}; NULL for one with it.';
COMMENT ON COLUMN tenancy.routes.created_at IS 'When it was made.';

CREATE FUNCTION tenancy.normalize_route() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_normalize_route';
COMMENT ON FUNCTION tenancy.normalize_route() IS
  'Row trigger of tenancy.routes: puts a pattern into its normal form, or refuses it (22023) with what is wrong.';
REVOKE ALL ON FUNCTION tenancy.normalize_route() FROM PUBLIC;

CREATE TRIGGER normalize_route BEFORE INSERT OR UPDATE ON tenancy.routes
  FOR EACH ROW EXECUTE FUNCTION tenancy.normalize_route();
CREATE TRIGGER authorization_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tenancy.routes
  FOR EACH STATEMENT EXECUTE FUNCTION tenancy.authorization_changed();
ALTER TABLE tenancy.routes ENABLE ALWAYS TRIGGER normalize_route;
ALTER TABLE tenancy.routes ENABLE ALWAYS TRIGGER authorization_changed;
REVOKE ALL ON tenancy.routes FROM PUBLIC;
SELECT pg_extension_config_dump('tenancy.routes', '');

CREATE FUNCTION tenancy.resolve_route(route text) RETURNS tenancy.tenant_id
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_resolve_route';
COMMENT ON FUNCTION tenancy.resolve_route(text) IS
'Which tenant a request is for.
Arguments: route, the request''s host, path or both as they came, not decoded: a scheme, a port, a
query and a fragment do not matter.
Result: the tenant of the best match in tenancy.routes; NULL where none matches.
Errors: 22023 the route is malformed, or could be read in two ways.';

CREATE FUNCTION tenancy.pre_request() RETURNS void
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_pre_request';
COMMENT ON FUNCTION tenancy.pre_request() IS
'PostgREST''s db-pre-request: enters, until the transaction ends, with the bearer token of the
request''s authorization header, which PostgREST passes in the setting request.headers. Nothing
else is read, request.jwt.claims least of all. Without that header it leaves: nobody is calling.
Errors, as the HTTP status that PostgREST answers with: PT401 for a header that is none, and where
login() has TN001, TN002, TN004 or TN005; PT403 for TN003 and TN008; PT429 for TN006 and TN007.
Others as they are: TN010 something was left behind in the session, TN011 second identity in one
transaction.';
-- Audit, group grants: privileges that row security does not look at, and such as let a caller
-- stand in for others. What owners hold on their own is the business of group roles.
CREATE OR REPLACE VIEW tenancy.audit_acls AS
SELECT 'TABLE' AS kind, c.oid, c.oid::regclass::text AS name, c.relnamespace AS schema, c.relkind,
       c.relowner AS owner, x.grantee, x.privilege_type AS privilege, NULL::name AS column_name
FROM pg_catalog.pg_class c
CROSS JOIN pg_catalog.aclexplode(c.relacl) x
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND x.grantee <> c.relowner
UNION ALL
SELECT 'TABLE', c.oid, c.oid::regclass::text, c.relnamespace, c.relkind, c.relowner, x.grantee,
       x.privilege_type, a.attname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
CROSS JOIN pg_catalog.aclexplode(a.attacl) x
WHERE a.attacl IS NOT NULL AND x.grantee <> c.relowner
UNION ALL
SELECT 'SCHEMA', n.oid, n.oid::regnamespace::text, n.oid, NULL, n.nspowner, x.grantee, x.privilege_type, NULL
FROM pg_catalog.pg_namespace n
CROSS JOIN pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) x
WHERE n.nspname !~ '^pg_'
UNION ALL
SELECT 'DATABASE', d.oid, pg_catalog.quote_ident(d.datname), NULL, NULL, d.datdba, x.grantee, x.privilege_type, NULL
FROM pg_catalog.pg_database d
CROSS JOIN pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) x
WHERE d.datname = pg_catalog.current_database();
COMMENT ON VIEW tenancy.audit_acls IS
'Privileges on relations and columns (without their owner''s), schemas and this database, one a row.';
COMMENT ON COLUMN tenancy.audit_acls.kind IS 'TABLE (any relation), SCHEMA or DATABASE';
COMMENT ON COLUMN tenancy.audit_acls.oid IS 'The object';
COMMENT ON COLUMN tenancy.audit_acls.name IS 'Its name, quoted where needed';
COMMENT ON COLUMN tenancy.audit_acls.schema IS 'Its schema; a schema''s is itself';
COMMENT ON COLUMN tenancy.audit_acls.relkind IS 'Of relations, as in pg_class';
COMMENT ON COLUMN tenancy.audit_acls.owner IS 'Its owner';
COMMENT ON COLUMN tenancy.audit_acls.grantee IS 'Who holds the privilege; 0: PUBLIC';
COMMENT ON COLUMN tenancy.audit_acls.privilege IS 'The privilege';
COMMENT ON COLUMN tenancy.audit_acls.column_name IS 'The column it is restricted to';

CREATE OR REPLACE FUNCTION tenancy.audit_grants(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH audited AS MATERIALIZED ( -- what audited roles are, superusers left to group roles
    SELECT DISTINCT m.member_of AS grantee FROM tenancy.audit_membership(roles) m
    LEFT JOIN pg_roles r ON r.oid = m.member_of
    WHERE NOT coalesce(r.rolsuper, false)
  ), acl AS MATERIALIZED (
    SELECT a.*, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS holder
    FROM tenancy.audit_acls a JOIN audited USING (grantee)
  ), rel AS MATERIALIZED (
    SELECT * FROM tenancy.audit_relations
  ), floor AS MATERIALIZED (
    SELECT p.polrelid FROM pg_policy p WHERE p.polname = 'tenancy_floor' AND NOT p.polpermissive
  ), secret AS MATERIALIZED ( -- names that promise a key or a password
    SELECT c.oid FROM pg_class c
    WHERE c.relname ~* '(^|_)(secrets?|credentials?|passwords?|(api|signing|private|encryption|jwt|hmac)_?(keys?|secrets?))($|_)'
    UNION
    SELECT a.attrelid FROM pg_attribute a
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND a.attname ~* '(^|_)(secret|password|passwd|pwd_hash|(api|signing|private|encryption)_?key|private_jwk|(access|refresh)_token)($|_)'
  )
  SELECT k.severity, 'isolation', k.code, r.name,
         format('%s may %s', string_agg(DISTINCT a.holder, ', '), k.finding),
         format('REVOKE %s ON %s FROM %s;', k.privilege, r.name, string_agg(DISTINCT a.holder, ', '))
  FROM (VALUES
    ('grant_truncate', 'high', 'TRUNCATE', 'TRUNCATE the table: the rows of all tenants, row security does not look.'),
    ('grant_references', 'medium', 'REFERENCES', 'refer to the table by foreign keys, which tell what keys other tenants have.'),
    ('grant_trigger', 'critical', 'TRIGGER', 'put triggers on the table, which run in the sessions of other tenants.'),
    ('grant_maintain', 'medium', 'MAINTAIN', 'lock the table against all tenants, rebuild it and set its statistics.')) -- PostgreSQL 17
    AS k (code, severity, privilege, finding)
  JOIN acl a USING (privilege)
  JOIN rel r ON r.rel = a.oid AND r.tenant_data
  WHERE a.kind = 'TABLE'
  GROUP BY k.severity, k.code, k.privilege, k.finding, r.name
  UNION ALL
  SELECT CASE WHEN r.rel IN (SELECT polrelid FROM floor) THEN 'medium' ELSE 'high' END,
         'isolation', 'public_grant', r.name,
         format('Every role of the server has %s on it, those that are made later too.',
                string_agg(DISTINCT a.privilege, ', ')),
         format('REVOKE ALL ON %s FROM PUBLIC;', r.name)
  FROM tenancy.audit_acls a
  JOIN rel r ON r.rel = a.oid AND r.tenant_data
  WHERE a.kind = 'TABLE' AND a.grantee = 0
  GROUP BY r.rel, r.name
  UNION ALL
  SELECT 'high', 'isolation', 'default_privileges',
         concat(d.defaclrole::regrole, ' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace),
         format('Tables that %s makes later are open to %s before anybody protects them.', d.defaclrole::regrole, h.holders),
         format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON TABLES FROM %s;', d.defaclrole::regrole,
                ' IN SCHEMA ' || nullif(d.defaclnamespace, 0)::regnamespace, h.holders)
  FROM pg_default_acl d
  CROSS JOIN LATERAL (
    SELECT string_agg(DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ') AS holders
    FROM aclexplode(d.defaclacl) x JOIN audited USING (grantee)
    WHERE x.grantee <> d.defaclrole) h
  WHERE d.defaclobjtype = 'r' AND h.holders IS NOT NULL
  UNION ALL
  SELECT k.severity, 'isolation', k.code, format('%s %s', a.kind, a.name),
         format(k.finding, string_agg(a.holder, ', ')),
         concat_ws(' ',
           format('REVOKE %s ON %s %s FROM ', a.privilege, a.kind, a.name)
             || string_agg(a.holder, ', ') FILTER (WHERE a.grantee <> a.owner OR a.privilege = 'TEMPORARY') || ';',
           CASE WHEN bool_or(a.grantee = a.owner) AND a.privilege = 'CREATE'
                THEN format('ALTER %s %s OWNER TO <role that cannot log in>;', a.kind, a.name) END)
  FROM (VALUES
    ('schema_create', 'high', 'SCHEMA', 'CREATE', '%s may create functions, operators and tables there that others run or use in place of theirs.'),
    ('database_create', 'medium', 'DATABASE', 'CREATE', '%s may create schemas, and with them what others run or use in place of theirs.'),
    ('database_temporary', 'medium', 'DATABASE', 'TEMPORARY', '%s may create temporary tables, which stand before the real ones and stay in a pooled session.'))
    AS k (code, severity, kind, privilege, finding)
  JOIN acl a USING (kind, privilege)
  WHERE a.name <> 'information_schema'
  GROUP BY k.code, k.severity, k.finding, a.kind, a.name, a.privilege, a.owner
  UNION ALL
  SELECT 'high', 'isolation', 'secret_table_grant', a.name,
         format('Looks like keys or passwords, and is readable by %s.', string_agg(DISTINCT a.holder, ', ')),
         format('REVOKE SELECT ON %s FROM %s;', a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  JOIN secret USING (oid)
  JOIN pg_namespace n ON n.oid = a.schema
  LEFT JOIN pg_class c ON c.oid = a.oid
  WHERE a.kind = 'TABLE' AND a.relkind <> 'S' AND a.privilege = 'SELECT' AND NOT c.relrowsecurity
    AND n.nspname !~ '^(pg_|information_schema$|tenancy$)'
  GROUP BY a.name
  UNION ALL
  SELECT 'critical', 'isolation', 'secret_table_grant', a.name,
         format('A table of this extension, open to %s: it says whom the database believes.', string_agg(DISTINCT a.holder, ', ')),
         format('REVOKE %s ON %s FROM %s;', string_agg(DISTINCT a.privilege || coalesce(' (' || quote_ident(a.column_name) || ')', ''), ', '),
                a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  WHERE a.kind = 'TABLE' AND a.relkind = 'r' AND a.schema = 'tenancy'::regnamespace
    AND NOT EXISTS ( -- what the extension itself granted, under row security
      SELECT FROM pg_init_privs i
      CROSS JOIN aclexplode(i.initprivs) x
      LEFT JOIN pg_attribute t ON t.attrelid = i.objoid AND t.attnum = i.objsubid AND i.objsubid <> 0
      WHERE i.classoid = 'pg_class'::regclass AND i.objoid = a.oid
        AND t.attname IS NOT DISTINCT FROM a.column_name
        AND (x.grantee, x.privilege_type) = (a.grantee, a.privilege))
  GROUP BY a.name
  UNION ALL
  SELECT CASE WHEN p.secured THEN 'critical' ELSE 'high' END, 'isolation', 'secret_table_grant', c.oid::regclass::text,
         'Row security is off on a table of this extension: whoever is granted SELECT, and pg_read_all_data, read all of it.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', c.oid::regclass)
  FROM pg_class c
  CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS secured) p
  WHERE c.relnamespace = 'tenancy'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity
    AND (p.secured OR c.oid IN ('tenancy.issuers'::regclass, 'tenancy.signing_secrets'::regclass))
  UNION ALL
  SELECT 'high', 'isolation', 'admin_function_grant', p.oid::regprocedure::text,
         format('An administrators'' function of this extension that %s may call.', string_agg(g.holder, ', ')),
         format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', p.oid::regprocedure, string_agg(g.holder, ', '))
  FROM pg_proc p
  JOIN pg_init_privs i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
  CROSS JOIN LATERAL (
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS holder
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x JOIN audited USING (grantee)
    WHERE x.grantee <> p.proowner
    EXCEPT
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END FROM aclexplode(i.initprivs) x) g
  WHERE p.pronamespace = 'tenancy'::regnamespace
  GROUP BY p.oid
  UNION ALL
  SELECT 'low', 'isolation', 'sequence_read', a.name,
         format('%s may read or set a sequence of %s: how many rows all tenants wrote.', string_agg(DISTINCT a.holder, ', '), min(r.name)),
         format('REVOKE SELECT, UPDATE ON SEQUENCE %s FROM %s;', a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = a.oid AND d.deptype IN ('a', 'i')
                  AND d.refclassid = 'pg_class'::regclass
  JOIN rel r ON r.rel = d.refobjid AND r.tenant_data
  WHERE a.relkind = 'S' AND a.privilege IN ('SELECT', 'UPDATE')
  GROUP BY a.name
  UNION ALL
  SELECT 'medium', 'isolation', 'isolation_column_update', r.name,
         format('%s may change %I, and no policy of this extension holds: a row may be moved to another tenant.',
                string_agg(DISTINCT a.holder, ', '), r.tenant_like),
         CASE WHEN bool_and(a.column_name IS NOT NULL)
              THEN format('REVOKE UPDATE (%I) ON %s FROM %s;', r.tenant_like, r.name, string_agg(DISTINCT a.holder, ', '))
              ELSE format('REVOKE UPDATE ON %s FROM %s; GRANT UPDATE (%s) ON %1$s TO %2$s;', r.name, string_agg(DISTINCT a.holder, ', '),
                (SELECT string_agg(quote_ident(c.attname), ', ' ORDER BY c.attnum) FROM pg_attribute c
                 WHERE c.attrelid = r.rel AND c.attnum > 0 AND NOT c.attisdropped
                   AND c.attname <> r.tenant_like AND c.attgenerated = '')) END
  FROM acl a
  JOIN rel r ON r.rel = a.oid
  WHERE a.kind = 'TABLE' AND a.privilege = 'UPDATE' AND coalesce(a.column_name = r.tenant_like, r.tenant_like IS NOT NULL)
    AND r.relrowsecurity AND r.rel NOT IN (SELECT polrelid FROM floor)
  GROUP BY r.rel, r.name, r.tenant_like
  UNION ALL
  SELECT 'medium', 'isolation', 'function_not_hardened', string_agg(substr(h.object, 10), ', ' ORDER BY h.object),
         format('PUBLIC may call it: %s.', h.reason), 'SELECT tenancy.harden_database();'
  FROM tenancy.hardening h
  WHERE NOT h.done AND h.object LIKE 'FUNCTION %'
  GROUP BY h.reason
$$;
COMMENT ON FUNCTION tenancy.audit_grants(oid[]) IS
'The part of tenancy.audit() that looks at privileges.';
REVOKE ALL ON FUNCTION tenancy.audit_grants(oid[]) FROM PUBLIC;
-- Audit, group policies: what policies that protect() did not write say, and what the functions do
-- that they call. Below a floor such policies can only narrow, so most rules end there. What stands
-- under our own names is the business of group tables.
CREATE FUNCTION tenancy.audit_policies(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH audited AS MATERIALIZED (
    SELECT DISTINCT m.member_of AS grantee FROM tenancy.audit_membership(roles) m UNION SELECT 0
  ), policy AS MATERIALIZED (
    SELECT p.oid, p.polrelid AS rel, r.name, format('%I ON %s', p.polname, r.name) AS object, p.polname,
           p.polcmd, p.polpermissive, p.polroles, r.tenant_like, r.relrowsecurity,
           p.polroles && ARRAY(SELECT grantee FROM audited) AS applies,
           EXISTS (SELECT FROM pg_policy f WHERE f.polrelid = p.polrelid AND f.polname = 'tenancy_floor'
                   AND NOT f.polpermissive AND f.polcmd = '*' AND f.polroles = '{0}') AS floored,
           e.qual, e.check_, coalesce(e.check_, e.qual) AS effective_check, concat_ws(' ', e.qual, e.check_) AS text,
           w.word, format('(^|[^a-zA-Z0-9_"])%s($|[^a-zA-Z0-9_"])', w.word) AS column_,
           concat('SELECT tenancy.protect(', quote_literal(r.name),
                  CASE WHEN r.tenant_like IS NULL THEN ', backfill_using => <expression that gives the tenant of a row>'
                       WHEN r.tenant_like <> 'tenant_id' THEN ', tenant_column => ' || quote_literal(r.tenant_like) END,
                  ', existing_policies => ') AS protect
    FROM pg_policy p
    JOIN tenancy.audit_relations r ON r.rel = p.polrelid
    CROSS JOIN LATERAL (SELECT pg_get_expr(p.polqual, p.polrelid) AS qual,
                               pg_get_expr(p.polwithcheck, p.polrelid) AS check_) e
    CROSS JOIN LATERAL (SELECT regexp_replace(quote_ident(r.tenant_like), '([^[:alnum:]_])', '\\\1', 'g') AS word) w
    WHERE p.polname NOT IN ('tenancy_floor', 'tenancy_access', 'tenancy_write_insert', 'tenancy_write_update',
                            'tenancy_write_delete', 'tenancy_read_all')
  ), command AS MATERIALIZED ( -- each policy for each command it speaks for, and whether it tells tenants apart
    SELECT p.oid, p.rel, c.cmd, p.polpermissive, p.polroles, p.applies,
           coalesce(CASE c.cmd WHEN 'a' THEN p.effective_check ELSE p.qual END ~ p.column_, false) AS tells
    FROM policy p
    JOIN unnest('{r,a,w,d}'::"char"[]) AS c (cmd) ON p.polcmd IN ('*', c.cmd)
  ), open AS MATERIALIZED ( -- permissive ones that do not, and no restrictive one below that does
    SELECT o.oid, o.rel, o.cmd,
           EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.cmd = o.cmd AND t.tells) AS beside,
           EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.tells) AS elsewhere
    FROM command o
    WHERE o.polpermissive AND o.applies AND NOT o.tells AND o.cmd <> 'a'
      AND NOT EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.cmd = o.cmd AND t.tells
                      AND NOT t.polpermissive AND t.polroles = '{0}')
  ), called AS MATERIALIZED ( -- functions that policies call, not those of PostgreSQL and of extensions
    SELECT d.objid AS policy, f.oid, f.oid::regprocedure::text AS name, f.provolatile, f.proconfig, f.prosqlbody,
           f.pronamespace, l.lanname,
           concat(f.prosrc, CASE WHEN f.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(f.oid) END) AS body
    FROM pg_depend d
    JOIN policy p ON p.oid = d.objid
    JOIN pg_proc f ON f.oid = d.refobjid
    JOIN pg_language l ON l.oid = f.prolang
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_proc'::regclass
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid AND e.deptype = 'e')
  ), body AS MATERIALIZED ( -- what a policy says, itself and in its functions
    SELECT p.oid, p.text AS said, NULL::text AS function FROM policy p
    UNION ALL
    SELECT c.policy, c.body, c.name FROM called c
  ), reads AS ( -- relations that a policy reads, itself and in functions whose body is bound
    SELECT d.objid AS policy, d.refobjid AS rel FROM pg_depend d
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
    UNION
    SELECT c.policy, d.refobjid FROM called c
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
  )
  SELECT 'critical', 'isolation', k.code, p.object,
         format(k.finding, (SELECT string_agg(DISTINCT CASE o.cmd WHEN 'r' THEN 'SELECT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END, ', ')
                            FROM open o WHERE o.oid = p.oid AND (NOT o.beside AND o.elsewhere) = k.gap), p.tenant_like),
         p.protect || '''keep'');'
  FROM policy p
  CROSS JOIN (VALUES
    (false, 'permissive_without_floor', 'Opens rows for %s whatever their %I: permissive policies are joined by OR.'),
    (true, 'command_gap', 'Tenants are told apart for other commands, but for %s by no policy that looks at %I.'))
    AS k (gap, code, finding)
  WHERE p.relrowsecurity AND NOT p.floored AND p.tenant_like IS NOT NULL
    AND EXISTS (SELECT FROM open o WHERE o.oid = p.oid AND (NOT o.beside AND o.elsewhere) = k.gap)
  UNION ALL
  SELECT 'high', 'isolation', 'check_weaker', p.object,
         format('Lets rows be written whatever their %I: into other tenants.', p.tenant_like), p.protect || '''keep'');'
  FROM policy p
  WHERE p.relrowsecurity AND NOT p.floored AND p.applies AND p.polpermissive AND p.polcmd IN ('a', 'w', '*')
    AND p.effective_check !~ p.column_ AND (p.polcmd = 'a' OR p.qual ~ p.column_)
    AND NOT EXISTS (SELECT FROM policy t WHERE t.rel = p.rel AND NOT t.polpermissive AND t.polroles = '{0}'
                    AND t.polcmd = '*' AND t.effective_check ~ t.column_)
  UNION ALL
  SELECT 'critical', 'isolation', 'policy_fails_open', p.object,
         'Is true, or may be, where there is no tenant: COALESCE around the tenant''s column, or IS NULL beside OR.',
         p.protect || '''replace'');'
  FROM policy p
  WHERE p.relrowsecurity AND NOT p.floored AND p.applies AND p.tenant_like IS NOT NULL
    AND (p.text ~ format('COALESCE\(.*[^a-zA-Z0-9_"]%s\)', p.word)
         OR replace(p.qual, format('(%I IS NULL)', p.tenant_like), '') ~ ' IS NULL\).* OR | OR .* IS NULL\)'
         OR p.polcmd NOT IN ('r', 'd') AND p.effective_check LIKE '% OR %'
            AND strpos(p.effective_check, format('(%I IS NULL)', p.tenant_like)) > 0)
  UNION ALL
  SELECT 'high', 'isolation', 'policy_roles', p.object,
         'Tells tenants apart for some roles only: for others, later ones too, it does not hold.',
         format('ALTER POLICY %I ON %s TO PUBLIC;', p.polname, p.name)
  FROM policy p
  WHERE NOT p.floored AND NOT p.polpermissive AND p.text ~ p.column_ AND NOT 0 = ANY (p.polroles)
  UNION ALL
  SELECT CASE WHEN p.floored THEN 'medium' ELSE 'critical' END, 'isolation', 'policy_reads_writable', p.object,
         format('Believes %s, which %s may write.', c.oid::regclass, h.holders),
         format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM %s;', c.oid::regclass, h.holders)
  FROM policy p
  JOIN reads r ON r.policy = p.oid AND r.rel <> p.rel
  JOIN pg_class c ON c.oid = r.rel
  CROSS JOIN LATERAL (
    SELECT string_agg(DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ') AS holders
    FROM (SELECT c.relacl AS acl UNION ALL
          SELECT a.attacl FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) l,
         aclexplode(l.acl) x
    JOIN audited USING (grantee)
    WHERE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') AND x.grantee <> c.relowner) h
  WHERE h.holders IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_policy f WHERE f.polrelid = c.oid AND f.polname = 'tenancy_floor')
  UNION ALL
  SELECT CASE WHEN p.floored THEN 'low' ELSE k.severity END, 'isolation', k.code, p.object,
         concat(k.finding, ' In ' || string_agg(b.function, ', ') || '.'),
         CASE WHEN p.floored
              THEN format('DROP POLICY %I ON %s; -- and write it again without that', p.polname, p.name)
              ELSE p.protect || '''replace'');' END
  FROM (VALUES
    ('policy_pattern_match', 'critical', ' (~~\*?|~\*?|\^@) |\m(starts_with|regexp_(like|match|matches))\(|\mlike\M',
     'Compares by a pattern: one tenant''s name may begin like another''s, or be a pattern.'),
    ('policy_splits_text', 'high', '\m(string_to_array|string_to_table|regexp_split_to_(array|table))\M',
     'Splits a text into tenants: a name with the separator in it is two of them.'),
    ('policy_reads_setting', 'critical', '\m(current_setting|application_name|session_user|inet_client_addr|pg_stat_activity|pg_settings)\M',
     'Believes a setting, or what the client says of itself: whoever may send SQL sets it.'))
    AS k (code, severity, pattern, finding)
  JOIN body b ON b.said ~* k.pattern
  JOIN policy p USING (oid)
  GROUP BY p.oid, p.object, p.floored, p.polname, p.name, p.protect, k.code, k.severity, k.finding
  UNION ALL
  SELECT CASE c.provolatile WHEN 'i' THEN 'critical' ELSE 'medium' END, 'isolation', 'policy_function_volatility', c.name,
         CASE c.provolatile
           WHEN 'i' THEN 'A policy calls it, it depends on the session, and it is marked IMMUTABLE: a plan made for one tenant answers another.'
           ELSE 'A policy calls it for every row, and it may answer differently in mid-statement: it is VOLATILE, which is the default.' END,
         format('ALTER FUNCTION %s STABLE;', c.name)
  FROM called c
  WHERE c.provolatile <> 's'
    AND c.body ~* '\m(current_setting|session_user|current_user|application_name|tenancy\.\w+|from\s+[\w".]+)'
  GROUP BY c.name, c.provolatile
  UNION ALL
  SELECT 'high', 'isolation', 'policy_function_search_path', c.name,
         'A policy calls it, and what its body names is looked up in the caller''s search_path or temporary schema.',
         format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp;', c.name, n.nspname)
  FROM called c
  JOIN pg_namespace n ON n.oid = c.pronamespace
  WHERE c.lanname NOT IN ('c', 'internal') AND c.prosqlbody IS NULL
    AND NOT EXISTS (SELECT FROM unnest(c.proconfig) s WHERE s ~ '^search_path=(.*, *)?"?pg_temp"?$')
  GROUP BY c.name, n.nspname
  UNION ALL
  SELECT 'high', 'isolation', 'leakproof_function', f.oid::regprocedure::text,
         'Marked LEAKPROOF: it is called with the values of rows before a policy hides them.',
         format('ALTER FUNCTION %s NOT LEAKPROOF;', f.oid::regprocedure)
  FROM pg_proc f
  WHERE f.proleakproof AND f.oid >= 16384
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid AND e.deptype = 'e')
  UNION ALL
  SELECT DISTINCT 'critical', 'isolation', 'policies_inert', p.name,
         'It has policies, and row security is off: they do nothing.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', p.name)
  FROM policy p
  WHERE NOT p.relrowsecurity AND NOT p.floored
$$;
COMMENT ON FUNCTION tenancy.audit_policies(oid[]) IS
'The part of tenancy.audit() that looks at policies which protect() did not write, and at the functions that they call.';
REVOKE ALL ON FUNCTION tenancy.audit_policies(oid[]) FROM PUBLIC;
-- Audit, group tables: tables that lost their protection or never had it, and the ways around it
-- through copies, siblings, partitions, keys, foreign keys and triggers.
CREATE FUNCTION tenancy.audit_tables(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH rel AS MATERIALIZED (
    SELECT * FROM tenancy.audit_relations
  ), rights AS MATERIALIZED (
    SELECT r.rel, array_agg(DISTINCT r.privilege) AS privileges,
           string_agg(DISTINCT CASE WHEN r.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END, ', ') AS grantees
    FROM tenancy.audit_rights(roles) r
    WHERE r.grantee NOT IN ('pg_read_all_data'::regrole, 'pg_write_all_data'::regrole) -- a rule of its own
    GROUP BY r.rel
  ), ours AS MATERIALIZED ( -- what protect() wrote, and what it would write
    SELECT p.oid AS policy, p.polrelid AS rel, p.polname, p.polpermissive, p.polcmd, p.polroles,
           pg_get_expr(p.polqual, p.polrelid) AS qual, pg_get_expr(p.polwithcheck, p.polrelid) AS check_
    FROM pg_policy p WHERE p.polname IN ('tenancy_floor', 'tenancy_access')
  ), iso AS MATERIALIZED (
    SELECT r.*, a.rel IS NOT NULL AS has_access, t.attnum AS tenant, t.attname AS tenant_name,
           t.attnotnull AS tenant_not_null, u.attnum AS user_, u.attname AS user_name, u.attnotnull AS user_not_null,
           w.tenant_condition, w.user_condition,
           concat('SELECT tenancy.protect(', quote_literal(r.name),
                  CASE WHEN u.attname IS NOT NULL THEN ', isolate_by => ''user''' END,
                  CASE WHEN t.attname <> 'tenant_id' THEN ', tenant_column => ' || quote_literal(t.attname) END,
                  CASE WHEN u.attname <> 'user_id' THEN ', user_column => ' || quote_literal(u.attname) END,
                  CASE WHEN a.rel IS NULL THEN ', existing_policies => ''keep''' END, ');') AS protect_again
    FROM rel r
    JOIN ours f ON f.rel = r.rel AND f.polname = 'tenancy_floor'
    LEFT JOIN ours a ON a.rel = r.rel AND a.polname = 'tenancy_access'
    CROSS JOIN LATERAL tenancy.isolation_columns(r.rel) i
    LEFT JOIN pg_attribute t ON t.attrelid = r.rel AND t.attname = coalesce(i.tenant_column, r.tenant_like)
    LEFT JOIN pg_attribute u ON u.attrelid = r.rel AND u.attname = i.user_column
    CROSS JOIN LATERAL (
      SELECT max(condition) FILTER (WHERE kind = 'tenant') AS tenant_condition,
             max(condition) FILTER (WHERE kind = 'user') AS user_condition
      FROM (SELECT v.kind, format('(%s = tenancy.current_%s_%s())',
                     CASE v.type WHEN 'varchar'::regtype THEN format('(%I)::text', v.name) ELSE quote_ident(v.name) END, v.kind,
                     CASE WHEN v.type = 'uuid'::regtype THEN 'uuid' WHEN v.type IN ('text'::regtype, 'varchar'::regtype) THEN 'text'
                          WHEN v.type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'bigint' ELSE 'id' END) AS condition
            FROM (VALUES ('tenant', t.attname, t.atttypid), ('user', u.attname, u.atttypid)) v(kind, name, type)
            WHERE v.name IS NOT NULL) c
    ) w
  ), asks AS MATERIALIZED ( -- policies that ask for a permission, and whether they say what protect() writes
    SELECT iso.name, iso.protect_again, p.polname, k.cmd <> 'r' AS writes, m.permission, e.qual, e.check_,
           m.permission IS NOT NULL AND p.polpermissive = (k.cmd = 'r') AND p.polcmd = k.cmd AND p.polroles = '{0}'
           AND (k.cmd <> 'r' OR iso.has_access AND iso.user_ IS NOT NULL)
           AND e.qual IS NOT DISTINCT FROM CASE k.cmd WHEN 'a' THEN NULL WHEN 'r' THEN format('(%s AND %s)', iso.tenant_condition, c.call)
                                                ELSE c.call END
           AND e.check_ IS NOT DISTINCT FROM CASE k.cmd WHEN 'a' THEN c.call WHEN 'w' THEN 'true' END AS sound
    FROM iso
    JOIN pg_policy p ON p.polrelid = iso.rel
    JOIN (VALUES ('tenancy_write_insert', 'a'::"char", 'require'), ('tenancy_write_update', 'w', 'require'),
                 ('tenancy_write_delete', 'd', 'require'), ('tenancy_read_all', 'r', 'can')) k (polname, cmd, function)
      ON k.polname = p.polname
    CROSS JOIN LATERAL (SELECT pg_get_expr(p.polqual, p.polrelid) AS qual, pg_get_expr(p.polwithcheck, p.polrelid) AS check_) e
    CROSS JOIN LATERAL (
      SELECT substring(concat(e.qual, ' ', e.check_),
                       format('tenancy\.%s\(''([A-Za-z0-9_.:*-]+)''::tenancy\.permission\)', k.function)) AS permission) m
    CROSS JOIN LATERAL (SELECT format('tenancy.%s(%L::tenancy.permission)', k.function, m.permission) AS call) c
  ), key AS MATERIALIZED (
    SELECT i.*, x.relname AS index_name, iso.name, iso.tenant_name, iso.relkind, iso.relispartition, iso.protect_again, c.contype, c.conexclop,
           ARRAY(SELECT k FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(k, n) WHERE n <= i.indnkeyatts) AS columns,
           array_remove(ARRAY[iso.tenant, iso.user_], NULL) AS isolation
    FROM iso
    JOIN pg_index i ON i.indrelid = iso.rel
    JOIN pg_class x ON x.oid = i.indexrelid AND NOT x.relispartition
    LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')
    WHERE iso.tenant IS NOT NULL
  ), written AS MATERIALIZED ( -- what the text of a protected table's trigger says it writes
    SELECT iso.name, p.oid::regprocedure AS function,
           CASE WHEN m[1] LIKE '"%' THEN trim('"' FROM m[1]) ELSE lower(m[1]) END AS nspname,
           CASE WHEN m[2] LIKE '"%' THEN trim('"' FROM m[2]) ELSE lower(m[2]) END AS relname
    FROM pg_trigger t
    JOIN iso ON iso.rel = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid
    CROSS JOIN LATERAL regexp_matches(p.prosrc, '\m(?:insert\s+into|merge\s+into|update)\s+(?:only\s+)?(?:("[^"]+"|\w+)\s*\.\s*)?("[^"]+"|\w+)', 'gi') m
    WHERE NOT t.tgisinternal
  )
  SELECT 'critical', 'isolation', 'rls_disabled', iso.name,
         'Row security is off: the policies of this protected table do nothing.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', iso.name)
  FROM iso WHERE NOT iso.relrowsecurity
  UNION ALL
  SELECT CASE WHEN r.relowner IN (SELECT m.member_of FROM tenancy.audit_membership(roles) m) THEN 'critical' ELSE 'high' END,
         'isolation', 'rls_not_forced', r.name,
         format('Row security does not bind the owner %I, nor the views and functions that run with the owner''s rights.', pg_get_userbyid(r.relowner)),
         format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', r.name)
  FROM rel r
  WHERE NOT r.relforcerowsecurity AND (r.relrowsecurity OR r.rel IN (SELECT iso.rel FROM iso))
    AND (r.rel IN (SELECT iso.rel FROM iso)
         OR r.tenant_like IS NOT NULL AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel))
  UNION ALL
  SELECT 'medium', 'isolation', 'floor_missing', r.name,
         'Tenants are kept apart by policies without our floor: any permissive policy that is added opens the table.',
         format('SELECT tenancy.protect(%L, tenant_column => %L, existing_policies => ''keep'');', r.name, r.tenant_like)
  FROM rel r
  WHERE r.relrowsecurity AND r.rel IN (SELECT g.rel FROM rights g) AND r.rel NOT IN (SELECT iso.rel FROM iso)
    AND r.tenant_like IS NOT NULL AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel)
  UNION ALL
  SELECT CASE p.polname WHEN 'tenancy_floor' THEN 'critical' ELSE 'high' END, 'isolation', 'floor_altered', iso.name,
         format('Policy %I does not say what protect() writes; it says %s.', p.polname, coalesce(p.qual, 'nothing')),
         format(E'DROP POLICY %I ON %s;\nCREATE POLICY %1$I ON %2$s AS %s FOR ALL TO PUBLIC\n  USING (%s)\n  WITH CHECK (%s);',
                p.polname, iso.name, w.kind, w.qual, w.check_)
  FROM iso
  JOIN ours p ON p.rel = iso.rel
  CROSS JOIN LATERAL (
    SELECT CASE WHEN iso.user_ IS NULL OR p.polname = 'tenancy_floor' AND iso.has_access THEN iso.tenant_condition
                ELSE format('(%s AND %s)', iso.tenant_condition, iso.user_condition) END AS qual
  ) q
  CROSS JOIN LATERAL (
    SELECT q.qual, CASE p.polname WHEN 'tenancy_floor' THEN 'RESTRICTIVE' ELSE 'PERMISSIVE' END AS kind,
           CASE WHEN p.polname = 'tenancy_floor' THEN q.qual ELSE coalesce(iso.user_condition, 'true') END AS check_
  ) w
  WHERE iso.tenant IS NOT NULL
    AND (p.polpermissive IS DISTINCT FROM (w.kind = 'PERMISSIVE') OR p.polcmd <> '*' OR p.polroles <> '{0}'
         OR p.qual IS DISTINCT FROM w.qual OR p.check_ IS DISTINCT FROM w.check_)
  UNION ALL
  SELECT 'high', 'isolation', 'permission_policy_altered', a.name,
         format('Policy %I does not say what protect() writes; it says %s.', a.polname, concat_ws(', WITH CHECK ', a.qual, a.check_)),
         format(E'DROP POLICY %I ON %s;\n', a.polname, a.name)
         || replace(a.protect_again, ');', format(', %s => %L);', CASE WHEN a.writes THEN 'write' ELSE 'read_all' END || '_permission', a.permission))
  FROM asks a WHERE NOT a.sound
  UNION ALL
  SELECT 'high', 'isolation', 'permission_policy_altered', a.name,
         'Some of INSERT, UPDATE and DELETE take a permission, and others none or another one.',
         replace(min(a.protect_again), ');', format(', write_permission => %L);', min(a.permission)))
  FROM asks a WHERE a.writes
  GROUP BY a.name
  HAVING bool_and(a.sound) AND (count(*) < 3 OR count(DISTINCT a.permission) > 1)
  UNION ALL
  SELECT 'critical', 'isolation', 'unprotected_table', r.name,
         format('Column %I looks like a tenant''s, and no row security keeps tenants apart: %s may use the table.', r.tenant_like, g.grantees),
         format('SELECT tenancy.protect(%L, tenant_column => %L);', r.name, r.tenant_like)
  FROM rel r JOIN rights g ON g.rel = r.rel
  WHERE NOT r.relrowsecurity AND r.tenant_like IS NOT NULL AND NOT r.relispartition
    AND r.rel NOT IN (SELECT iso.rel FROM iso)
    AND r.rel NOT IN (SELECT h.inhrelid FROM pg_inherits h JOIN iso ON iso.rel = h.inhparent)
  UNION ALL
  SELECT 'critical', 'isolation', 'unprotected_copy', r.name,
         format('It has the columns of the protected table %s, and %s may use it: a copy without protection.', min(iso.name), min(g.grantees)),
         format('REVOKE ALL ON TABLE %s FROM %s;', r.name, min(g.grantees))
  FROM iso
  CROSS JOIN LATERAL (
    SELECT iso.signature AS columns UNION ALL
    SELECT array_agg(s ORDER BY s) FROM unnest(iso.signature) s
    WHERE NOT starts_with(s, iso.tenant_name || ' ') AND (iso.user_name IS NULL OR NOT starts_with(s, iso.user_name || ' '))
  ) c
  JOIN rel r ON r.signature = c.columns AND r.width > 1
  JOIN rights g ON g.rel = r.rel
  WHERE NOT r.relrowsecurity AND NOT r.relispartition AND r.rel NOT IN (SELECT x.rel FROM iso x)
    AND r.rel NOT IN (SELECT h.inhrelid FROM pg_inherits h JOIN iso x ON x.rel = h.inhparent)
  GROUP BY r.name
  UNION ALL
  SELECT 'critical', 'isolation', 'langgraph_sibling', r.name,
         format('LangGraph keeps state of its users here, beside %s, and %s may use it.', f.others, g.grantees),
         format('SELECT tenancy.protect_langgraph(%L);', quote_ident(n.nspname))
  FROM rel r
  JOIN rights g ON g.rel = r.rel
  JOIN pg_namespace n ON n.oid = r.relnamespace
  CROSS JOIN LATERAL (
    SELECT string_agg(o.relname, ', ' ORDER BY o.relname) AS others FROM rel o
    WHERE o.relnamespace = r.relnamespace AND o.rel <> r.rel
      AND o.relname IN ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store', 'store_vectors')
  ) f
  WHERE r.relname IN ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store', 'store_vectors')
    AND f.others IS NOT NULL AND NOT r.relrowsecurity AND r.rel NOT IN (SELECT iso.rel FROM iso)
  UNION ALL
  SELECT 'medium', 'isolation', 'tenant_column_nullable', iso.name,
         format('Column %I may be NULL: such rows belong to nobody, and unique keys do not compare them.', c.name),
         format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;', iso.name, c.name)
  FROM iso
  CROSS JOIN LATERAL (VALUES (iso.tenant_name, iso.tenant_not_null), (iso.user_name, iso.user_not_null)) c(name, not_null)
  WHERE NOT c.not_null
  UNION ALL
  SELECT 'high', 'isolation', 'tenant_column_type', r.name,
         format('Column %I compares values that are spelled differently as equal: two tenants may be one.', a.attname),
         string_agg(format(E'DROP POLICY %I ON %s;\n', p.polname, r.name), '' ORDER BY p.polname)
         || format(E'ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C";\nSELECT tenancy.protect(%1$L, tenant_column => %2$L, existing_policies => ''replace'');', r.name, a.attname)
  FROM rel r
  LEFT JOIN iso ON iso.rel = r.rel
  JOIN pg_attribute a ON a.attrelid = r.rel AND a.attname = coalesce(iso.tenant_name, r.tenant_like)
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  JOIN pg_policy p ON p.polrelid = r.rel
  WHERE NOT coalesce(l.collisdeterministic, true)
     OR t.typname = 'citext' AND EXISTS (
          SELECT FROM pg_policy q
          JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = q.oid AND d.refclassid = 'pg_operator'::regclass
          JOIN pg_operator o ON o.oid = d.refobjid AND t.oid IN (o.oprleft, o.oprright)
          WHERE q.polrelid = r.rel)
  GROUP BY r.name, a.attname
  UNION ALL
  SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.indrelid AND a.attnum = ANY (k.columns)
                             AND a.atttypid <> 'uuid'::regtype AND a.attidentity = '') THEN 'medium' ELSE 'low' END,
         'isolation', 'key_without_isolation', k.name,
         format('Unique index %I does not hold the isolation columns: it tells that another tenant has a value, and takes it from others.', k.index_name),
         k.protect_again
  FROM key k WHERE k.indisunique AND k.contype IS DISTINCT FROM 'x' AND NOT k.isolation <@ k.columns
  UNION ALL
  SELECT 'medium', 'isolation', 'exclusion_without_isolation', k.name,
         format('Exclusion constraint %I compares rows of different tenants.', k.index_name),
         k.protect_again
  FROM key k
  WHERE k.contype = 'x'
    AND NOT k.isolation <@ ARRAY(SELECT c FROM unnest(k.columns, k.conexclop) u(c, op) JOIN pg_operator o ON o.oid = op WHERE o.oprname = '=')
  UNION ALL
  SELECT 'medium', 'isolation', 'foreign_key_without_isolation', child.name,
         format('Foreign key %I to %s does not hold the isolation columns: rows can point into another tenant, and tell what is there.', c.conname, parent.name),
         child.protect_again
  FROM pg_constraint c
  JOIN iso child ON child.rel = c.conrelid
  JOIN iso parent ON parent.rel = c.confrelid
  WHERE c.contype = 'f' AND c.conparentid = 0
    AND NOT (EXISTS (SELECT FROM unnest(c.conkey, c.confkey) u(a, b) WHERE (a, b) = (child.tenant, parent.tenant))
             AND (parent.user_ IS NULL
                  OR EXISTS (SELECT FROM unnest(c.conkey, c.confkey) u(a, b) WHERE (a, b) = (child.user_, parent.user_))))
  UNION ALL
  SELECT 'medium', 'isolation', 'foreign_key_from_outside', child.name,
         format('Foreign key %I points into the protected table %s: whoever writes here learns which keys exist there, and pins rows of every tenant.', c.conname, parent.name),
         format('ALTER TABLE %s DROP CONSTRAINT %I; -- or protect the table', child.name, c.conname)
  FROM pg_constraint c
  JOIN rel child ON child.rel = c.conrelid
  JOIN iso parent ON parent.rel = c.confrelid
  JOIN rights g ON g.rel = child.rel AND g.privileges && '{INSERT,UPDATE}'
  WHERE c.contype = 'f' AND c.conparentid = 0 AND child.rel NOT IN (SELECT iso.rel FROM iso)
  UNION ALL
  SELECT 'high', 'isolation', 'foreign_key_cascade', child.name,
         format('Foreign key %I changes rows of every tenant when %s changes, which %s may do.', c.conname, parent.name, g.grantees),
         format('REVOKE %s ON TABLE %s FROM %s;',
                concat_ws(', ', CASE WHEN c.confdeltype IN ('c', 'n', 'd') THEN 'DELETE' END,
                          CASE WHEN c.confupdtype IN ('c', 'n', 'd') THEN 'UPDATE' END), parent.name, g.grantees)
  FROM pg_constraint c
  JOIN iso child ON child.rel = c.conrelid
  JOIN rel parent ON parent.rel = c.confrelid AND parent.rel NOT IN (SELECT iso.rel FROM iso)
  JOIN rights g ON g.rel = parent.rel
  WHERE c.contype = 'f' AND c.conparentid = 0
    AND (c.confdeltype IN ('c', 'n', 'd') AND 'DELETE' = ANY (g.privileges)
         OR c.confupdtype IN ('c', 'n', 'd') AND 'UPDATE' = ANY (g.privileges))
  UNION ALL
  SELECT 'critical', 'isolation', CASE WHEN r.relispartition THEN 'partition_unprotected' ELSE 'child_unprotected' END, r.name,
         format('Its rows are protected through %s only: %s may name it directly.', min(a.name), g.grantees),
         format('REVOKE ALL ON TABLE %s FROM %s;', r.name, g.grantees)
  FROM (
    WITH RECURSIVE below AS (
      SELECT iso.rel, iso.name FROM iso
      UNION SELECT h.inhrelid, b.name FROM below b JOIN pg_inherits h ON h.inhparent = b.rel
    ) SELECT * FROM below
  ) a
  JOIN rel r ON r.rel = a.rel
  JOIN rights g ON g.rel = r.rel
  WHERE NOT (r.relrowsecurity AND r.rel IN (SELECT iso.rel FROM iso)) AND r.rel NOT IN (SELECT iso.rel FROM iso)
  GROUP BY r.name, r.relispartition, g.grantees
  UNION ALL
  SELECT 'high', 'isolation', 'trigger_writes_unprotected', w.name,
         format('Function %s, a trigger of the protected table %s, writes rows of every tenant here, and %s may read them.', t.function, min(t.name), g.grantees),
         format('REVOKE SELECT ON TABLE %s FROM %s; -- or protect the table', w.name, g.grantees)
  FROM written t
  JOIN rel w ON w.relname = t.relname AND NOT w.relrowsecurity
  JOIN pg_namespace n ON n.oid = w.relnamespace AND n.nspname = coalesce(t.nspname, n.nspname)
  JOIN rights g ON g.rel = w.rel AND 'SELECT' = ANY (g.privileges)
  WHERE w.rel NOT IN (SELECT iso.rel FROM iso)
  GROUP BY t.function, w.name, g.grantees
  UNION ALL
  SELECT 'high', 'isolation', 'trust_trigger_disabled', t.tgrelid::regclass::text,
         format('Its trigger %I does not always run: what it checks, or tells running sessions, is left out.', t.tgname),
         format('ALTER TABLE %s ENABLE %sTRIGGER %I;', t.tgrelid::regclass, CASE WHEN always THEN 'ALWAYS ' END, t.tgname)
  FROM pg_trigger t
  JOIN pg_class r ON r.oid = t.tgrelid AND r.relnamespace = 'tenancy'::regnamespace
  CROSS JOIN LATERAL (SELECT t.tgname IN ('trust_changed', 'authorization_changed')) w (always)
  WHERE NOT t.tgisinternal AND (t.tgenabled IN ('D', 'R') OR always AND t.tgenabled <> 'A')
  UNION ALL
  SELECT 'low', 'performance', 'index_not_led', iso.name,
         format('No index begins with %I: a tenant''s query reads the rows of all, and its time tells how many there are.', iso.tenant_name),
         format('CREATE INDEX ON %s (%I);', iso.name, iso.tenant_name)
  FROM iso
  WHERE iso.tenant IS NOT NULL AND NOT iso.relispartition
    AND NOT EXISTS (SELECT FROM key k WHERE k.indrelid = iso.rel AND k.columns[1] = iso.tenant AND k.indpred IS NULL AND k.indisvalid)
  UNION ALL
  SELECT 'low', 'performance', 'index_not_led', k.name,
         format('Index %I does not begin with %I, nor does another serve its columns: a tenant''s query reads entries of all, and its time tells how many there are.', k.index_name, k.tenant_name),
         format(E'DROP INDEX %s;\n%s%I, %s;', k.indexrelid::regclass, w.head, k.tenant_name, substr(w.definition, length(w.head) + 1))
  FROM key k
  CROSS JOIN LATERAL (
    SELECT pg_get_indexdef(k.indexrelid) AS definition,
           format('CREATE INDEX %I ON %s%s USING btree (', k.index_name, CASE k.relkind WHEN 'p' THEN 'ONLY ' END, k.name) AS head
  ) w
  WHERE NOT k.relispartition AND NOT k.indisunique AND k.indisvalid AND k.indpred IS NULL
    AND k.columns[1] <> ALL (k.isolation) AND starts_with(w.definition, w.head)
    AND NOT EXISTS (SELECT FROM key o WHERE o.indrelid = k.indrelid AND o.indpred IS NULL AND o.indisvalid
                      AND o.columns[1] = k.isolation[1] AND o.columns[cardinality(k.isolation) + 1:cardinality(k.isolation) + cardinality(k.columns)] = k.columns
                      AND o.columns[1:cardinality(k.isolation)] @> k.isolation)
$$;
COMMENT ON FUNCTION tenancy.audit_tables(oid[]) IS
'Audit rules about tables: row security off or not forced, floor missing or altered, tables of tenants without protection, copies, LangGraph siblings, isolation columns, keys, foreign keys, partitions and children, triggers, indexes. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_tables(oid[]) FROM PUBLIC;
-- Audit, group authorization: what the tables of permissions say that nobody may have meant. Class
-- `authorization`: it tells nothing about isolation, but for operators, who enter as others.
CREATE FUNCTION tenancy.audit_authorization(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE reached (scope, role, from_scope, from_role) AS ( -- from_role has what role allows
    SELECT r.scope, r.role, r.scope, r.role FROM tenancy.roles r
    UNION
    SELECT v.scope, v.role, r.scope, r.role
    FROM reached v
    JOIN tenancy.roles r ON v.from_role = ANY (r.inherits) AND v.from_scope IN ('', r.scope)
  ), broad AS MATERIALIZED ( -- roles that allow everything, or all of a tenant's administration
    SELECT p.scope, p.role, p.permission, r.is_system,
           'role ' || quote_ident(p.role) || coalesce(' of ' || p.tenant_id::text, '') AS object
    FROM tenancy.role_permissions p
    JOIN tenancy.roles r USING (scope, role)
    WHERE p.effect = 'allow' AND p.permission @> 'tenancy:*'::tenancy.permission
  ), unknown AS MATERIALIZED (
    SELECT DISTINCT m.tenant_id::text AS scope, n.name, 'members' AS place, 'roles' AS col, 'tenant_id = %L' AS place_is
    FROM tenancy.members m, unnest(m.roles) n (name)
    WHERE NOT EXISTS (SELECT FROM tenancy.roles r WHERE r.role = n.name AND r.scope IN ('', m.tenant_id::text))
    UNION ALL
    SELECT DISTINCT o.scope, n.name, 'roles', 'inherits', 'scope = %L'
    FROM tenancy.roles o, unnest(o.inherits) n (name)
    WHERE NOT EXISTS (SELECT FROM tenancy.roles r WHERE r.role = n.name AND r.scope IN ('', o.scope))
  ), member AS MATERIALIZED (
    SELECT * FROM tenancy.audit_membership(roles) WHERE member_of <> 0
  )
  SELECT 'high', 'authorization', 'role_allows_all', b.object,
         format('Every tenant''s administrators may give it on, and it allows %s.', b.permission),
         format('UPDATE tenancy.roles SET is_system = true WHERE scope = '''' AND role = %L;', b.role)
  FROM broad b WHERE b.scope = '' AND NOT b.is_system
  UNION ALL
  SELECT 'medium', 'authorization', 'role_allows_many', b.object,
         format('It allows %s, and more than three members of %s have it.', b.permission, h.example),
         format('DELETE FROM tenancy.role_permissions WHERE scope = %L AND role = %L AND permission::text = %L AND effect = ''allow''; -- and grant what they need',
                b.scope, b.role, b.permission)
  FROM broad b
  CROSS JOIN LATERAL (
    SELECT min(t.tenant_id::text) AS example
    FROM (SELECT m.tenant_id FROM tenancy.members m
          WHERE m.status = 'active'
            AND EXISTS (SELECT FROM reached v WHERE v.scope = b.scope AND v.role = b.role
                          AND v.from_role = ANY (m.roles) AND v.from_scope IN ('', m.tenant_id::text))
          GROUP BY m.tenant_id HAVING count(*) > 3) t) h
  WHERE h.example IS NOT NULL
  UNION ALL
  SELECT 'medium', 'authorization', 'user_allows_all', format('user %s of %s', u.user_id, u.tenant_id),
         format('Allowed %s for good, beside all roles.', u.permission),
         format('UPDATE tenancy.user_permissions SET expires_at = now() + interval ''1 day'' WHERE tenant_id = %L AND user_id = %L AND permission::text = %L AND effect = ''allow'';',
                u.tenant_id, u.user_id, u.permission)
  FROM tenancy.user_permissions u
  WHERE u.effect = 'allow' AND u.expires_at IS NULL AND u.permission @> 'tenancy:*'::tenancy.permission
  UNION ALL
  SELECT 'high', 'authorization', 'tool_admin_in_default_tier', 'tool ' || quote_ident(l.name),
         format('A tool for administrators, within tier %s, which tenants without one have.', t.tier),
         string_agg(format('DELETE FROM tenancy.tier_permissions WHERE tier = %L AND permission::text = %L; -- and add what the tier should have',
                           t.tier, p.permission), E'\n' ORDER BY p.permission::text)
  FROM tenancy.tools l
  JOIN tenancy.tiers t ON t.is_default
  JOIN tenancy.tier_permissions p ON p.tier = t.tier AND p.permission @> l.required_permission
  WHERE l.required_permission <@ 'tenancy:*'::tenancy.permission
     OR l.required_permission::text ~* '(^|[:_.-])admin(istrat(e|ion|or))?([:_.-]|$)'
     OR l.name ~* '(^|[:_.-])admin(istrat(e|ion|or))?([:_.-]|$)'
  GROUP BY l.name, t.tier
  UNION ALL
  SELECT 'medium', 'authorization', 'tenant_without_tier', 'tenants',
         format('%s tenants have no tier, %s among them, and no tier is the default: what no credential names a tier for may do nothing.',
                count(*), min(n.tenant_id::text)),
         'UPDATE tenancy.tiers SET is_default = true WHERE tier = <tier>;'
  FROM tenancy.tenants n
  WHERE n.tier IS NULL AND EXISTS (SELECT FROM tenancy.tiers)
    AND NOT EXISTS (SELECT FROM tenancy.tiers t WHERE t.is_default)
  HAVING count(*) > 0
  UNION ALL
  SELECT 'low', 'authorization', 'role_unknown',
         format('role %I%s in %s', k.name, ' of ' || nullif(k.scope, ''), k.place),
         'No role has this name. It grants nothing until somebody makes one.',
         format('UPDATE tenancy.%s SET %I = array_remove(%2$I, %L) WHERE %s AND %3$L = ANY (%2$I);',
                k.place, k.col, k.name, format(k.place_is, k.scope))
  FROM unknown k
  UNION ALL
  SELECT 'low', 'authorization', 'user_permission_expired', 'user permissions',
         format('%s have expired.', count(*)), 'DELETE FROM tenancy.user_permissions WHERE expires_at <= now();'
  FROM tenancy.user_permissions u WHERE u.expires_at <= now()
  HAVING count(*) > 0
  UNION ALL
  SELECT 'low', 'authorization', 'membership_not_required', 'issuer ' || i.issuer,
         'There are members, and who is none of them enters with its tokens all the same.',
         format('SELECT tenancy.alter_issuer(%L, ''{"membership": "required"}'');', i.issuer)
  FROM tenancy.issuers i
  WHERE i.membership = 'claims' AND EXISTS (SELECT FROM tenancy.members)
  UNION ALL
  SELECT CASE WHEN o.tenant_ids IS NULL THEN 'critical' ELSE 'high' END, 'isolation', 'operator_audited',
         m.role::regrole::text,
         format('It has the privileges of %s, an entry of tenancy.operators: it enters as %s.', o.role,
                CASE WHEN o.tenant_ids IS NULL THEN 'anybody of every tenant'
                     ELSE 'anybody of ' || cardinality(o.tenant_ids) || ' tenants' END),
         CASE WHEN m.role = o.role THEN format('DELETE FROM tenancy.operators WHERE role = %s;', o.role::oid)
              ELSE format('REVOKE %s FROM %s;', o.role, m.role::regrole) END
  FROM tenancy.operators o JOIN member m ON m.member_of = o.role
  UNION ALL
  SELECT 'medium', 'authorization', 'operator_unbounded', o.role::text,
         'It enters every tenant, and may do everything there.',
         format('UPDATE tenancy.operators SET permissions = ''{<permission>}'' WHERE role = %s; -- or: INSERT INTO tenancy.audit_waivers VALUES (''operator_unbounded'', %L, <reason>, <day>);',
                o.role::oid, o.role)
  FROM tenancy.operators o
  WHERE o.tenant_ids IS NULL AND coalesce('*'::tenancy.permission = ANY (o.permissions), true)
    AND EXISTS (SELECT FROM pg_roles r WHERE r.oid = o.role)
  UNION ALL
  SELECT 'low', 'authorization', 'operator_dropped', o.role::text,
         'An entry of a role that was dropped.', format('DELETE FROM tenancy.operators WHERE role = %s;', o.role::oid)
  FROM tenancy.operators o WHERE NOT EXISTS (SELECT FROM pg_roles r WHERE r.oid = o.role)
$$;
COMMENT ON FUNCTION tenancy.audit_authorization(oid[]) IS
'The part of tenancy.audit() that looks at roles, tiers, tools, members and operators. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_authorization(oid[]) FROM PUBLIC;
-- The whole of the audit. An upgrade replaces it, so that its grants stay.
CREATE OR REPLACE FUNCTION tenancy.audit(roles regrole[] DEFAULT NULL)
  RETURNS SETOF tenancy.finding
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH audited AS MATERIALIZED (
    SELECT ARRAY(SELECT tenancy.audited_roles(roles)) AS roles
  ), found AS (
    SELECT f.* FROM audited a, tenancy.audit_roles(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_grants(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_policies(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_tables(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_views(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_environment(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_authorization(a.roles) f
  )
  SELECT f.* FROM found f
  WHERE NOT EXISTS (SELECT FROM tenancy.audit_waivers w
                    WHERE w.code = f.code AND w.object = f.object AND w.expires_at > now())
  ORDER BY array_position('{critical,high,medium,low}', f.severity), f.class, f.code, f.object
$$;
COMMENT ON FUNCTION tenancy.audit(regrole[]) IS
'Everything in this database that gets around the isolation of tenants, or may: one row for each finding, the worst first, with the SQL that closes it. roles: the roles that serve tenants; NULL: all that tenancy.audited_roles(NULL) finds. What tenancy.audit_waivers accepts is left out until it expires.';

CREATE OR REPLACE FUNCTION tenancy.assert_isolated(environment boolean DEFAULT true)
  RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  findings bigint;
  list text;
BEGIN
  SELECT count(*), string_agg(format('%s %s: %s: %s', f.severity, f.code, f.object, f.finding), E'\n')
  INTO findings, list
  FROM tenancy.audit() f
  WHERE f.class = 'isolation' OR (f.class = 'environment' AND environment IS NOT FALSE);
  IF findings > 0 THEN
    RAISE EXCEPTION USING
      ERRCODE = 'TN012',
      MESSAGE = format('isolation is not complete: %s findings', findings),
      DETAIL = list,
      HINT = 'SELECT * FROM tenancy.audit() shows the SQL that closes each; tenancy.audit_waivers accepts one until a day.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.assert_isolated(boolean) IS
'For pipelines: nothing, or TN012 with the findings of tenancy.audit() in the DETAIL. Findings of classes performance and authorization do not count, those of class environment (server, preload, logging) unless environment is false.';
REVOKE ALL ON FUNCTION tenancy.audit(regrole[]), tenancy.assert_isolated(boolean) FROM PUBLIC;

-- The dynamic half. A statement has one caller, so counting is a statement of its own, in C.
CREATE OR REPLACE FUNCTION tenancy.count_as(role regrole, relation regclass) RETURNS bigint
  LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'tenancy_count_as';
COMMENT ON FUNCTION tenancy.count_as(regrole, regclass) IS
'The part of tenancy.probe() that counts: how many rows the role sees in the relation. What the relation runs, runs as the role, in a security-restricted operation. Errors: 42501 without the rights of the role, and what the query raises.';

CREATE OR REPLACE FUNCTION tenancy.probe(role regrole, OUT relation regclass, OUT condition text, OUT visible bigint,
                              OUT error text, OUT passed boolean)
  RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  token text;
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'TN011', MESSAGE = 'this transaction already has an identity',
      DETAIL = 'The probe enters as somebody itself.', HINT = 'Call tenancy.probe() in a transaction of its own.';
  END IF;
  -- The same tenant all through the transaction, which has one identity only.
  token := tenancy.issue_token(
    md5(concat_ws(' ', 'probe', pg_backend_pid(), extract(epoch FROM now())))::uuid::text::tenancy.tenant_id, 'probe');
  FOREACH condition IN ARRAY ARRAY['no identity', 'empty identity', 'unused tenant'] LOOP
    BEGIN
      IF condition <> 'no identity' THEN
        PERFORM set_config('tenancy.token', CASE condition WHEN 'unused tenant' THEN token ELSE '' END, true);
      END IF;
      FOR relation IN
        WITH RECURSIVE above (rel) AS (
          SELECT p.polrelid FROM pg_policy p WHERE p.polname = 'tenancy_floor'
          UNION
          SELECT w.ev_class FROM above
          JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
                          AND d.refobjid = above.rel
          JOIN pg_rewrite w ON w.oid = d.objid
          JOIN pg_class c ON c.oid = w.ev_class AND c.relkind IN ('v', 'm'))
        SELECT a.rel::regclass FROM above a
        JOIN pg_class c ON c.oid = a.rel
        WHERE has_schema_privilege(role, c.relnamespace, 'USAGE') AND has_any_column_privilege(role, c.oid, 'SELECT')
        ORDER BY a.rel::regclass::text
      LOOP
        visible := NULL;
        error := NULL;
        BEGIN
          visible := tenancy.count_as(role, relation);
          passed := visible = 0;
        EXCEPTION WHEN OTHERS THEN
          error := format('%s: %s', SQLSTATE, SQLERRM);
          passed := SQLSTATE = 'TN001' OR SQLSTATE = '42501';
        END;
        RETURN NEXT;
      END LOOP;
      RAISE EXCEPTION 'roll back';
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tenancy.probe(regrole) IS
'Counts what the role sees in every protected table that it may read, and in every view over one, with no identity, with an empty one, and as a tenant that has no rows. passed: it saw none, or was refused (TN001, 42501); else visible or error says what came. What it runs is rolled back. Reads whole tables where they are open. Errors: 42501 without the rights of the role, TN011 inside an identity.';
REVOKE ALL ON FUNCTION tenancy.count_as(regrole, regclass), tenancy.probe(regrole) FROM PUBLIC;
