-- HS256 tokens made in SQL, with nothing of the extension: what the tests' issuers sign with.
CREATE EXTENSION pgcrypto;
CREATE SCHEMA t;
CREATE FUNCTION t.url64(bytea) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$SELECT rtrim(translate(encode($1, 'base64'), E'+/\n', '-_'), '=')$$;
CREATE FUNCTION t.sign(header text, claims text, secret text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$SELECT s || '.' || t.url64(public.hmac(convert_to(s, 'UTF8'), convert_to(secret, 'UTF8'), 'sha256'))
  FROM (SELECT t.url64(convert_to(header, 'UTF8')) || '.' || t.url64(convert_to(claims, 'UTF8'))) x (s)$$;
-- A token of issuer `iss` for audience db until 2100, with further claims; key a or b.
CREATE FUNCTION t.token(iss text, claims jsonb, key text DEFAULT 'a') RETURNS text
  LANGUAGE sql IMMUTABLE AS
$$SELECT t.sign(format('{"alg":"HS256","kid":"%s"}', key),
    (jsonb_build_object('iss', iss, 'aud', 'db', 'exp', 4102444800) || claims)::text,
    repeat(key, 32))$$;
CREATE FUNCTION t.jwks(VARIADIC keys text[]) RETURNS json LANGUAGE sql IMMUTABLE AS
$$SELECT json_build_object('keys', json_agg(json_build_object('kty', 'oct', 'alg', 'HS256',
    'kid', k, 'k', t.url64(repeat(k, 32)::bytea)))) FROM unnest(keys) k$$;
-- What happens to a token: `entered` with the tenant it is for, or the SQLSTATE and the reason.
CREATE FUNCTION t.try(token text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  claims jsonb;
  detail text;
BEGIN
  claims := tenancy.verify_jwt(token);
  RETURN 'verified ' || coalesce(claims ->> 'sub', '');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ': ' || detail;
END $$;
-- The SQLSTATE an expression ends with.
CREATE FUNCTION t.state(expression text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE 'SELECT ' || expression;
  RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE || ' ' || SQLERRM;
END $$;
