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
