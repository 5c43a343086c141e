-- From claims to an identity, as explain_token() shows it. The rules themselves are unit tests of
-- the core; here is that the columns of tenancy.issuers reach them, and the tables that answer.
\getenv dir PG_ABS_SRCDIR
\set tokens :dir '/sql/include/tokens.sql'
\i :tokens
\set SHOW_CONTEXT never
SELECT tenancy.add_issuer('https://a', '{db}', jwks => t.jwks('a'));
CREATE FUNCTION t.entered(claims jsonb, changes jsonb DEFAULT '{}') RETURNS text
  LANGUAGE plpgsql AS $$
BEGIN
  PERFORM tenancy.alter_issuer('https://a', changes);
  RETURN t.try(t.token('https://a', '{"sub": "u", "tenant_id": "acme"}'::jsonb || claims));
END $$;

SELECT t.entered('{}');
SELECT t.entered('{"tenant_id": null}');
SELECT t.entered('{"tenant_id": ["acme"]}');
SELECT t.entered('{"sub": null}');
SELECT t.entered('{"exp": null}');
SELECT t.entered('{"aud": ["x", "db"]}'), t.entered('{"aud": "x"}');
SELECT t.entered('{"exp": 1000000000}');
SELECT t.entered('{"nbf": 4102444799}'), t.entered('{"iat": 4102444799}');
SELECT t.try(t.sign('{"alg":"HS256","kid":"a"}',
  '{"iss":"https://a","aud":"db","exp":4102444800,"sub":"u","tenant_id":"acme","x":"\u0000"}', repeat('a', 32)));

SELECT t.entered('{"org": {"id": "globex"}}', '{"tenant_claim": "org.id"}');
SELECT t.entered('{"org": {"id": "globex"}, "org.id": "acme"}');
SELECT t.entered('{"https://x/t": "globex"}', '{"tenant_claim": "https://x/t"}');
SELECT t.entered('{}', '{"tenant_claim": null, "tenant_id": "acme"}');
SELECT t.entered('{"tenant_id": "globex"}');
SELECT t.entered('{}', '{"tenant_id": null, "tenants": "listed"}');
INSERT INTO tenancy.issuer_tenants VALUES ('https://a', 'acme');
SELECT t.entered('{}'), t.entered('{"tenant_id": "globex"}');
SELECT t.entered('{}', '{"tenants": "registered"}');
INSERT INTO tenancy.tenants VALUES ('acme'), ('550e8400-e29b-41d4-a716-446655440000');
SELECT t.entered('{}'), t.entered('{"tenant_id": "550E8400-E29B-41D4-A716-446655440000"}');
SELECT t.entered('{}', '{"tenant_lookup": "alias", "tenants": "open"}');
INSERT INTO tenancy.tenant_aliases VALUES ('https://a', 'Acme, Inc.', 'acme');
SELECT t.entered('{"tenant_id": "Acme, Inc."}');
SELECT t.entered('{"tenant_id": "acme, inc."}');
SELECT t.entered('{"tenant_id": null, "orgs": ["acme"]}', '{"tenant_lookup": "claim", "tenants_claim": "orgs"}');
SELECT t.entered('{}', '{"authorized_parties": ["app"], "tenants_claim": null}');
SELECT t.entered('{"azp": "app"}'), t.entered('{"client_id": "app"}');
SELECT t.entered('{}', '{"authorized_parties": null, "required_claims": {"use": "access"}}');
SELECT t.entered('{"use": "access"}');

-- Each step, with what was ignored.
SELECT tenancy.alter_issuer('https://a', '{"required_claims": null, "roles_claim": "r",
  "permissions_claim": "p", "tier_claim": "plan", "user_prefix": "idp1:"}');
SELECT * FROM tenancy.explain_token(t.token('https://a',
  '{"sub": "u", "tenant_id": "acme", "r": "a b", "p": ["x:y", "x y"], "plan": "pro"}'));
SELECT * FROM tenancy.explain_token(t.token('https://a', '{"sub": "u", "tenant_id": "a b"}'));
SELECT * FROM tenancy.explain_token(t.token('https://nobody', '{}'));
-- As it is presented: with its scheme, and narrowed.
SELECT step, detail FROM tenancy.explain_token('Bearer ' ||
  t.token('https://a', '{"sub": "u", "tenant_id": "acme"}') || ';tenant=acme') WHERE step = 'tenant';
SELECT step, detail FROM tenancy.explain_token(
  t.token('https://a', '{"sub": "u", "tenant_id": "acme"}') || ';tenant=globex') WHERE NOT passed;
SELECT step, detail FROM tenancy.explain_token('Bearer ') WHERE NOT passed;
SELECT * FROM tenancy.explain_token(t.token('https://a', '{}', 'b'));
SELECT * FROM tenancy.explain_token('no token');
