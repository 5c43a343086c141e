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
