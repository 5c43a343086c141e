-- Routes: which host names and paths belong to which tenant.

CREATE TABLE tenancy.routes (
  pattern text COLLATE "C" PRIMARY KEY,
  tenant_id tenancy.tenant_id,
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT routes_name_their_tenant_once
    CHECK ((tenant_id IS NULL) = (position('{tenant}' IN pattern) > 0))
);
COMMENT ON TABLE tenancy.routes IS
  'Which host names and paths belong to which tenant: tenancy.resolve_route() and login(token, route => route) read it. Each session keeps all rows in memory: use {tenant} where there are many.';
COMMENT ON COLUMN tenancy.routes.pattern IS
  'A host, a path prefix or both, as in acme.example.com, {tenant}.example.com, /t/{tenant}, api.example.com/t/{tenant}: {tenant} may stand for one whole label or segment. Stored in its normal form; 22023 when it has none.';
COMMENT ON COLUMN tenancy.routes.tenant_id IS
  'The tenant of a pattern without {tenant}; NULL for one with it.';
COMMENT ON COLUMN tenancy.routes.created_at IS 'When it was made.';

CREATE FUNCTION tenancy.normalize_route() RETURNS trigger
  LANGUAGE c AS 'MODULE_PATHNAME', 'tenancy_normalize_route';
COMMENT ON FUNCTION tenancy.normalize_route() IS
  'Row trigger of tenancy.routes: puts a pattern into its normal form, or refuses it (22023) with what is wrong.';
REVOKE ALL ON FUNCTION tenancy.normalize_route() FROM PUBLIC;

CREATE TRIGGER normalize_route BEFORE INSERT OR UPDATE ON tenancy.routes
  FOR EACH ROW EXECUTE FUNCTION tenancy.normalize_route();
CREATE TRIGGER authorization_changed
  AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON tenancy.routes
  FOR EACH STATEMENT EXECUTE FUNCTION tenancy.authorization_changed();
ALTER TABLE tenancy.routes ENABLE ALWAYS TRIGGER normalize_route;
ALTER TABLE tenancy.routes ENABLE ALWAYS TRIGGER authorization_changed;
REVOKE ALL ON tenancy.routes FROM PUBLIC;
SELECT pg_extension_config_dump('tenancy.routes', '');

CREATE FUNCTION tenancy.resolve_route(route text) RETURNS tenancy.tenant_id
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_resolve_route';
COMMENT ON FUNCTION tenancy.resolve_route(text) IS
'Which tenant a request is for.
Arguments: route, the request''s host, path or both as they came, not decoded: a scheme, a port, a
query and a fragment do not matter.
Result: the tenant of the best match in tenancy.routes; NULL where none matches.
Errors: 22023 the route is malformed, or could be read in two ways.';

CREATE FUNCTION tenancy.pre_request() RETURNS void
  LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tenancy_pre_request';
COMMENT ON FUNCTION tenancy.pre_request() IS
'PostgREST''s db-pre-request: enters, until the transaction ends, with the bearer token of the
request''s authorization header, which PostgREST passes in the setting request.headers. Nothing
else is read, request.jwt.claims least of all. Without that header it leaves: nobody is calling.
Errors, as the HTTP status that PostgREST answers with: PT401 for a header that is none, and where
login() has TN001, TN002, TN004 or TN005; PT403 for TN003 and TN008; PT429 for TN006 and TN007.
Others as they are: TN010 something was left behind in the session, TN011 second identity in one
transaction.';
