-- verify_jwt with keys of the caller, verify_jws, decode_jwt: stateless.
\getenv dir PG_ABS_SRCDIR
\set tokens :dir '/sql/include/tokens.sql'
\i :tokens
\set SHOW_CONTEXT never
-- RFC 7515 A.3 (ES256) and RFC 8037 A.4 (Ed25519).
\set ec '{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'
\set es256 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'
\set okp '{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
\set eddsa 'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'
SELECT convert_from(tenancy.verify_jws(:'es256', :'ec'), 'UTF8');
SELECT convert_from(tenancy.verify_jws(:'eddsa', json_build_object('keys', json_build_array(:'ec'::json, :'okp'::json))), 'UTF8');
SELECT tenancy.verify_jws(:'eddsa', :'ec');
SELECT tenancy.verify_jws(:'es256', '{"keys":[]}');
SELECT tenancy.verify_jws(:'es256', '{"keys":[{"kty":"unheard-of"}]}');
SELECT tenancy.verify_jws(:'es256', '[]');
SELECT tenancy.verify_jws(NULL, :'ec') IS NULL, tenancy.verify_jws(:'es256', NULL) IS NULL;
-- exp is honoured where present.
SELECT tenancy.verify_jwt(:'es256', :'ec');
SELECT tenancy.verify_jwt(t.sign('{"alg":"HS256"}', '{"sub":"u"}', repeat('a', 32)), t.jwks('a'));
SELECT tenancy.verify_jwt(t.token('i', '{"exp": 1}'), t.jwks('a'));
SELECT tenancy.verify_jwt(t.token('i', jsonb_build_object('exp', extract(epoch FROM now())::int - 10)), t.jwks('a'), leeway => '1 min') ->> 'iss';
SELECT tenancy.verify_jwt(t.token('i', '{"nbf": 4102444700}'), t.jwks('a'));
-- What is asked for is compared.
\set token 't.token(''i'', ''{"sub": "u"}'')'
SELECT tenancy.verify_jwt(:token, t.jwks('a'), 'i', '{x,db}', required_claims => '{sub}') ->> 'sub';
SELECT tenancy.verify_jwt(:token, t.jwks('a'), issuer => 'j');
SELECT tenancy.verify_jwt(:token, t.jwks('a'), audience => '{x}');
SELECT tenancy.verify_jwt(:token, t.jwks('a'), audience => '{}');
SELECT tenancy.verify_jwt(:token, t.jwks('a'), type => 'at+jwt');
SELECT tenancy.verify_jwt(t.sign('{"alg":"HS256","typ":"at+jwt"}', '{"sub":"u"}', repeat('a', 32)), t.jwks('a'), type => 'at+jwt');
SELECT tenancy.verify_jwt(:token, t.jwks('a'), required_claims => '{email}');
SELECT tenancy.verify_jwt(:token, t.jwks('a'), leeway => '-1 s');
SELECT tenancy.verify_jwt(t.token('i', jsonb_build_object('exp', extract(epoch FROM now())::int - 10)), t.jwks('a'), leeway => '1 day') ->> 'iss';
SELECT tenancy.verify_jwt(:token, t.jwks('b'));
SELECT tenancy.verify_jwt(NULL, t.jwks('a')) IS NULL, tenancy.verify_jwt(:token, NULL) IS NULL;
-- Looking is not verifying.
SELECT * FROM tenancy.decode_jwt(:token || 'x');
SELECT * FROM tenancy.decode_jwt(:'es256');
SELECT * FROM tenancy.decode_jwt('a.b');
SELECT * FROM tenancy.decode_jwt('eyJhbGciOiJub25lIn0.e30.');
-- No error shows a token.
DO $$
DECLARE
  bad text := t.token('i', '{"sub": "secret-subject"}', 'b');
  message text; detail text; hint text; context text;
BEGIN
  PERFORM tenancy.verify_jwt(bad, t.jwks('a'));
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
    hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
  ASSERT concat(message, detail, hint, context) !~ 'eyJ|secret-subject', 'the error shows the token';
  RAISE NOTICE '% | %', message, detail;
END $$;
