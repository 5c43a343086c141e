-- Tokens made in SQL, with nothing of the extension, and what becomes of whoever enters with them.
CREATE EXTENSION pgcrypto;
CREATE FUNCTION url64(bytea) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT rtrim(translate(encode($1, 'base64'), E'+/\n', '-_'), '=') $$;
CREATE FUNCTION jwks() RETURNS json LANGUAGE sql IMMUTABLE AS
  $$ SELECT json_build_object('kty', 'oct', 'alg', 'HS256', 'kid', 'a', 'k', url64(repeat('a', 32)::bytea)) $$;
CREATE FUNCTION token(issuer text, claims jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT s || '.' || url64(hmac(s::bytea, repeat('a', 32)::bytea, 'sha256'))
  FROM (SELECT url64('{"alg":"HS256","kid":"a"}') || '.' || url64(convert_to(
    (claims || jsonb_build_object('iss', issuer, 'aud', 'db', 'exp', 4102444800))::text, 'UTF8'))) x (s) $$;
-- The tenant and the user that a call of login() leads to, or its SQLSTATE and DETAIL.
CREATE FUNCTION enters(token text, tenant text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE who tenancy.identity; detail text;
BEGIN
  who := tenancy.login(token, tenant::tenancy.tenant_id, local => false);
  PERFORM tenancy.logout();
  RETURN who.tenant_id || '/' || coalesce(who.user_id::text, '');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ' ' || detail;
END $$;
-- The same of the setting.
CREATE FUNCTION sets(credential text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE who tenancy.identity; detail text;
BEGIN
  PERFORM set_config('tenancy.token', credential, false);
  who := tenancy.whoami();
  PERFORM tenancy.logout();
  RETURN who.tenant_id || '/' || coalesce(who.user_id::text, '');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN SQLSTATE || ' ' || detail;
END $$;
-- The agent one enters as, by the argument or by the suffix; none, or the SQLSTATE.
CREATE FUNCTION as_agent(token text, agent text, suffix boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE found text;
BEGIN
  IF suffix THEN
    PERFORM set_config('tenancy.token', token || ';agent=' || agent, false);
  ELSE
    PERFORM tenancy.login(token, agent => agent, local => false);
  END IF;
  found := (tenancy.whoami()).agent;
  PERFORM tenancy.logout();
  RETURN coalesce(found, 'none');
EXCEPTION WHEN OTHERS THEN
  RETURN SQLSTATE;
END $$;
