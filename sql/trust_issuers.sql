-- Issuers: adding, changing, dropping, and what is refused when they are stored.
\getenv dir PG_ABS_SRCDIR
\set tokens :dir '/sql/include/tokens.sql'
\i :tokens
\set SHOW_CONTEXT never
CREATE FUNCTION t.add(VARIADIC text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text; hint text; message text;
BEGIN
  EXECUTE format('SELECT tenancy.add_issuer(%s)', array_to_string($1, ', '));
  RETURN 'added';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN format('%s %s | %s | %s', SQLSTATE, SQLERRM, detail, hint);
END $$;

-- Arguments that let in what nobody wanted in, each beside one that is accepted.
SELECT t.add($$'https://x'$$, $$'{}'$$);
SELECT t.add($$'https://x'$$, $$NULL$$);
SELECT t.add($$'https://x1'$$, $$'{}'$$, $$authorized_parties => '{app}'$$);
SELECT t.add($$'https://x2'$$, $$'{}'$$, $$required_claims => '{"token_use": "access"}'$$);
SELECT t.add($$'https://x'$$, $$'{}'$$, $$required_claims => '{}'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$preset => 'nobody'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$leeway => '6 min'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$tenants => 'some'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$membership => 'maybe'$$);
SELECT t.add($$'https://x3'$$, $$'{db}'$$, $$membership => 'required'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$jwks_uri => 'http://x/keys'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$algorithms => '{none}'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$algorithms => '{RS256}'$$, $$jwks => t.jwks('a')$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$roles_claim => 'a..b'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$user_prefix => 'a b'$$);
SELECT t.add($$'https://x'$$, $$'{db}'$$, $$tenant_id => 'a b'$$);

-- Keys that could never verify safely are named.
SELECT t.add($$'https://x'$$, $$'{db}'$$, format('jwks => %L', k)) FROM (VALUES
  (1, '{"keys":[{"kty":"oct","kid":"short","k":"c2hvcnQ"}]}'),
  (2, '{"keys":[{"kty":"EC","crv":"P-256","kid":"off-curve","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"}]}'),
  (3, '{"keys":[{"kty":"EC","crv":"P-256","kid":"private","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}]}'),
  (4, '{"keys":[{"kty":"RSA","kid":"weak","n":"sXchDaQebHnPiGvyDOAT4saGEUetSyo9MKLOoWFsueri23bOdgWp4Dy1WlUzewbgBHod5pcM9H95GQRV3JDXboIRROSBigeC5yjU1hGzHHyXss8UDpre","e":"AQAB"}]}'),
  (5, '{"keys":[{"kty":"DH","kid":"odd"}]}'),
  (6, '{"keys":7}'),
  (7, t.jwks('a', 'a')::text)) AS v (n, k) ORDER BY n;
SELECT t.add($$'https://ok'$$, $$'{db}'$$, $$jwks => '{"keys":[{"kty":"EC","crv":"P-256","kid":"p","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}'$$);
-- By hand, too.
INSERT INTO tenancy.issuers (issuer, audience) VALUES ('https://y', '{}');
UPDATE tenancy.issuers SET jwks = '{"keys":[{"kty":"oct","kid":"short","k":"c2hvcnQ"}]}';

-- Presets fill what is not given.
SELECT tenancy.add_issuer('https://auth0', '{db}', preset => 'auth0', roles_claim => 'https://x/roles');
SELECT tenancy.add_issuer('https://auth0', '{db}');
SELECT issuer, preset, tenant_claim, user_claim, roles_claim, permissions_claim, leeway,
    keys_changed_at IS NOT NULL AS has_keys FROM tenancy.issuers ORDER BY issuer;
SELECT preset, tenant_claim, user_claim, roles_claim, permissions_claim, tenants_claim, algorithms
  FROM tenancy.issuer_presets();

-- Changing.
SELECT tenancy.alter_issuer('https://auth0', '{"leeway": "1 min", "tenant_claim": null}');
SELECT tenant_claim, leeway FROM tenancy.issuers WHERE issuer = 'https://auth0';
SELECT tenancy.alter_issuer('https://auth0', '{"issuer": "https://z", "nosuch": 1}');
SELECT tenancy.alter_issuer('https://auth0', '[]');
SELECT tenancy.alter_issuer('https://auth0', '{"audience": []}');
SELECT tenancy.alter_issuer('https://nobody', '{}');
SELECT tenancy.set_jwks('https://nobody', t.jwks('a'));
SELECT tenancy.drop_issuer('https://nobody');
-- The database's own issuer would be shadowed, and issue_token with it.
SELECT t.add('tenancy.own_issuer()', $$'{db}'$$) LIKE '22023 issuer is not valid | It is the name of this database%';
-- NULL, as of a download that brought nothing, is told and not passed over.
SELECT tenancy.set_jwks('https://auth0', NULL);
SELECT tenancy.alter_issuer('https://auth0', NULL);
SELECT tenancy.drop_issuer(NULL);

-- Every change acts at the next use.
SELECT tenancy.add_issuer('https://a', '{db}', jwks => t.jwks('a'));
\set token 't.token(''https://a'', ''{"sub": "u", "tenant_id": "acme"}'')'
SELECT t.try(:token), t.try(:token);
SELECT tenancy.set_jwks('https://a', t.jwks('b'));
SELECT t.try(:token), t.try(t.token('https://a', '{"sub": "u", "tenant_id": "acme"}', 'b'));
SELECT tenancy.set_jwks('https://a', t.jwks('a', 'b'));
SELECT t.try(:token);
SELECT tenancy.alter_issuer('https://a', '{"audience": ["other"]}');
SELECT t.try(:token);
UPDATE tenancy.issuers SET audience = '{db,other}' WHERE issuer = 'https://a';
SELECT t.try(:token);
INSERT INTO tenancy.tenants VALUES ('acme', 'suspended');
SELECT t.try(:token);
BEGIN;
DELETE FROM tenancy.tenants;
SELECT t.try(:token);
SAVEPOINT s;
SELECT tenancy.drop_issuer('https://a');
SELECT t.try(:token);
ROLLBACK TO s;
SELECT t.try(:token);
ROLLBACK;
SELECT t.try(:token);
SET session_replication_role = replica;
DELETE FROM tenancy.tenants;
RESET session_replication_role;
SELECT t.try(:token);
TRUNCATE tenancy.issuers CASCADE;
SELECT t.try(:token);
SELECT tenancy.add_issuer('https://a', '{db}');
SELECT t.try(:token);

-- Dropped and made again in one session, the extension knows nothing of before.
SELECT tenancy.set_jwks('https://a', t.jwks('a'));
SELECT t.try(:token);
BEGIN;
DROP EXTENSION pg_tenancy;
CREATE EXTENSION pg_tenancy;
SELECT t.try(:token);
ROLLBACK;
SELECT t.try(:token);
-- Without it, and with tables of the same names that someone made, nobody enters.
BEGIN;
SELECT :token AS jwt \gset
DROP EXTENSION pg_tenancy;
SAVEPOINT s;
SELECT set_config('tenancy.token', :'jwt', true);
ROLLBACK TO s;
CREATE SCHEMA tenancy;
CREATE TABLE tenancy.issuers (issuer text);
SELECT set_config('tenancy.token', :'jwt', true);
\echo :LAST_ERROR_SQLSTATE
ROLLBACK;
SELECT t.try(:token);
