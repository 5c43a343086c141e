-- Who may enter which tenant: membership, standing, the age of tokens, and users of several tenants.
BEGIN;
SELECT no_plan();
SET LOCAL tenancy.scope = session;
SET LOCAL tenancy.entry_check = off;
\ir helpers/entry.sql
SELECT tenancy.add_issuer('https://claims', '{db}', jwks => jwks(), tenants_claim => 'orgs');
SELECT tenancy.add_issuer('https://members', '{db}', jwks => jwks(), membership => 'required', tenants_claim => 'orgs');
SELECT tenancy.add_issuer('https://prefixed', '{db}', jwks => jwks(), membership => 'required', user_prefix => 'idp2:');
SELECT tenancy.add_issuer('https://bound', '{db}', jwks => jwks(), membership => 'required', tenant_id => 'acme');
SELECT tenancy.add_issuer('https://listed', '{db}', jwks => jwks(), membership => 'required', tenants => 'listed');
INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('acme', 'active'), ('globex', 'active'), ('initech', 'active'),
  ('paused', 'suspended'), ('gone', 'closed'), ('F47AC10B-58CC-4372-A567-0E02B2C3D479', 'active');
INSERT INTO tenancy.members (tenant_id, user_id, status) VALUES
  ('acme', 'ann', 'active'), ('globex', 'ann', 'active'), ('initech', 'ann', 'suspended'), ('paused', 'ann', 'active'),
  ('gone', 'ann', 'active'), ('acme', 'bob', 'suspended'), ('globex', 'idp2:ann', 'active'),
  ('f47ac10b-58cc-4372-a567-0e02b2c3d479', '6BA7B810-9DAD-11D1-80B4-00C04FD430C8', 'active');
INSERT INTO tenancy.issuer_tenants VALUES ('https://listed', 'globex');

-- expected: tenant/user of the identity, or SQLSTATE and DETAIL
SELECT is(enters(token(issuer, claims), tenant), expected, format('%s %s as %s', issuer, claims, tenant)) FROM (VALUES
  -- The token alone decides, but for who is suspended.
  ('https://claims', '{"sub": "zoe", "tenant_id": "acme"}'::jsonb, NULL, 'acme/zoe'),
  ('https://claims', '{"sub": "bob", "tenant_id": "globex"}', NULL, 'globex/bob'),
  ('https://claims', '{"sub": "bob", "tenant_id": "acme"}', NULL, 'TN005 The user is suspended in the tenant.'),
  ('https://claims', '{"sub": "zoe", "tenant_id": "paused"}', NULL, 'TN005 The tenant is suspended.'),
  ('https://claims', '{"sub": "zoe", "tenant_id": "gone"}', NULL, 'TN005 The tenant is suspended.'),
  -- A membership is no reason to be let in by an issuer that does not ask for one.
  ('https://claims', '{"sub": "ann", "tenant_id": "acme"}', 'globex', 'TN002 The token does not entitle to the tenant asked for.'),
  ('https://claims', '{"sub": "ann"}', 'globex', 'TN002 The token does not entitle to the tenant asked for.'),
  ('https://claims', '{"sub": "ann", "orgs": ["initech", "globex"]}', 'globex', 'globex/ann'),
  ('https://claims', '{"sub": "ann", "orgs": ["initech", "globex"]}', 'initech', 'TN005 The user is suspended in the tenant.'),
  ('https://claims', '{"sub": "ann", "orgs": ["initech", "globex"]}', NULL,
    'TN002 The token names no single tenant: enter with one of those in the claim "orgs".'),
  -- Members only, wherever they are one.
  ('https://members', '{"sub": "ann", "tenant_id": "acme"}', NULL, 'acme/ann'),
  ('https://members', '{"sub": "zoe", "tenant_id": "acme"}', NULL, 'TN002 The user is not a member of the tenant.'),
  ('https://members', '{"sub": "bob", "tenant_id": "acme"}', NULL, 'TN005 The user is suspended in the tenant.'),
  ('https://members', '{"sub": "ann", "tenant_id": "acme"}', 'globex', 'globex/ann'),
  ('https://members', '{"sub": "ann"}', 'globex', 'globex/ann'),
  ('https://members', '{"sub": "ann"}', NULL, 'TN002 The token names no tenant: enter with one that the user is a member of.'),
  ('https://members', '{"sub": "ann"}', 'initech', 'TN005 The user is suspended in the tenant.'),
  ('https://members', '{"sub": "ann"}', 'paused', 'TN005 The tenant is suspended.'),
  ('https://members', '{"sub": "ann"}', 'gone', 'TN005 The tenant is suspended.'),
  -- The token's list makes nobody a member.
  ('https://members', '{"sub": "zoe", "orgs": ["acme"]}', 'acme', 'TN002 The user is not a member of the tenant.'),
  ('https://members', '{"sub": "ann", "orgs": ["globex"]}', 'acme', 'acme/ann'),
  -- Who is not a member learns nothing of the tenant.
  ('https://members', '{"sub": "zoe"}', 'paused', 'TN002 The user is not a member of the tenant.'),
  ('https://members', '{"sub": "zoe"}', 'nowhere', 'TN002 The user is not a member of the tenant.'),
  -- One user, one spelling; equal subjects of two issuers.
  ('https://members', '{"sub": "6ba7b810-9dad-11d1-80b4-00c04fd430c8"}', 'F47AC10B-58CC-4372-a567-0e02b2c3d479',
    'f47ac10b-58cc-4372-a567-0e02b2c3d479/6ba7b810-9dad-11d1-80b4-00c04fd430c8'),
  ('https://members', '{"sub": "6ba7b8109dad11d180b400c04fd430c8"}', 'f47ac10b-58cc-4372-a567-0e02b2c3d479',
    'TN002 The user is not a member of the tenant.'),
  ('https://members', '{"sub": "ANN"}', 'acme', 'TN002 The user is not a member of the tenant.'),
  ('https://members', '{"sub": "ann"}', 'ACME', 'TN002 The user is not a member of the tenant.'),
  ('https://prefixed', '{"sub": "ann", "tenant_id": "acme"}', NULL, 'TN002 The user is not a member of the tenant.'),
  ('https://prefixed', '{"sub": "ann"}', 'globex', 'globex/idp2:ann'),
  -- What else the issuer asks for holds as well.
  ('https://bound', '{"sub": "ann"}', NULL, 'acme/ann'),
  ('https://bound', '{"sub": "ann"}', 'globex', 'TN002 The issuer speaks for another tenant only.'),
  ('https://bound', '{"sub": "zoe"}', NULL, 'TN002 The user is not a member of the tenant.'),
  ('https://listed', '{"sub": "ann"}', 'globex', 'globex/ann'),
  ('https://listed', '{"sub": "ann"}', 'acme', 'TN002 The tenant is not among those listed for the issuer.'),
  ('https://members', '{"tenant_id": "acme"}', NULL, 'TN002 The claim "sub" is absent.')) v (issuer, claims, tenant, expected);

-- The suffix of the setting is login()'s argument.
SELECT is(sets(token('https://members', '{"sub": "ann"}') || ';tenant=globex'), 'globex/ann', 'narrowed by suffix');
SELECT is(sets(token('https://members', '{"sub": "ann"}') || ';tenant=acme;tenant=globex'), 'TN002 The suffix names two tenants.', 'two');
SELECT is(enters(token('https://members', '{"sub": "ann"}') || ';tenant=acme', 'globex'), 'TN002 The suffix names two tenants.',
  'nor suffix and argument');

-- Earlier tokens: of a tenant, of a user in it.
SELECT extract(epoch FROM date_trunc('second', now()))::bigint - 60 AS cut \gset
CREATE FUNCTION at(issuer text, tenant text, iat numeric) RETURNS text LANGUAGE sql AS $$
  SELECT left(enters(token(issuer, jsonb_strip_nulls(jsonb_build_object('sub', 'ann', 'tenant_id', tenant, 'iat', iat)))), 5) $$;
UPDATE tenancy.tenants SET tokens_valid_after = to_timestamp(:cut) + interval '0.4 s' WHERE tenant_id = 'acme';
UPDATE tenancy.members SET tokens_valid_after = to_timestamp(:cut) + interval '0.4 s' WHERE (tenant_id, user_id) = ('globex', 'ann');
SELECT is(at(issuer, tenant, iat), expected, format('%s %s %s', issuer, tenant, iat - :cut))
FROM (VALUES (NULL, 'TN005'), (:cut - 1, 'TN005'), (:cut, 'TN005'), (:cut + 0.9, 'TN005'), (:cut + 1, NULL)) v (iat, refused),
  (VALUES ('acme', 'acme/'), ('globex', 'globe')) t (tenant, name), (VALUES ('https://claims'), ('https://members')) i (issuer),
  coalesce(refused, name) AS expected;
SELECT is(enters(token('https://claims', '{"sub": "ann", "tenant_id": "acme"}')),
  'TN005 The token has no iat, and earlier tokens of the tenant are not valid any more.', 'without iat');
SELECT is(enters(token('https://claims', '{"sub": "ann", "tenant_id": "globex", "iat": 1}')),
  'TN005 The token was issued before the user''s earlier tokens were revoked.', 'of the user');
SELECT is(enters(token('https://claims', '{"sub": "zoe", "tenant_id": "globex", "iat": 1}')), 'globex/zoe', 'not of another user');
UPDATE tenancy.tenants SET tokens_valid_after = 'infinity' WHERE tenant_id = 'acme';
SELECT is(at('https://claims', 'acme', :cut + 60), 'TN005', 'infinity: none is valid');
UPDATE tenancy.tenants SET tokens_valid_after = '-infinity' WHERE tenant_id = 'acme';
SELECT is(at('https://claims', 'acme', 1), 'acme/', '-infinity: each with iat is');
SELECT is(at('https://claims', 'acme', NULL), 'TN005', 'and none without');
UPDATE tenancy.tenants SET tokens_valid_after = now() - interval '1 min';
SELECT is(enters(tenancy.issue_token('acme', 'ann')), 'acme/ann', 'a new token of the own issuer');
SELECT tenancy.issue_token('acme', 'ann') AS own \gset
UPDATE tenancy.tenants SET tokens_valid_after =
  (SELECT to_timestamp((claims ->> 'iat')::bigint) + interval '0.9 s' FROM tenancy.decode_jwt(:'own'));
SELECT is(left(enters(:'own'), 5), 'TN005', 'one of the second of the revocation');
UPDATE tenancy.tenants SET tokens_valid_after = NULL;
UPDATE tenancy.members SET tokens_valid_after = NULL;
SELECT is(enters(tenancy.issue_token('acme', 'bob')), 'TN005 The user is suspended in the tenant.', 'the own issuer lets no suspended user in');
SELECT is(enters(tenancy.issue_token('acme')), 'acme/', 'a job has no membership');

-- Administrators see which check it was, and alter_issuer() changes what is asked for.
SELECT results_eq($$SELECT step, passed, detail FROM tenancy.explain_token(token('https://members', '{"sub": "zoe", "tenant_id": "acme"}'))
    WHERE step IN ('tenant', 'membership', 'tenant''s standing')$$,
  $$VALUES ('tenant', true, 'acme'), ('membership', false, 'The user is not a member of the tenant.')$$, 'explain_token(): not a member');
SELECT results_eq(format($$SELECT detail FROM tenancy.explain_token(token(%L, '{"sub": "%s", "tenant_id": "acme"}')) WHERE step = 'membership'$$, i, u),
  ARRAY[d], d) FROM (VALUES ('https://members', 'ann', 'an active member'), ('https://claims', 'zoe', 'none, and none is required')) v (i, u, d);
SELECT tenancy.alter_issuer('https://claims', '{"membership": "required"}');
SELECT is(left(enters(token('https://claims', '{"sub": "zoe", "tenant_id": "acme"}')), 5), 'TN002', 'required from now on');
SELECT tenancy.alter_issuer('https://claims', '{"membership": null}');
SELECT is(enters(token('https://claims', '{"sub": "zoe", "tenant_id": "acme"}')), 'acme/zoe', 'and no more');
SELECT throws_ok($$SELECT tenancy.alter_issuer('https://claims', '{"membership": "maybe"}')$$, '22023', 'membership is not valid');

-- Never two at once.
SET LOCAL tenancy.scope = transaction;
SELECT tenancy.logout();
SELECT is((tenancy.login(token('https://members', '{"sub": "ann"}'), 'acme')).tenant_id, 'acme', 'in one');
SELECT throws_ok($$SELECT tenancy.login(token('https://members', '{"sub": "ann"}'), 'globex')$$, 'TN011', NULL, 'not in a second');
SELECT is((tenancy.login(token('https://members', '{"sub": "ann"}'), 'acme')).tenant_id, 'acme', 'again in the first');
SELECT finish();
ROLLBACK;
