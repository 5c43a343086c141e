-- Trust: who may say who is calling. Tables that administrators fill, each with a trigger that
-- tells every running session of a change, whoever made it and however.

CREATE FUNCTION tenancy.trust_changed() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_trust_changed';
COMMENT ON FUNCTION tenancy.trust_changed() IS
  'Statement trigger of the trust tables: makes every running session read them again at its next use.';
REVOKE ALL ON FUNCTION tenancy.trust_changed() FROM PUBLIC;

-- Random, made with the extension and never dumped: a database restored elsewhere is another one.
CREATE TABLE tenancy.database_identity (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  id uuid NOT NULL DEFAULT gen_random_uuid()
);
INSERT INTO tenancy.database_identity DEFAULT VALUES;
COMMENT ON TABLE tenancy.database_identity IS
  'The random identity of this database, part of the name of its own issuer. Not in dumps: a restored copy gets another one.';
COMMENT ON COLUMN tenancy.database_identity.only_row IS 'Always true: there is one row.';
COMMENT ON COLUMN tenancy.database_identity.id IS 'Default of tenancy.own_issuer is urn:pg_tenancy: and this.';

CREATE TABLE tenancy.issuers (
  issuer text COLLATE "C" PRIMARY KEY CHECK (issuer <> ''),
  audience text[] NOT NULL,
  preset text,
  jwks json,
  jwks_uri text CHECK (jwks_uri ~ '^https://[^[:space:]]+$'),
  algorithms text[],
  authorized_parties text[],
  required_claims jsonb CHECK (jsonb_typeof(required_claims) = 'object'),
  tenant_claim text NOT NULL DEFAULT 'tenant_id',
  user_claim text NOT NULL DEFAULT 'sub',
  roles_claim text,
  permissions_claim text,
  permission_prefix text,
  tier_claim text,
  agent_claim text,
  tenant_id tenancy.tenant_id,
  tenants text NOT NULL DEFAULT 'open' CHECK (tenants IN ('open', 'registered', 'listed')),
  tenants_claim text,
  membership text NOT NULL DEFAULT 'claims' CHECK (membership IN ('claims', 'required')),
  tenant_lookup text NOT NULL DEFAULT 'claim' CHECK (tenant_lookup IN ('claim', 'alias')),
  user_prefix text,
  leeway interval NOT NULL DEFAULT '30 s' CHECK (leeway >= '0' AND leeway <= '5 min'),
  created_at timestamptz NOT NULL DEFAULT now(),
  keys_changed_at timestamptz
);
COMMENT ON TABLE tenancy.issuers IS
  'The issuers whose tokens this database believes. Fill it with tenancy.add_issuer; the columns are its arguments. Row security hides it from pg_read_all_data, as key sets may hold HMAC secrets.';
COMMENT ON COLUMN tenancy.issuers.issuer IS 'iss of its tokens, exactly.';
COMMENT ON COLUMN tenancy.issuers.audience IS 'One of these must be in aud; empty: aud is not looked at.';
COMMENT ON COLUMN tenancy.issuers.preset IS 'The preset it was added with, for the record.';
COMMENT ON COLUMN tenancy.issuers.algorithms IS 'Algorithms accepted; NULL: whatever the keys are for.';
COMMENT ON COLUMN tenancy.issuers.authorized_parties IS 'One of these must be azp, or client_id where there is no azp.';
COMMENT ON COLUMN tenancy.issuers.required_claims IS 'A JSON object that the claims must contain.';
COMMENT ON COLUMN tenancy.issuers.tenant_claim IS 'Path of the claim that names the tenant.';
COMMENT ON COLUMN tenancy.issuers.user_claim IS 'Path of the claim that names the user.';
COMMENT ON COLUMN tenancy.issuers.roles_claim IS 'Path of the claim with the roles; NULL: none are read.';
COMMENT ON COLUMN tenancy.issuers.permissions_claim IS 'Path of the claim with the permissions; NULL: tokens do not bound permissions.';
COMMENT ON COLUMN tenancy.issuers.permission_prefix IS 'Only permissions that start with it count, without it.';
COMMENT ON COLUMN tenancy.issuers.tier_claim IS 'Path of the claim with the subscription tier; NULL: none is read.';
COMMENT ON COLUMN tenancy.issuers.agent_claim IS 'Path of the claim that names the agent; NULL: act.sub, then azp.';
COMMENT ON COLUMN tenancy.issuers.tenant_id IS 'The only tenant it may speak for; NULL: not bound to one.';
COMMENT ON COLUMN tenancy.issuers.tenants IS 'open, registered (in tenancy.tenants) or listed (in tenancy.issuer_tenants).';
COMMENT ON COLUMN tenancy.issuers.tenants_claim IS 'Path of an array of the tenants to pick from when entering; NULL: no choice.';
COMMENT ON COLUMN tenancy.issuers.membership IS 'claims: the token alone says who may enter a tenant; required: the user must be an active row of tenancy.members too.';
COMMENT ON COLUMN tenancy.issuers.tenant_lookup IS 'claim: the tenant claim is the tenant; alias: tenancy.tenant_aliases says which it is.';
COMMENT ON COLUMN tenancy.issuers.user_prefix IS 'Put before the user claim: keeps equal subjects of two issuers apart.';
COMMENT ON COLUMN tenancy.issuers.leeway IS 'For exp, nbf and iat; 0 to 5 minutes.';
COMMENT ON COLUMN tenancy.issuers.created_at IS 'When it was added.';
COMMENT ON COLUMN tenancy.issuers.jwks IS
  'The JWK Set (RFC 7517) that verifies this issuer''s tokens; HMAC keys are secrets.';
COMMENT ON COLUMN tenancy.issuers.jwks_uri IS
  'Where the issuer publishes its keys. Kept for the record only: nothing fetches it, store the keys with tenancy.set_jwks.';
COMMENT ON COLUMN tenancy.issuers.keys_changed_at IS 'When the key set was stored.';

CREATE TABLE tenancy.tenants (
  tenant_id tenancy.tenant_id PRIMARY KEY,
  status text NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'suspended', 'closed')),
  created_at timestamptz NOT NULL DEFAULT now(),
  tier text COLLATE "C",
  parent tenancy.tenant_id CHECK (parent <> tenant_id)
    REFERENCES tenancy.tenants ON UPDATE CASCADE,
  display_name text,
  settings jsonb NOT NULL DEFAULT '{}' CHECK (jsonb_typeof(settings) = 'object'),
  tokens_valid_after timestamptz
);
COMMENT ON TABLE tenancy.tenants IS
  'The registered tenants. Issuers with tenants => ''registered'' speak for these only; a suspended or closed tenant is refused (TN005) whoever speaks for it.';
COMMENT ON COLUMN tenancy.tenants.tenant_id IS 'The tenant.';
COMMENT ON COLUMN tenancy.tenants.status IS
  'active, suspended or closed; a change reaches running sessions at their next statement.';
COMMENT ON COLUMN tenancy.tenants.created_at IS 'When it was registered.';
COMMENT ON COLUMN tenancy.tenants.tier IS
  'Its subscription tier; NULL: the tier that the credential names, else the default tier.';
COMMENT ON COLUMN tenancy.tenants.parent IS
  'The tenant it belongs to, for the record: a parent sees nothing of its children by it.';
COMMENT ON COLUMN tenancy.tenants.display_name IS 'A name for people.';
COMMENT ON COLUMN tenancy.tenants.settings IS 'A JSON object for the application; the extension reads nothing in it.';
COMMENT ON COLUMN tenancy.tenants.tokens_valid_after IS
  'Tokens issued in this second or before are refused (TN005), as are those without iat; NULL: no such limit.';

CREATE TABLE tenancy.tenant_aliases (
  issuer text COLLATE "C" NOT NULL
    REFERENCES tenancy.issuers ON UPDATE CASCADE ON DELETE CASCADE,
  claim_value text COLLATE "C" NOT NULL,
  tenant_id tenancy.tenant_id NOT NULL,
  PRIMARY KEY (issuer, claim_value)
);
COMMENT ON TABLE tenancy.tenant_aliases IS
  'For issuers with tenant_lookup => ''alias'': which tenant a value of the tenant claim means.';
COMMENT ON COLUMN tenancy.tenant_aliases.issuer IS 'The issuer whose claim it is.';
COMMENT ON COLUMN tenancy.tenant_aliases.claim_value IS 'The claim''s value, exactly.';
COMMENT ON COLUMN tenancy.tenant_aliases.tenant_id IS 'The tenant it means.';

CREATE TABLE tenancy.issuer_tenants (
  issuer text COLLATE "C" NOT NULL
    REFERENCES tenancy.issuers ON UPDATE CASCADE ON DELETE CASCADE,
  tenant_id tenancy.tenant_id NOT NULL,
  PRIMARY KEY (issuer, tenant_id)
);
COMMENT ON TABLE tenancy.issuer_tenants IS
  'For issuers with tenants => ''listed'': the tenants that the issuer may speak for.';
COMMENT ON COLUMN tenancy.issuer_tenants.issuer IS 'The issuer.';
COMMENT ON COLUMN tenancy.issuer_tenants.tenant_id IS 'A tenant it may speak for.';

CREATE TABLE tenancy.signing_keys (
  kid text COLLATE "C" PRIMARY KEY,
  issuer text COLLATE "C" NOT NULL,
  jwk json NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  verify_until timestamptz
);
-- At most one key signs, whatever happens at the same time.
CREATE UNIQUE INDEX signing_keys_one_signs ON tenancy.signing_keys ((true))
  WHERE verify_until IS NULL;
CREATE INDEX signing_keys_issuer ON tenancy.signing_keys (issuer);
COMMENT ON TABLE tenancy.signing_keys IS
  'Public keys of this database''s own issuer. Dumped, so that tokens live on in a restored database until they expire. Delete a row to refuse the tokens of a lost key at once.';
COMMENT ON COLUMN tenancy.signing_keys.kid IS 'Key ID: the RFC 7638 thumbprint.';
COMMENT ON COLUMN tenancy.signing_keys.issuer IS
  'iss and aud of the tokens it signed; the key verifies no other.';
COMMENT ON COLUMN tenancy.signing_keys.jwk IS 'The public key (RFC 7517).';
COMMENT ON COLUMN tenancy.signing_keys.created_at IS 'When it was made.';
COMMENT ON COLUMN tenancy.signing_keys.verify_until IS
  'NULL: signs, or came by a dump. Else it was replaced, and verifies until here.';

CREATE TABLE tenancy.signing_secrets (
  kid text COLLATE "C" PRIMARY KEY REFERENCES tenancy.signing_keys ON DELETE CASCADE,
  private_jwk json NOT NULL
);
COMMENT ON TABLE tenancy.signing_secrets IS
  'The private half of the signing key: never dumped, hidden from pg_read_all_data by row security, read by tenancy.issue_token alone.';
COMMENT ON COLUMN tenancy.signing_secrets.kid IS 'The key it belongs to.';
COMMENT ON COLUMN tenancy.signing_secrets.private_jwk IS 'The private key (RFC 7517).';

DO $$
DECLARE
  rel text;
BEGIN
  FOREACH rel IN ARRAY ARRAY['database_identity', 'issuers', 'tenants', 'tenant_aliases',
                             'issuer_tenants', 'signing_keys', 'signing_secrets'] LOOP
    EXECUTE format('CREATE TRIGGER trust_changed AFTER INSERT OR UPDATE%s OR DELETE OR TRUNCATE'
                   ' ON tenancy.%I FOR EACH STATEMENT EXECUTE FUNCTION tenancy.trust_changed()',
                   -- A tenant's administrators change its other columns, which trust does not read.
                   CASE rel WHEN 'tenants' THEN
                     ' OF tenant_id, status, created_at, tier, parent, tokens_valid_after' END, rel);
    EXECUTE format('ALTER TABLE tenancy.%I ENABLE ALWAYS TRIGGER trust_changed', rel);
    EXECUTE format('REVOKE ALL ON tenancy.%I FROM PUBLIC', rel);
    IF rel NOT IN ('database_identity', 'signing_secrets') THEN
      PERFORM pg_extension_config_dump(format('tenancy.%I', rel), '');
    END IF;
  END LOOP;
END
$$;
ALTER TABLE tenancy.issuers ENABLE ROW LEVEL SECURITY;
ALTER TABLE tenancy.signing_secrets ENABLE ROW LEVEL SECURITY;

-- Whoever writes a row, by function or by hand: what could never verify safely is not stored.
CREATE FUNCTION tenancy.check_issuer() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_check_issuer';
COMMENT ON FUNCTION tenancy.check_issuer() IS
  'Row trigger of tenancy.issuers: refuses (22023) arguments that contradict each other and keys that could never verify safely, by name.';
REVOKE ALL ON FUNCTION tenancy.check_issuer() FROM PUBLIC;
CREATE TRIGGER check_issuer BEFORE INSERT OR UPDATE ON tenancy.issuers
  FOR EACH ROW EXECUTE FUNCTION tenancy.check_issuer();
