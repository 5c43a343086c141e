-- tenancy.identity: what login() and whoami() return.
CREATE TYPE tenancy.identity AS (
  tenant_id   tenancy.tenant_id,
  user_id     tenancy.user_id,
  agent       text,
  roles       text[],
  permissions tenancy.permission[],
  tier        text,
  issuer      text,
  key_id      text,
  token_id    text,
  expires_at  timestamptz);
COMMENT ON TYPE tenancy.identity IS
  'who a verified credential says is calling, and until when';
COMMENT ON COLUMN tenancy.identity.tenant_id IS 'the tenant it speaks for; never NULL';
COMMENT ON COLUMN tenancy.identity.user_id IS
  'the user inside the tenant; NULL for credentials without one, such as jobs';
COMMENT ON COLUMN tenancy.identity.agent IS 'the agent acting for the user, if any';
COMMENT ON COLUMN tenancy.identity.roles IS
  'the roles the credential names and, for a member, those of tenancy.members; empty when none';
COMMENT ON COLUMN tenancy.identity.permissions IS
  'the bound of what it may do; NULL = not bounded by the credential, empty = nothing';
COMMENT ON COLUMN tenancy.identity.tier IS
  'the subscription tier that counts: the tenant''s, else the credential''s, else the default one';
COMMENT ON COLUMN tenancy.identity.issuer IS 'the issuer that vouches for it (iss)';
COMMENT ON COLUMN tenancy.identity.key_id IS
  'the key that verified it (kid); NULL where the key has none';
COMMENT ON COLUMN tenancy.identity.token_id IS 'the credential''s own id (jti), if any';
COMMENT ON COLUMN tenancy.identity.expires_at IS 'when it ends to be valid (exp)';
