-- The database's own issuer: short tokens for tests, support and programs.

CREATE FUNCTION tenancy.own_issuer() RETURNS text
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_own_issuer_name';
COMMENT ON FUNCTION tenancy.own_issuer() IS
  'iss and aud of the tokens this database issues: the setting tenancy.own_issuer, else urn:pg_tenancy: and the random id of this database.';

CREATE FUNCTION tenancy.rotate_signing_key() RETURNS text
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE SECURITY DEFINER
  AS 'MODULE_PATHNAME', 'tenancy_rotate_signing_key';
COMMENT ON FUNCTION tenancy.rotate_signing_key() IS
  'Make a new signing key and return its key ID. The old key''s private half is deleted; its public half verifies until the last token it can have signed has expired. Error: 25006 in a read-only transaction or on a standby.';

CREATE FUNCTION tenancy.issue_token(
    tenant_id tenancy.tenant_id, user_id tenancy.user_id DEFAULT NULL, roles text[] DEFAULT '{}',
    permissions tenancy.permission[] DEFAULT NULL, ttl interval DEFAULT '15 min',
    claims jsonb DEFAULT '{}')
  RETURNS text LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_issue_token';
COMMENT ON FUNCTION tenancy.issue_token IS
$$A token of this database's own issuer (ES256), to enter with. For superusers, and for roles within their entry in tenancy.operators.
tenant_id: the tenant; user_id: NULL = a job without a user; roles; permissions: NULL = those of the entry, not bounded where it is not, '{}' = none; ttl: 1 s to 24 h, and to the entry's max_ttl; claims: further claims, not the reserved ones.
The key is made on first use. A token whose transaction rolls back may name a key that does not exist.
Errors: 22023 an argument is refused; 42501 no entry of the caller covers the tenant, the ttl and the permissions; TN010 inside an identity, but for superusers; 25006 where the key has to be made and nothing can be written.$$;

CREATE FUNCTION tenancy.jwks() RETURNS json
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT json_build_object('keys', coalesce(json_agg(k.jwk ORDER BY k.created_at DESC), '[]'))
  FROM tenancy.signing_keys AS k
  WHERE k.issuer = tenancy.own_issuer()
    AND (k.verify_until IS NULL OR k.verify_until > clock_timestamp())
$$;
COMMENT ON FUNCTION tenancy.jwks() IS
  'The public keys of this database''s own issuer, as a JWK Set (RFC 7517), newest first; empty before the first token.';
REVOKE ALL ON FUNCTION tenancy.own_issuer, tenancy.rotate_signing_key, tenancy.issue_token FROM PUBLIC;
-- Everybody may ask; tenancy.operators answers. (Said as a database that was upgraded says it.)
GRANT EXECUTE ON FUNCTION tenancy.issue_token TO PUBLIC;
