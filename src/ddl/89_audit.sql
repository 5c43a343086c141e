-- The whole of the audit.
CREATE FUNCTION tenancy.audit(roles regrole[] DEFAULT NULL)
  RETURNS SETOF tenancy.finding
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH audited AS MATERIALIZED (
    SELECT ARRAY(SELECT tenancy.audited_roles(roles)) AS roles
  ), found AS (
    SELECT f.* FROM audited a, tenancy.audit_roles(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_grants(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_policies(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_tables(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_views(a.roles) f
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_environment(a.roles) f
  )
  SELECT f.* FROM found f
  WHERE NOT EXISTS (SELECT FROM tenancy.audit_waivers w
                    WHERE w.code = f.code AND w.object = f.object AND w.expires_at > now())
  ORDER BY array_position('{critical,high,medium,low}', f.severity), f.class, f.code, f.object
$$;
COMMENT ON FUNCTION tenancy.audit(regrole[]) IS
'Everything in this database that gets around the isolation of tenants, or may: one row for each finding, the worst first, with the SQL that closes it. roles: the roles that serve tenants; NULL: all that tenancy.audited_roles(NULL) finds. What tenancy.audit_waivers accepts is left out until it expires.';

CREATE FUNCTION tenancy.assert_isolated(environment boolean DEFAULT true)
  RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  findings bigint;
  list text;
BEGIN
  SELECT count(*), string_agg(format('%s %s: %s: %s', f.severity, f.code, f.object, f.finding), E'\n')
  INTO findings, list
  FROM tenancy.audit() f
  WHERE f.class = 'isolation' OR (f.class = 'environment' AND environment IS NOT FALSE);
  IF findings > 0 THEN
    RAISE EXCEPTION USING
      ERRCODE = 'TN012',
      MESSAGE = format('isolation is not complete: %s findings', findings),
      DETAIL = list,
      HINT = 'SELECT * FROM tenancy.audit() shows the SQL that closes each; tenancy.audit_waivers accepts one until a day.';
  END IF;
END
$$;
COMMENT ON FUNCTION tenancy.assert_isolated(boolean) IS
'For pipelines: nothing, or TN012 with the findings of tenancy.audit() in the DETAIL. Findings of class performance do not count, those of class environment (server, preload, logging) unless environment is false.';
REVOKE ALL ON FUNCTION tenancy.audit(regrole[]), tenancy.assert_isolated(boolean) FROM PUBLIC;
