-- The whole of the audit. An upgrade replaces it, so that its grants stay.
CREATE OR REPLACE FUNCTION tenancy.audit(roles regrole[] DEFAULT NULL)
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
    UNION ALL SELECT f.* FROM audited a, tenancy.audit_authorization(a.roles) f
  )
  SELECT f.* FROM found f
  WHERE NOT EXISTS (SELECT FROM tenancy.audit_waivers w
                    WHERE w.code = f.code AND w.object = f.object AND w.expires_at > now())
  ORDER BY array_position('{critical,high,medium,low}', f.severity), f.class, f.code, f.object
$$;
COMMENT ON FUNCTION tenancy.audit(regrole[]) IS
'Everything in this database that gets around the isolation of tenants, or may: one row for each finding, the worst first, with the SQL that closes it. roles: the roles that serve tenants; NULL: all that tenancy.audited_roles(NULL) finds. What tenancy.audit_waivers accepts is left out until it expires.';

CREATE OR REPLACE FUNCTION tenancy.assert_isolated(environment boolean DEFAULT true)
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
'For pipelines: nothing, or TN012 with the findings of tenancy.audit() in the DETAIL. Findings of classes performance and authorization do not count, those of class environment (server, preload, logging) unless environment is false.';
REVOKE ALL ON FUNCTION tenancy.audit(regrole[]), tenancy.assert_isolated(boolean) FROM PUBLIC;

-- The dynamic half. A statement has one caller, so counting is a statement of its own, in C.
CREATE OR REPLACE FUNCTION tenancy.count_as(role regrole, relation regclass) RETURNS bigint
  LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'tenancy_count_as';
COMMENT ON FUNCTION tenancy.count_as(regrole, regclass) IS
'The part of tenancy.probe() that counts: how many rows the role sees in the relation. What the relation runs, runs as the role, in a security-restricted operation. Errors: 42501 without the rights of the role, and what the query raises.';

CREATE OR REPLACE FUNCTION tenancy.probe(role regrole, OUT relation regclass, OUT condition text, OUT visible bigint,
                              OUT error text, OUT passed boolean)
  RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  token text;
BEGIN
  IF (tenancy.whoami()).tenant_id IS NOT NULL THEN
    RAISE EXCEPTION USING ERRCODE = 'TN011', MESSAGE = 'this transaction already has an identity',
      DETAIL = 'The probe enters as somebody itself.', HINT = 'Call tenancy.probe() in a transaction of its own.';
  END IF;
  -- The same tenant all through the transaction, which has one identity only.
  token := tenancy.issue_token(
    md5(concat_ws(' ', 'probe', pg_backend_pid(), extract(epoch FROM now())))::uuid::text::tenancy.tenant_id, 'probe');
  FOREACH condition IN ARRAY ARRAY['no identity', 'empty identity', 'unused tenant'] LOOP
    BEGIN
      IF condition <> 'no identity' THEN
        PERFORM set_config('tenancy.token', CASE condition WHEN 'unused tenant' THEN token ELSE '' END, true);
      END IF;
      FOR relation IN
        WITH RECURSIVE above (rel) AS (
          SELECT p.polrelid FROM pg_policy p WHERE p.polname = 'tenancy_floor'
          UNION
          SELECT w.ev_class FROM above
          JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.refclassid = 'pg_class'::regclass
                          AND d.refobjid = above.rel
          JOIN pg_rewrite w ON w.oid = d.objid
          JOIN pg_class c ON c.oid = w.ev_class AND c.relkind IN ('v', 'm'))
        SELECT a.rel::regclass FROM above a
        JOIN pg_class c ON c.oid = a.rel
        WHERE has_schema_privilege(role, c.relnamespace, 'USAGE') AND has_any_column_privilege(role, c.oid, 'SELECT')
        ORDER BY a.rel::regclass::text
      LOOP
        visible := NULL;
        error := NULL;
        BEGIN
          visible := tenancy.count_as(role, relation);
          passed := visible = 0;
        EXCEPTION WHEN OTHERS THEN
          error := format('%s: %s', SQLSTATE, SQLERRM);
          passed := SQLSTATE = 'TN001' OR SQLSTATE = '42501';
        END;
        RETURN NEXT;
      END LOOP;
      RAISE EXCEPTION 'roll back';
    EXCEPTION WHEN raise_exception THEN NULL;
    END;
  END LOOP;
END
$$;
COMMENT ON FUNCTION tenancy.probe(regrole) IS
'Counts what the role sees in every protected table that it may read, and in every view over one, with no identity, with an empty one, and as a tenant that has no rows. passed: it saw none, or was refused (TN001, 42501); else visible or error says what came. What it runs is rolled back. Reads whole tables where they are open. Errors: 42501 without the rights of the role, TN011 inside an identity.';
REVOKE ALL ON FUNCTION tenancy.count_as(regrole, regclass), tenancy.probe(regrole) FROM PUBLIC;
