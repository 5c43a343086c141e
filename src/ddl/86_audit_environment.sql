CREATE FUNCTION tenancy.audit_environment(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT NULL::text, NULL::text, NULL::text, NULL::text, NULL::text, NULL::text WHERE false
$$;
COMMENT ON FUNCTION tenancy.audit_environment(oid[]) IS 'The part of tenancy.audit() that looks at environment.';
REVOKE ALL ON FUNCTION tenancy.audit_environment(oid[]) FROM PUBLIC;
