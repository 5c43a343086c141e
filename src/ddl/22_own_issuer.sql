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

CREATE FUNCTION tenancy.sign_claims(claims jsonb) RETURNS text
  LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE SECURITY DEFINER
  AS 'MODULE_PATHNAME', 'tenancy_sign_claims';
COMMENT ON FUNCTION tenancy.sign_claims(jsonb) IS
  'Part of tenancy.issue_token: signs claims (ES256) with the database''s own key, making it where there is none. Error: 25006 where it has to be made and nothing can be written.';

CREATE FUNCTION tenancy.issue_token(
    tenant_id tenancy.tenant_id, user_id tenancy.user_id DEFAULT NULL, roles text[] DEFAULT '{}',
    permissions tenancy.permission[] DEFAULT NULL, ttl interval DEFAULT '15 min',
    claims jsonb DEFAULT '{}')
  RETURNS text LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  issuer text := tenancy.own_issuer();
  issued_at bigint := floor(extract(epoch FROM clock_timestamp()));
  lifetime numeric := extract(epoch FROM ttl);
  reserved text;
BEGIN
  IF tenant_id IS NULL THEN
    RAISE 'tenant_id is missing' USING ERRCODE = '22023',
      DETAIL = 'A token is for one tenant.', HINT = 'Give tenant_id.';
  END IF;
  IF lifetime IS NULL OR lifetime < 1 OR lifetime > 86400 THEN
    RAISE 'ttl is not valid' USING ERRCODE = '22023',
      DETAIL = 'A token lives between one second and 24 hours.',
      HINT = 'Give ttl as ''15 min'', and issue again when it ends.';
  END IF;
  IF jsonb_typeof(claims) IS DISTINCT FROM 'object' THEN
    RAISE 'claims is not valid' USING ERRCODE = '22023',
      DETAIL = 'It is not a JSON object.', HINT = 'Give further claims as {"name": "value"}.';
  END IF;
  SELECT string_agg(k, ', ' ORDER BY k) INTO reserved FROM jsonb_object_keys(claims) AS k
    WHERE k = ANY (ARRAY['iss', 'aud', 'sub', 'exp', 'nbf', 'iat', 'jti', 'tenant_id', 'roles',
                         'permissions']);
  IF reserved IS NOT NULL THEN
    RAISE 'claims is not valid' USING ERRCODE = '22023',
      DETAIL = format('The function sets %s by itself.', reserved),
      HINT = 'Use the arguments tenant_id, user_id, roles, permissions and ttl.';
  END IF;
  RETURN tenancy.sign_claims(claims || jsonb_strip_nulls(jsonb_build_object(
    'iss', issuer, 'aud', issuer, 'sub', user_id::text, 'tenant_id', tenant_id::text,
    'roles', coalesce(roles, '{}'), 'permissions', permissions::text[],
    'iat', issued_at, 'exp', issued_at + floor(lifetime)::bigint, 'jti', gen_random_uuid())));
END
$$;
COMMENT ON FUNCTION tenancy.issue_token IS
$$A token of this database's own issuer (ES256), to enter with. For administrators.
tenant_id: the tenant; user_id: NULL = a job without a user; roles; permissions: NULL = not bounded, '{}' = none; ttl: 1 s to 24 h; claims: further claims, not the reserved ones.
The key is made on first use. A token whose transaction rolls back may name a key that does not exist.
Errors: 22023 an argument is refused; 25006 where the key has to be made and nothing can be written.$$;

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
REVOKE ALL ON FUNCTION tenancy.own_issuer, tenancy.rotate_signing_key, tenancy.sign_claims, tenancy.issue_token
  FROM PUBLIC;
