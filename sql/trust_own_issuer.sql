-- The database's own issuer.
\set SHOW_CONTEXT never
SELECT tenancy.jwks();
SELECT tenancy.own_issuer() ~ '^urn:pg_tenancy:[0-9a-f-]{36}$' AS "named by a random id";
SELECT tenancy.issue_token('acme', 'alice', '{admin}', '{tool:search:use}', '5 min', '{"tier": "pro"}') AS token \gset
SELECT claims - '{iss,aud,iat,exp,jti}'::text[] AS claims, claims ->> 'iss' = tenancy.own_issuer() AS iss,
    claims ->> 'aud' = tenancy.own_issuer() AS aud, (claims ->> 'exp')::int - (claims ->> 'iat')::int AS lifetime,
    abs((claims ->> 'iat')::int - extract(epoch FROM now())) < 60 AS iat, length(claims ->> 'jti') AS jti
  FROM tenancy.verify_jwt(:'token') claims;
SELECT header ->> 'alg' AS alg, header ->> 'kid' = tenancy.jwks() -> 'keys' -> 0 ->> 'kid' AS kid FROM tenancy.decode_jwt(:'token');
SELECT tenancy.verify_jwt(:'token', tenancy.jwks(), tenancy.own_issuer(), ARRAY[tenancy.own_issuer()]) ->> 'sub' AS "others can verify it";
SELECT step, passed FROM tenancy.explain_token(:'token') WHERE NOT passed;
-- A job has no user; no permissions are not unbounded permissions.
SELECT claims - '{iss,aud,iat,exp,jti}'::text[] FROM tenancy.decode_jwt(tenancy.issue_token('acme'));
SELECT claims - '{iss,aud,iat,exp,jti}'::text[] FROM tenancy.decode_jwt(tenancy.issue_token('acme', permissions => '{}'));
-- Refused arguments.
SELECT tenancy.issue_token(NULL);
SELECT tenancy.issue_token('a b');
SELECT tenancy.issue_token('acme', ttl => '25 h');
SELECT tenancy.issue_token('acme', ttl => '0');
SELECT tenancy.issue_token('acme', ttl => NULL);
SELECT tenancy.issue_token('acme', claims => '[]');
SELECT tenancy.issue_token('acme', claims => jsonb_build_object(c, 'x')) FROM unnest('{tenant_id,iss}'::text[]) c;
SELECT length(tenancy.issue_token('acme', ttl => '24 h', claims => '{"x": 1}')) > 0;
-- One key, whatever happens; rotation keeps the old one for verifying only.
SELECT count(*), count(*) FILTER (WHERE verify_until IS NULL) AS signing FROM tenancy.signing_keys;
SELECT tenancy.rotate_signing_key() AS kid \gset
SELECT kid = :'kid' AS rotated FROM tenancy.signing_keys WHERE verify_until IS NULL;
SELECT count(*), count(*) FILTER (WHERE verify_until > now() + interval '24 h') AS verifying,
    (SELECT count(*) FROM tenancy.signing_secrets) AS secrets FROM tenancy.signing_keys;
SELECT json_array_length(tenancy.jwks() -> 'keys') AS published;
SELECT tenancy.verify_jwt(:'token') ->> 'sub' AS "old token";
SELECT (SELECT header ->> 'kid' FROM tenancy.decode_jwt(:'token')) = (SELECT header ->> 'kid' FROM tenancy.decode_jwt(tenancy.issue_token('acme'))) AS same_key;
-- After its time, or deleted, the old key verifies nothing.
UPDATE tenancy.signing_keys SET verify_until = now() - interval '1 s' WHERE verify_until IS NOT NULL;
SELECT tenancy.verify_jwt(:'token');
SELECT json_array_length(tenancy.jwks() -> 'keys') AS published;
SELECT tenancy.issue_token('acme', 'bob') AS token \gset
SELECT tenancy.verify_jwt(:'token') ->> 'sub';
DELETE FROM tenancy.signing_keys;
SELECT tenancy.verify_jwt(:'token');
SELECT count(*) FROM tenancy.signing_secrets;
-- Nothing can be written: an existing key signs, a new one cannot be made.
BEGIN READ ONLY;
SELECT tenancy.issue_token('acme');
ROLLBACK;
SELECT length(tenancy.issue_token('acme', 'carol')) > 0;
BEGIN READ ONLY;
SELECT tenancy.verify_jwt(tenancy.issue_token('acme', 'carol')) ->> 'sub';
SELECT tenancy.rotate_signing_key();
ROLLBACK;
-- Under another name the database is another issuer; tokens of the old name live on.
SELECT tenancy.issue_token('acme', 'dora') AS token \gset
SET tenancy.own_issuer = 'urn:staging';
SELECT json_array_length(tenancy.jwks() -> 'keys') AS published;
SELECT claims ->> 'iss', claims ->> 'sub' FROM tenancy.verify_jwt(tenancy.issue_token('acme', 'erin')) claims;
SELECT tenancy.verify_jwt(:'token') ->> 'sub';
-- A restored or copied database without its identity says so.
RESET tenancy.own_issuer;
BEGIN;
DELETE FROM tenancy.database_identity;
SELECT tenancy.own_issuer();
ROLLBACK;
SELECT item FROM tenancy.status();
-- The caches are bounded, and off works.
SET tenancy.token_cache_entries = 0;
SELECT tenancy.verify_jwt(:'token') ->> 'sub', tenancy.verify_jwt(:'token') ->> 'sub';
SELECT value FROM tenancy.status() WHERE item = 'tokens remembered in this backend';
SET tenancy.token_cache_entries = 3;
SELECT count(tenancy.verify_jwt(tenancy.issue_token('acme', ('u' || i)::tenancy.user_id))) FROM generate_series(1, 10) i;
SELECT value FROM tenancy.status() WHERE item = 'tokens remembered in this backend';
