-- Verifying and looking at tokens without entering.

CREATE FUNCTION tenancy.verify_jwt(token text) RETURNS jsonb
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_verify_jwt';
COMMENT ON FUNCTION tenancy.verify_jwt(text) IS
  'The claims of a token that would enter this database, verified against its configured issuers; does not enter. Errors: TN002 malformed, unknown issuer or key, bad signature, wrong audience or tenant; TN004 expired or not yet valid; TN005 suspended tenant or user, or issued before their tokens_valid_after; 22P05 claims that the database''s encoding cannot hold.';

CREATE FUNCTION tenancy.verify_jwt(
    token text, jwks json, issuer text DEFAULT NULL, audience text[] DEFAULT NULL,
    type text DEFAULT NULL, required_claims text[] DEFAULT '{}', leeway interval DEFAULT '0')
  RETURNS jsonb LANGUAGE c STABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_verify_jwt_with';
COMMENT ON FUNCTION tenancy.verify_jwt(text, json, text, text[], text, text[], interval) IS
  'Stateless: the claims of a token verified with the keys given (JWK Set or one JWK). issuer, audience (one of) and type (header typ) are compared where given; required_claims must be present; exp and nbf are honoured where present, with leeway. Errors: TN002, TN004; 22023 unusable keys or leeway; 22P05 claims that the database''s encoding cannot hold. NULL for a NULL token or key set.';

CREATE FUNCTION tenancy.verify_jws(token text, jwks json) RETURNS bytea
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_verify_jws';
COMMENT ON FUNCTION tenancy.verify_jws(text, json) IS
  'Stateless: the payload bytes of a compact JWS (RFC 7515) whose form and signature verify with one of the keys given; no claim is looked at. Errors: TN002; 22023 unusable keys.';

CREATE FUNCTION tenancy.decode_jwt(token text, OUT header jsonb, OUT claims jsonb)
  RETURNS SETOF record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 1
  AS 'MODULE_PATHNAME', 'tenancy_decode_jwt';
COMMENT ON FUNCTION tenancy.decode_jwt(text) IS
  'Header and claims of a token, NOT verified: for looking at a token, never for deciding. Errors: TN002 malformed; 22P05 claims that the database''s encoding cannot hold.';

CREATE FUNCTION tenancy.explain_token(token text, OUT step text, OUT passed boolean, OUT detail text)
  RETURNS SETOF record LANGUAGE c STABLE STRICT PARALLEL SAFE ROWS 12 SECURITY DEFINER
  AS 'MODULE_PATHNAME', 'tenancy_explain_token';
COMMENT ON FUNCTION tenancy.explain_token(text) IS
  'For administrators: the checks a token goes through when entering (written as for tenancy.token, with Bearer or narrowed), in order; the first that fails has passed = false and says why. Never an error for a bad token.';
REVOKE ALL ON FUNCTION tenancy.explain_token(text) FROM PUBLIC;

CREATE FUNCTION tenancy.library_status(OUT item text, OUT value text)
  RETURNS SETOF record LANGUAGE c STABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_library_status';
COMMENT ON FUNCTION tenancy.library_status() IS
  'The part of tenancy.status() that the loaded library knows about this backend.';

CREATE FUNCTION tenancy.status(OUT item text, OUT value text)
  RETURNS SETOF record LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'extension version', extversion FROM pg_extension WHERE extname = 'pg_tenancy'
  UNION ALL SELECT item, value FROM tenancy.library_status()
  UNION ALL SELECT name, setting FROM (VALUES
      ('tenancy.scope', current_setting('tenancy.scope', true)),
      ('tenancy.on_missing_identity', current_setting('tenancy.on_missing_identity', true)))
    AS s (name, setting) WHERE setting IS NOT NULL
  UNION ALL SELECT 'own issuer', tenancy.own_issuer()
  UNION ALL SELECT 'signing key', coalesce((
      SELECT format('%s, made %s', k.kid, k.created_at) FROM tenancy.signing_keys AS k
      JOIN tenancy.signing_secrets USING (kid) WHERE k.verify_until IS NULL), 'made on first use')
  UNION ALL SELECT 'issuers', count(*)::text FROM tenancy.issuers
  UNION ALL (SELECT 'issuer ' || i.issuer,
      CASE WHEN i.jwks IS NULL THEN 'no keys'
           ELSE format('%s keys, stored %s', CASE WHEN i.jwks::jsonb ? 'keys'
             THEN jsonb_array_length(i.jwks::jsonb -> 'keys') ELSE 1 END, i.keys_changed_at) END
    FROM tenancy.issuers AS i ORDER BY i.issuer)
  UNION ALL SELECT 'tenants registered', count(*)::text FROM tenancy.tenants
  UNION ALL SELECT 'tenants suspended', count(*)::text FROM tenancy.tenants
    WHERE status = 'suspended'
$$;
COMMENT ON FUNCTION tenancy.status() IS
  'For administrators: versions of SQL and library, whether preloaded, scope, issuers with the age of their keys, tenants, and this backend''s caches.';
REVOKE ALL ON FUNCTION tenancy.library_status(), tenancy.status() FROM PUBLIC;
