-- Issuers: adding, changing, dropping them and their keys.

CREATE FUNCTION tenancy.issuer_presets(
    OUT preset text, OUT tenant_claim text, OUT user_claim text, OUT roles_claim text,
    OUT permissions_claim text, OUT tier_claim text, OUT agent_claim text,
    OUT tenants_claim text, OUT algorithms text[], OUT source text)
  RETURNS SETOF record LANGUAGE c STABLE STRICT PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_issuer_presets';
COMMENT ON FUNCTION tenancy.issuer_presets() IS
  'What the argument preset of tenancy.add_issuer stands for, and the provider''s page that says so. NULL = the standard.';
REVOKE ALL ON FUNCTION tenancy.issuer_presets() FROM PUBLIC;

CREATE FUNCTION tenancy.add_issuer(
    issuer text, audience text[], preset text DEFAULT NULL, jwks json DEFAULT NULL,
    jwks_uri text DEFAULT NULL, algorithms text[] DEFAULT NULL,
    authorized_parties text[] DEFAULT NULL, required_claims jsonb DEFAULT NULL,
    tenant_claim text DEFAULT NULL, user_claim text DEFAULT NULL, roles_claim text DEFAULT NULL,
    permissions_claim text DEFAULT NULL, permission_prefix text DEFAULT NULL,
    tier_claim text DEFAULT NULL, agent_claim text DEFAULT NULL,
    tenant_id tenancy.tenant_id DEFAULT NULL, tenants text DEFAULT 'open',
    tenants_claim text DEFAULT NULL, membership text DEFAULT 'claims',
    tenant_lookup text DEFAULT 'claim', user_prefix text DEFAULT NULL,
    leeway interval DEFAULT '30 s')
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
  defaults record;
  missing text;
BEGIN
  SELECT p.* INTO defaults FROM tenancy.issuer_presets() AS p WHERE p.preset = add_issuer.preset;
  IF preset IS NOT NULL AND defaults IS NULL THEN
    RAISE 'unknown preset' USING ERRCODE = '22023',
      DETAIL = format('There is no preset "%s".', preset),
      HINT = (SELECT 'preset is one of ' || string_agg(p.preset, ', ' ORDER BY p.preset) || '.'
              FROM tenancy.issuer_presets() AS p);
  END IF;
  missing := CASE WHEN issuer IS NULL THEN 'issuer' WHEN audience IS NULL THEN 'audience'
    WHEN tenants IS NULL THEN 'tenants' WHEN membership IS NULL THEN 'membership'
    WHEN tenant_lookup IS NULL THEN 'tenant_lookup' WHEN leeway IS NULL THEN 'leeway' END;
  IF missing IS NOT NULL THEN
    RAISE '% is missing', missing USING ERRCODE = '22023', DETAIL = 'It cannot be NULL.',
      HINT = CASE missing WHEN 'issuer' THEN 'Give iss as the tokens say it.'
        WHEN 'audience' THEN
          'Give an array: a token issued for another application must not enter.'
        ELSE 'Leave it out for the default.' END;
  END IF;
  IF issuer = tenancy.own_issuer() THEN
    RAISE 'issuer is not valid' USING ERRCODE = '22023',
      DETAIL = 'It is the name of this database''s own issuer, whose tokens enter already.',
      HINT = 'Where another signs under this name, set tenancy.own_issuer to a name of its own first.';
  END IF;
  INSERT INTO tenancy.issuers AS i (issuer, audience, preset, jwks, jwks_uri, algorithms,
      authorized_parties, required_claims, tenant_claim, user_claim, roles_claim,
      permissions_claim, permission_prefix, tier_claim, agent_claim, tenant_id, tenants,
      tenants_claim, membership, tenant_lookup, user_prefix, leeway)
    VALUES (issuer, audience, preset, jwks, jwks_uri, coalesce(algorithms, defaults.algorithms),
      authorized_parties, required_claims,
      coalesce(tenant_claim, defaults.tenant_claim, 'tenant_id'),
      coalesce(user_claim, defaults.user_claim, 'sub'),
      coalesce(roles_claim, defaults.roles_claim),
      coalesce(permissions_claim, defaults.permissions_claim),
      permission_prefix, coalesce(tier_claim, defaults.tier_claim),
      coalesce(agent_claim, defaults.agent_claim), tenant_id, tenants,
      coalesce(tenants_claim, defaults.tenants_claim), membership, tenant_lookup, user_prefix, leeway)
    ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN
    RAISE 'issuer exists already' USING ERRCODE = '42710',
      DETAIL = format('There is an issuer "%s".', issuer),
      HINT = 'Use tenancy.alter_issuer or tenancy.set_jwks.';
  END IF;
END
$$;

CREATE FUNCTION tenancy.alter_issuer(issuer text, changes jsonb)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  was tenancy.issuers;
  new tenancy.issuers;
  unknown text;
BEGIN
  IF issuer IS NULL OR changes IS NULL THEN
    RAISE 'issuer or changes is missing' USING ERRCODE = '22023',
      DETAIL = 'Nothing was changed.', HINT = 'Give both.';
  END IF;
  IF jsonb_typeof(changes) <> 'object' THEN
    RAISE 'changes is not valid' USING ERRCODE = '22023',
      DETAIL = 'It is not a JSON object.',
      HINT = 'Give the arguments of tenancy.add_issuer to change, as {"leeway": "1 min"}.';
  END IF;
  SELECT string_agg(quote_ident(k), ', ' ORDER BY k) INTO unknown
    FROM jsonb_object_keys(changes) AS k
    WHERE k <> ALL (ARRAY['audience', 'jwks', 'jwks_uri', 'algorithms', 'authorized_parties',
      'required_claims', 'tenant_claim', 'user_claim', 'roles_claim', 'permissions_claim',
      'permission_prefix', 'tier_claim', 'agent_claim', 'tenant_id', 'tenants', 'tenants_claim',
      'membership', 'tenant_lookup', 'user_prefix', 'leeway']);
  IF unknown IS NOT NULL THEN
    RAISE 'changes is not valid' USING ERRCODE = '22023',
      DETAIL = format('An issuer cannot change %s.', unknown),
      HINT = 'The names are those of tenancy.add_issuer, without issuer and preset.';
  END IF;
  SELECT i.* INTO was FROM tenancy.issuers AS i WHERE i.issuer = alter_issuer.issuer FOR UPDATE;
  IF NOT FOUND THEN
    RAISE 'issuer does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no issuer "%s".', alter_issuer.issuer),
      HINT = 'SELECT issuer FROM tenancy.issuers shows the names.';
  END IF;
  new := jsonb_populate_record(was, changes);
  UPDATE tenancy.issuers AS i SET
      audience = new.audience, jwks = new.jwks, jwks_uri = new.jwks_uri,
      algorithms = new.algorithms, authorized_parties = new.authorized_parties,
      required_claims = new.required_claims,
      tenant_claim = coalesce(new.tenant_claim, 'tenant_id'),
      user_claim = coalesce(new.user_claim, 'sub'), roles_claim = new.roles_claim,
      permissions_claim = new.permissions_claim, permission_prefix = new.permission_prefix,
      tier_claim = new.tier_claim, agent_claim = new.agent_claim, tenant_id = new.tenant_id,
      tenants = coalesce(new.tenants, 'open'), tenants_claim = new.tenants_claim,
      membership = coalesce(new.membership, 'claims'),
      tenant_lookup = coalesce(new.tenant_lookup, 'claim'), user_prefix = new.user_prefix,
      leeway = coalesce(new.leeway, '30 s')
    WHERE i.issuer = was.issuer;
END
$$;

CREATE FUNCTION tenancy.set_jwks(issuer text, jwks json)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF issuer IS NULL OR jwks IS NULL THEN
    RAISE 'issuer or jwks is missing' USING ERRCODE = '22023',
      DETAIL = 'The keys are as they were.',
      HINT = 'Give both; tenancy.drop_issuer stops believing an issuer.';
  END IF;
  UPDATE tenancy.issuers AS i SET jwks = set_jwks.jwks WHERE i.issuer = set_jwks.issuer;
  IF NOT FOUND THEN
    RAISE 'issuer does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no issuer "%s".', set_jwks.issuer),
      HINT = 'Add it with tenancy.add_issuer.';
  END IF;
END
$$;

CREATE FUNCTION tenancy.drop_issuer(issuer text)
  RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
  IF issuer IS NULL THEN
    RAISE 'issuer is missing' USING ERRCODE = '22023',
      DETAIL = 'No issuer was dropped.', HINT = 'Give iss as tenancy.issuers has it.';
  END IF;
  DELETE FROM tenancy.issuers AS i WHERE i.issuer = drop_issuer.issuer;
  IF NOT FOUND THEN
    RAISE 'issuer does not exist' USING ERRCODE = '42704',
      DETAIL = format('There is no issuer "%s".', drop_issuer.issuer),
      HINT = 'SELECT issuer FROM tenancy.issuers shows the names.';
  END IF;
END
$$;

COMMENT ON FUNCTION tenancy.add_issuer IS
$$Believe the tokens of an issuer (iss). For administrators; reaches running sessions at their next use.
audience: one of these must be in aud; '{}' only together with authorized_parties (azp, else client_id) or required_claims (contained in the claims).
preset: a provider of tenancy.issuer_presets() whose claim names become the defaults.
jwks: the JWK Set; jwks_uri: kept for the record, nothing fetches it. algorithms: which of the keys' to accept.
Claim paths: a claim's name, or names joined by dots (app_metadata.tenant_id); names may contain dots and slashes themselves. A path that can be read in two ways in one token refuses it; so does one that is not exactly one string. Roles and permissions also accept arrays, space-separated strings and nested objects; permissions that do not parse are ignored.
permissions_claim: NULL = tokens do not bound permissions; with it, a token without the claim has none. permission_prefix: only permissions that start with it count, without it.
agent_claim: NULL = act.sub, then azp. tenants_claim: an array, the tenants to pick from when entering.
tenant_id: speaks for this tenant only. tenants: open, registered (tenancy.tenants) or listed (tenancy.issuer_tenants). tenant_lookup: claim, or alias (tenancy.tenant_aliases). membership: claims, or required: the user (user_prefix included) must be an active row of tenancy.members, and may enter any tenant where they are one.
user_prefix: put before the user claim, keeps equal subjects of two issuers apart. leeway: 0 to 5 min for exp, nbf and iat.
Errors: 22023 an argument or a key is refused, the DETAIL names it; 42710 the issuer exists.$$;
COMMENT ON FUNCTION tenancy.alter_issuer(text, jsonb) IS
  'Change arguments of tenancy.add_issuer, given by name in a JSON object; null returns to the standard''s default. Errors: 22023 unknown name or refused value, 42704 no such issuer.';
COMMENT ON FUNCTION tenancy.set_jwks(text, json) IS
  'Replace the whole key set of an issuer in one step; tokens of removed keys are refused from the next statement of every session on. Errors: 22023 NULL, or a key that could never verify safely (named by kid or position), 42704 no such issuer.';
COMMENT ON FUNCTION tenancy.drop_issuer(text) IS
  'Stop believing an issuer; its aliases and listed tenants go too, and sessions inside with its tokens are refused at their next statement. Errors: 42704 no such issuer, 22023 NULL.';
REVOKE ALL ON FUNCTION tenancy.add_issuer, tenancy.alter_issuer, tenancy.set_jwks,
  tenancy.drop_issuer FROM PUBLIC;
