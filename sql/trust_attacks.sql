-- What someone with valid tokens of their own, or with public knowledge, would try. Every refusal
-- stands beside the same thing done honestly.
\getenv dir PG_ABS_SRCDIR
\set tokens :dir '/sql/include/tokens.sql'
\i :tokens
\set SHOW_CONTEXT never
SELECT tenancy.add_issuer('https://a', '{db}', jwks => t.jwks('a'), tenant_id => 'acme');
SELECT tenancy.add_issuer('https://b', '{db}', jwks => t.jwks('b'), user_prefix => 'b:',
  tenants => 'listed');
INSERT INTO tenancy.issuer_tenants VALUES ('https://b', 'globex');
-- RFC 7515, appendix A.2: everyone knows this public key.
\set rsa '{"kty":"RSA","kid":"r","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"}'
\set rs256 'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw'
SELECT tenancy.add_issuer('joe', '{db}', jwks => :'rsa');
\set who '{"sub": "u", "tenant_id": "acme"}'

-- One issuer names another's tenant.
SELECT t.try(t.token('https://a', :'who')), t.try(t.token('https://a', '{"sub": "u", "tenant_id": "globex"}'));
SELECT t.try(t.token('https://b', '{"sub": "u", "tenant_id": "globex"}', 'b')), t.try(t.token('https://b', :'who', 'b'));
-- One issuer signs as another.
SELECT t.try(t.token('https://a', :'who', 'a')), t.try(t.token('https://a', :'who', 'b'));
SELECT t.try(t.sign('{"alg":"HS256","kid":"a"}', t.claims, repeat('b', 32))),
    t.try(t.sign('{"alg":"HS256","kid":"a"}', t.claims, repeat('a', 32)))
  FROM (VALUES ('{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme"}')) t (claims);
-- A key of the caller's own, offered in the header.
SELECT t.try(t.sign(format('{"alg":"HS256","kid":"a",%s}', extra),
    '{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme"}', repeat('x', 32)))
  FROM (VALUES ('"jwk":{"kty":"oct","k":"eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHh4eHg"}'), ('"jku":"https://x/jwks"'),
    ('"x5u":"https://x/cert"'), ('"crit":["exp"],"exp":1'), ('"b64":false,"crit":["b64"]')) v (extra);
-- Another algorithm than the key's: none, the public key as an HMAC secret, a smaller hash.
SELECT t.try(t.url64('{"alg":"none"}') || '.' || t.url64('{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme"}') || '.');
SELECT t.try(t.url64('{"alg":"none"}') || '.' || t.url64('{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme"}') || '.AAAA');
SELECT t.try(:'rs256') AS "the signature is good, the token is of 2011";
SELECT t.try(t.sign('{"alg":"HS256"}', '{"iss":"joe","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme"}', :'rsa'));
SELECT t.try(t.sign('{"alg":"RS256"}', '{"iss":"joe","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme"}', :'rsa'));
SELECT t.try(t.sign('{"alg":"HS384","kid":"a"}', '{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme"}', repeat('a', 32)));
-- A token for another application, or changed after signing.
SELECT t.try(t.token('https://a', :'who'::jsonb || '{"aud": "shop"}'));
SELECT t.try(split_part(x, '.', 1) || '.' || t.url64('{"iss":"https://a","aud":"db","exp":4102444800,"sub":"root","tenant_id":"acme"}')
    || '.' || split_part(x, '.', 3)), t.try(x || 'A'), t.try(x || '.x'), t.try(' ' || x), t.try(replace(x, '.', '..'))
  FROM t.token('https://a', :'who') x;
-- Two members of one name; text after the object; not an object.
SELECT t.try(t.sign('{"alg":"HS256","kid":"a"}', c, repeat('a', 32))) FROM (VALUES
  ('{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"globex","tenant_id":"acme"}'),
  ('{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"globex","tenant\u005fid":"acme"}'),
  ('{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme"}{}'), ('[]'), ('')) v (c);
-- Equal subjects of two issuers are two users.
SELECT detail FROM tenancy.explain_token(t.token('https://b', '{"sub": "u", "tenant_id": "globex"}', 'b')) WHERE step = 'user';
-- The name of the database's own issuer, claimed by a configured one.
INSERT INTO tenancy.issuers (issuer, audience, jwks) VALUES (tenancy.own_issuer(), '{db}', t.jwks('a'));
SELECT t.state($$tenancy.issue_token('acme')$$);
SELECT tenancy.drop_issuer(tenancy.own_issuer());
SELECT t.try(tenancy.issue_token('acme', 'u'));
SELECT t.try(t.token(tenancy.own_issuer(), :'who'));
SELECT t.try(t.sign(json_build_object('alg', 'HS256', 'kid', k.kid)::text, json_build_object('iss', k.issuer,
    'aud', k.issuer, 'exp', 4102444800, 'sub', 'u', 'tenant_id', 'acme')::text, k.jwk::text)) FROM tenancy.signing_keys k;
-- Too long to be looked at.
SET tenancy.max_token_bytes = 256;
SELECT t.try(t.token('https://a', :'who'::jsonb || jsonb_build_object('x', repeat('x', 256))));
RESET tenancy.max_token_bytes;
SELECT t.try(t.token('https://a', :'who'::jsonb || jsonb_build_object('x', repeat('x', 256))));

-- As the application's role: no key, no secret, no administration.
CREATE ROLE trust_attacks_app;
GRANT pg_read_all_data TO trust_attacks_app;
SET ROLE trust_attacks_app;
SELECT count(*) FROM tenancy.issuers;
SELECT count(*) FROM tenancy.signing_secrets;
SELECT count(*) > 0 FROM tenancy.signing_keys;
RESET ROLE;
REVOKE pg_read_all_data FROM trust_attacks_app;
SET ROLE trust_attacks_app;
SELECT tenancy.issue_token('acme');
SELECT tenancy.rotate_signing_key();
SELECT tenancy.add_issuer('https://evil', '{db}');
SELECT tenancy.set_jwks('https://a', '{"keys":[]}');
SELECT tenancy.drop_issuer('https://a');
SELECT * FROM tenancy.explain_token('x');
SELECT * FROM tenancy.status();
SET tenancy.own_issuer = 'https://a';
SET tenancy.max_token_bytes = 1000000;
INSERT INTO tenancy.tenants VALUES ('x');
SELECT private_jwk FROM tenancy.signing_secrets;
SELECT tenancy.verify_jwt('x');
SELECT json_array_length(tenancy.jwks() -> 'keys');
RESET ROLE;
SELECT (tenancy.jwks() -> 'keys' -> 0 ->> 'd') IS NULL AS "the key set is public";
DROP ROLE trust_attacks_app;
