-- Entering, leaving and asking who is calling. The credential itself is the setting
-- tenancy.token; these functions are its front.

CREATE FUNCTION tenancy.login(token text, tenant_id tenancy.tenant_id DEFAULT NULL,
    route text DEFAULT NULL, agent text DEFAULT NULL, local boolean DEFAULT true)
  RETURNS tenancy.identity
  LANGUAGE c VOLATILE PARALLEL UNSAFE
  AS 'MODULE_PATHNAME', 'tenancy_login';
COMMENT ON FUNCTION tenancy.login(text, tenancy.tenant_id, text, text, boolean) IS
'Enters with a token: verifies it and makes its identity the current one. Call it with a bind
parameter, so that the token is in no statement text.
Arguments: token, with or without a leading "Bearer "; tenant_id and agent, which only narrow what
the token says; route, the request''s host and path as in resolve_route(), whose tenant the token
must open: before anything else is looked at; local, true until the transaction ends, false until
the session ends (of use under tenancy.scope = session).
Result: the identity.
Errors: TN002 credential refused, TN003 the route is malformed, unknown or of another tenant than
credential and tenant_id, TN004 expired or not yet valid, TN005 revoked or suspended, TN008 not
entitled to the agent, TN010 something was left behind in the session, TN011 second identity in one
transaction, 22023 not the name of an agent.';

CREATE FUNCTION tenancy.logout() RETURNS void
  LANGUAGE c VOLATILE PARALLEL UNSAFE
  AS 'MODULE_PATHNAME', 'tenancy_logout';
COMMENT ON FUNCTION tenancy.logout() IS
'Leaves: from here on there is no identity. RESET tenancy.token leaves too, or returns to a
credential that came with the connection.
Errors: TN010 as every query where a session-wide identity came back to what another caller left in
the session; RESET tenancy.token and DISCARD ALL leave there too.';

CREATE FUNCTION tenancy.whoami() RETURNS tenancy.identity
  LANGUAGE c STABLE PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_whoami';
COMMENT ON FUNCTION tenancy.whoami() IS
'The current identity, or NULL where there is none.
Errors: TN010 as every query where a session-wide identity came back to what another caller left in
the session; none besides.';

CREATE FUNCTION tenancy.current_tenant_id() RETURNS tenancy.tenant_id
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_tenant_id';
COMMENT ON FUNCTION tenancy.current_tenant_id() IS
'The tenant of the current identity; what policies compare with.
Without identity: an error, or NULL where tenancy.on_missing_identity is empty.
Errors: TN001 no identity, TN002 no longer proven, TN004 expired, TN005 revoked or suspended,
TN009 the identity changed in the middle of the statement.';

CREATE FUNCTION tenancy.current_tenant_uuid() RETURNS uuid
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_tenant_uuid';
COMMENT ON FUNCTION tenancy.current_tenant_uuid() IS
'current_tenant_id() as a uuid. Errors: as current_tenant_id(), and 22P02 where it is none.';

CREATE FUNCTION tenancy.current_tenant_text() RETURNS text
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_tenant_text';
COMMENT ON FUNCTION tenancy.current_tenant_text() IS
'current_tenant_id() as text, in its canonical spelling. Errors: as current_tenant_id().';

CREATE FUNCTION tenancy.current_tenant_bigint() RETURNS bigint
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_tenant_bigint';
COMMENT ON FUNCTION tenancy.current_tenant_bigint() IS
'current_tenant_id() as a bigint. Errors: as current_tenant_id(), and 22P02 where it is none.';

CREATE FUNCTION tenancy.current_user_id() RETURNS tenancy.user_id
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_user_id';
COMMENT ON FUNCTION tenancy.current_user_id() IS
'The user of the current identity; what policies of tables isolated by user compare with.
Errors: as current_tenant_id(); TN001 also where the identity has no user.';

CREATE FUNCTION tenancy.current_user_uuid() RETURNS uuid
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_user_uuid';
COMMENT ON FUNCTION tenancy.current_user_uuid() IS
'current_user_id() as a uuid. Errors: as current_user_id(), and 22P02 where it is none.';

CREATE FUNCTION tenancy.current_user_text() RETURNS text
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_user_text';
COMMENT ON FUNCTION tenancy.current_user_text() IS
'current_user_id() as text, in its canonical spelling. Errors: as current_user_id().';

CREATE FUNCTION tenancy.current_user_bigint() RETURNS bigint
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_user_bigint';
COMMENT ON FUNCTION tenancy.current_user_bigint() IS
'current_user_id() as a bigint. Errors: as current_user_id(), and 22P02 where it is none.';

CREATE FUNCTION tenancy.current_agent() RETURNS text
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_agent';
COMMENT ON FUNCTION tenancy.current_agent() IS
'The agent that acts for the current identity, or NULL. Errors: as current_tenant_id().';

CREATE FUNCTION tenancy.current_roles() RETURNS text[]
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_current_roles';
COMMENT ON FUNCTION tenancy.current_roles() IS
'The roles that the credential gives and those of the member, possibly none, without what they
inherit. Errors: as current_tenant_id().';

CREATE FUNCTION tenancy.claims() RETURNS jsonb
  LANGUAGE c STABLE LEAKPROOF PARALLEL SAFE
  AS 'MODULE_PATHNAME', 'tenancy_claims';
COMMENT ON FUNCTION tenancy.claims() IS
'The verified claims of the credential. Errors: as current_tenant_id().';
