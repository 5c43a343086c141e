-- What the caller may do, decided from the tables of 50_authorization.sql.

CREATE FUNCTION tenancy.can(permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can';
COMMENT ON FUNCTION tenancy.can(tenancy.permission) IS
'Whether the caller may do everything that the pattern permission stands for: some grant covers it,
the tenant''s tier covers it, the credential''s bound covers it, and no denial shares a permission
with it. NULL for NULL. Without identity: an error, or false where tenancy.on_missing_identity is
empty. Errors: TN001 no identity, TN002 no longer proven, TN004 expired, TN005 revoked or suspended,
TN009 the identity changed in the middle of the statement.';

CREATE FUNCTION tenancy.can_all(permissions tenancy.permission[]) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can_all';
COMMENT ON FUNCTION tenancy.can_all(tenancy.permission[]) IS
'Whether can() is true of each of permissions; of none of them when there are none.
Errors: as can(), and 22023 where one is NULL.';

CREATE FUNCTION tenancy.require(permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_require';
COMMENT ON FUNCTION tenancy.require(tenancy.permission) IS
'True, or an error where can(permission) is not true. Errors: TN008 with the missing permission in
the DETAIL, 22023 for NULL, TN001 without identity whatever tenancy.on_missing_identity says,
others as can().';

CREATE FUNCTION tenancy.explain_permission(permission tenancy.permission,
    OUT source text, OUT effect text, OUT pattern tenancy.permission, OUT decides boolean)
  RETURNS SETOF record
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_explain_permission';
COMMENT ON FUNCTION tenancy.explain_permission(tenancy.permission) IS
'Why can(permission) is true or false: each denial, grant and bound that has to do with it. source is
role X, role X (inherited by Y), user permission, tier X, no tier, credential, default or no
identity; effect is allow or deny; pattern is NULL where something is missing; decides is true in
exactly one row, whose effect is the answer. Errors: as can().';

CREATE FUNCTION tenancy.can_as(tenant_id tenancy.tenant_id, user_id tenancy.user_id,
                               permission tenancy.permission) RETURNS boolean
  LANGUAGE c STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_can_as';
COMMENT ON FUNCTION tenancy.can_as(tenancy.tenant_id, tenancy.user_id, tenancy.permission) IS
'Whether the user of the tenant may do it by the tables alone, without what a credential adds or
bounds; false for suspended users and tenants. For administrators. Inside an identity: of the own
tenant only, and with the permission tenancy:members:read. Errors: TN008; NULL for NULL.';
REVOKE ALL ON FUNCTION tenancy.can_as(tenancy.tenant_id, tenancy.user_id, tenancy.permission)
  FROM PUBLIC;

-- The first condition asks for an identity where no tool is registered, too.
CREATE FUNCTION tenancy.allowed_tools() RETURNS SETOF tenancy.tools
  LANGUAGE sql STABLE PARALLEL SAFE SECURITY DEFINER
  SET search_path = pg_catalog, pg_temp
  AS $$
  SELECT tool.* FROM tenancy.tools tool
   WHERE tenancy.current_tenant_id() IS NOT NULL AND tenancy.can(tool.required_permission)
   ORDER BY tool.name
$$;
COMMENT ON FUNCTION tenancy.allowed_tools() IS
'The registered tools that the caller may use, by name: those whose required_permission can() allows.
Errors: as can().';
