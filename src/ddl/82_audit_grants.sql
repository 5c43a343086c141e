-- Audit, group grants: privileges that row security does not look at, and such as let a caller
-- stand in for others. What owners hold on their own is the business of group roles.
CREATE OR REPLACE VIEW tenancy.audit_acls AS
SELECT 'TABLE' AS kind, c.oid, c.oid::regclass::text AS name, c.relnamespace AS schema, c.relkind,
       c.relowner AS owner, x.grantee, x.privilege_type AS privilege, NULL::name AS column_name
FROM pg_catalog.pg_class c
CROSS JOIN pg_catalog.aclexplode(c.relacl) x
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f', 'S') AND x.grantee <> c.relowner
UNION ALL
SELECT 'TABLE', c.oid, c.oid::regclass::text, c.relnamespace, c.relkind, c.relowner, x.grantee,
       x.privilege_type, a.attname
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid
CROSS JOIN pg_catalog.aclexplode(a.attacl) x
WHERE a.attacl IS NOT NULL AND x.grantee <> c.relowner
UNION ALL
SELECT 'SCHEMA', n.oid, n.oid::regnamespace::text, n.oid, NULL, n.nspowner, x.grantee, x.privilege_type, NULL
FROM pg_catalog.pg_namespace n
CROSS JOIN pg_catalog.aclexplode(coalesce(n.nspacl, pg_catalog.acldefault('n', n.nspowner))) x
WHERE n.nspname !~ '^pg_'
UNION ALL
SELECT 'DATABASE', d.oid, pg_catalog.quote_ident(d.datname), NULL, NULL, d.datdba, x.grantee, x.privilege_type, NULL
FROM pg_catalog.pg_database d
CROSS JOIN pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) x
WHERE d.datname = pg_catalog.current_database();
COMMENT ON VIEW tenancy.audit_acls IS
'Privileges on relations and columns (without their owner''s), schemas and this database, one a row.';
COMMENT ON COLUMN tenancy.audit_acls.kind IS 'TABLE (any relation), SCHEMA or DATABASE';
COMMENT ON COLUMN tenancy.audit_acls.oid IS 'The object';
COMMENT ON COLUMN tenancy.audit_acls.name IS 'Its name, quoted where needed';
COMMENT ON COLUMN tenancy.audit_acls.schema IS 'Its schema; a schema''s is itself';
COMMENT ON COLUMN tenancy.audit_acls.relkind IS 'Of relations, as in pg_class';
COMMENT ON COLUMN tenancy.audit_acls.owner IS 'Its owner';
COMMENT ON COLUMN tenancy.audit_acls.grantee IS 'Who holds the privilege; 0: PUBLIC';
COMMENT ON COLUMN tenancy.audit_acls.privilege IS 'The privilege';
COMMENT ON COLUMN tenancy.audit_acls.column_name IS 'The column it is restricted to';

CREATE OR REPLACE FUNCTION tenancy.audit_grants(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH audited AS MATERIALIZED ( -- what audited roles are, superusers left to group roles
    SELECT DISTINCT m.member_of AS grantee FROM tenancy.audit_membership(roles) m
    LEFT JOIN pg_roles r ON r.oid = m.member_of
    WHERE NOT coalesce(r.rolsuper, false)
  ), acl AS MATERIALIZED (
    SELECT a.*, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END AS holder
    FROM tenancy.audit_acls a JOIN audited USING (grantee)
  ), rel AS MATERIALIZED (
    SELECT * FROM tenancy.audit_relations
  ), floor AS MATERIALIZED (
    SELECT p.polrelid FROM pg_policy p WHERE p.polname = 'tenancy_floor' AND NOT p.polpermissive
  ), secret AS MATERIALIZED ( -- names that promise a key or a password
    SELECT c.oid FROM pg_class c
    WHERE c.relname ~* '(^|_)(secrets?|credentials?|passwords?|(api|signing|private|encryption|jwt|hmac)_?(keys?|secrets?))($|_)'
    UNION
    SELECT a.attrelid FROM pg_attribute a
    WHERE a.attnum > 0 AND NOT a.attisdropped
      AND a.attname ~* '(^|_)(secret|password|passwd|pwd_hash|(api|signing|private|encryption)_?key|private_jwk|(access|refresh)_token)($|_)'
  )
  SELECT k.severity, 'isolation', k.code, r.name,
         format('%s may %s', string_agg(DISTINCT a.holder, ', '), k.finding),
         format('REVOKE %s ON %s FROM %s;', k.privilege, r.name, string_agg(DISTINCT a.holder, ', '))
  FROM (VALUES
    ('grant_truncate', 'high', 'TRUNCATE', 'TRUNCATE the table: the rows of all tenants, row security does not look.'),
    ('grant_references', 'medium', 'REFERENCES', 'refer to the table by foreign keys, which tell what keys other tenants have.'),
    ('grant_trigger', 'critical', 'TRIGGER', 'put triggers on the table, which run in the sessions of other tenants.'),
    ('grant_maintain', 'medium', 'MAINTAIN', 'lock the table against all tenants, rebuild it and set its statistics.')) -- PostgreSQL 17
    AS k (code, severity, privilege, finding)
  JOIN acl a USING (privilege)
  JOIN rel r ON r.rel = a.oid AND r.tenant_data
  WHERE a.kind = 'TABLE'
  GROUP BY k.severity, k.code, k.privilege, k.finding, r.name
  UNION ALL
  SELECT CASE WHEN r.rel IN (SELECT polrelid FROM floor) THEN 'medium' ELSE 'high' END,
         'isolation', 'public_grant', r.name,
         format('Every role of the server has %s on it, those that are made later too.',
                string_agg(DISTINCT a.privilege, ', ')),
         format('REVOKE ALL ON %s FROM PUBLIC;', r.name)
  FROM tenancy.audit_acls a
  JOIN rel r ON r.rel = a.oid AND r.tenant_data
  WHERE a.kind = 'TABLE' AND a.grantee = 0
  GROUP BY r.rel, r.name
  UNION ALL
  SELECT 'high', 'isolation', 'default_privileges',
         concat(d.defaclrole::regrole, ' in schema ' || nullif(d.defaclnamespace, 0)::regnamespace),
         format('Tables that %s makes later are open to %s before anybody protects them.', d.defaclrole::regrole, h.holders),
         format('ALTER DEFAULT PRIVILEGES FOR ROLE %s%s REVOKE ALL ON TABLES FROM %s;', d.defaclrole::regrole,
                ' IN SCHEMA ' || nullif(d.defaclnamespace, 0)::regnamespace, h.holders)
  FROM pg_default_acl d
  CROSS JOIN LATERAL (
    SELECT string_agg(DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ') AS holders
    FROM aclexplode(d.defaclacl) x JOIN audited USING (grantee)
    WHERE x.grantee <> d.defaclrole) h
  WHERE d.defaclobjtype = 'r' AND h.holders IS NOT NULL
  UNION ALL
  SELECT k.severity, 'isolation', k.code, format('%s %s', a.kind, a.name),
         format(k.finding, string_agg(a.holder, ', ')),
         concat_ws(' ',
           format('REVOKE %s ON %s %s FROM ', a.privilege, a.kind, a.name)
             || string_agg(a.holder, ', ') FILTER (WHERE a.grantee <> a.owner OR a.privilege = 'TEMPORARY') || ';',
           CASE WHEN bool_or(a.grantee = a.owner) AND a.privilege = 'CREATE'
                THEN format('ALTER %s %s OWNER TO <role that cannot log in>;', a.kind, a.name) END)
  FROM (VALUES
    ('schema_create', 'high', 'SCHEMA', 'CREATE', '%s may create functions, operators and tables there that others run or use in place of theirs.'),
    ('database_create', 'medium', 'DATABASE', 'CREATE', '%s may create schemas, and with them what others run or use in place of theirs.'),
    ('database_temporary', 'medium', 'DATABASE', 'TEMPORARY', '%s may create temporary tables, which stand before the real ones and stay in a pooled session.'))
    AS k (code, severity, kind, privilege, finding)
  JOIN acl a USING (kind, privilege)
  WHERE a.name <> 'information_schema'
  GROUP BY k.code, k.severity, k.finding, a.kind, a.name, a.privilege, a.owner
  UNION ALL
  SELECT 'high', 'isolation', 'secret_table_grant', a.name,
         format('Looks like keys or passwords, and is readable by %s.', string_agg(DISTINCT a.holder, ', ')),
         format('REVOKE SELECT ON %s FROM %s;', a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  JOIN secret USING (oid)
  JOIN pg_namespace n ON n.oid = a.schema
  LEFT JOIN pg_class c ON c.oid = a.oid
  WHERE a.kind = 'TABLE' AND a.relkind <> 'S' AND a.privilege = 'SELECT' AND NOT c.relrowsecurity
    AND n.nspname !~ '^(pg_|information_schema$|tenancy$)'
  GROUP BY a.name
  UNION ALL
  SELECT 'critical', 'isolation', 'secret_table_grant', a.name,
         format('A table of this extension, open to %s: it says whom the database believes.', string_agg(DISTINCT a.holder, ', ')),
         format('REVOKE %s ON %s FROM %s;', string_agg(DISTINCT a.privilege || coalesce(' (' || quote_ident(a.column_name) || ')', ''), ', '),
                a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  WHERE a.kind = 'TABLE' AND a.relkind = 'r' AND a.schema = 'tenancy'::regnamespace
    AND NOT EXISTS ( -- what the extension itself granted, under row security
      SELECT FROM pg_init_privs i
      CROSS JOIN aclexplode(i.initprivs) x
      LEFT JOIN pg_attribute t ON t.attrelid = i.objoid AND t.attnum = i.objsubid AND i.objsubid <> 0
      WHERE i.classoid = 'pg_class'::regclass AND i.objoid = a.oid
        AND t.attname IS NOT DISTINCT FROM a.column_name
        AND (x.grantee, x.privilege_type) = (a.grantee, a.privilege))
  GROUP BY a.name
  UNION ALL
  SELECT CASE WHEN p.secured THEN 'critical' ELSE 'high' END, 'isolation', 'secret_table_grant', c.oid::regclass::text,
         'Row security is off on a table of this extension: whoever is granted SELECT, and pg_read_all_data, read all of it.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', c.oid::regclass)
  FROM pg_class c
  CROSS JOIN LATERAL (
    SELECT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid) AS secured) p
  WHERE c.relnamespace = 'tenancy'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity
    AND (p.secured OR c.oid IN ('tenancy.issuers'::regclass, 'tenancy.signing_secrets'::regclass))
  UNION ALL
  SELECT 'high', 'isolation', 'admin_function_grant', p.oid::regprocedure::text,
         format('An administrators'' function of this extension that %s may call.', string_agg(g.holder, ', ')),
         format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', p.oid::regprocedure, string_agg(g.holder, ', '))
  FROM pg_proc p
  JOIN pg_init_privs i ON i.classoid = 'pg_proc'::regclass AND i.objoid = p.oid
  CROSS JOIN LATERAL (
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END AS holder
    FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x JOIN audited USING (grantee)
    WHERE x.grantee <> p.proowner
    EXCEPT
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END FROM aclexplode(i.initprivs) x) g
  WHERE p.pronamespace = 'tenancy'::regnamespace
  GROUP BY p.oid
  UNION ALL
  SELECT 'low', 'isolation', 'sequence_read', a.name,
         format('%s may read or set a sequence of %s: how many rows all tenants wrote.', string_agg(DISTINCT a.holder, ', '), min(r.name)),
         format('REVOKE SELECT, UPDATE ON SEQUENCE %s FROM %s;', a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = a.oid AND d.deptype IN ('a', 'i')
                  AND d.refclassid = 'pg_class'::regclass
  JOIN rel r ON r.rel = d.refobjid AND r.tenant_data
  WHERE a.relkind = 'S' AND a.privilege IN ('SELECT', 'UPDATE')
  GROUP BY a.name
  UNION ALL
  SELECT 'medium', 'isolation', 'isolation_column_update', r.name,
         format('%s may change %I, and no policy of this extension holds: a row may be moved to another tenant.',
                string_agg(DISTINCT a.holder, ', '), r.tenant_like),
         CASE WHEN bool_and(a.column_name IS NOT NULL)
              THEN format('REVOKE UPDATE (%I) ON %s FROM %s;', r.tenant_like, r.name, string_agg(DISTINCT a.holder, ', '))
              ELSE format('REVOKE UPDATE ON %s FROM %s; GRANT UPDATE (%s) ON %1$s TO %2$s;', r.name, string_agg(DISTINCT a.holder, ', '),
                (SELECT string_agg(quote_ident(c.attname), ', ' ORDER BY c.attnum) FROM pg_attribute c
                 WHERE c.attrelid = r.rel AND c.attnum > 0 AND NOT c.attisdropped
                   AND c.attname <> r.tenant_like AND c.attgenerated = '')) END
  FROM acl a
  JOIN rel r ON r.rel = a.oid
  WHERE a.kind = 'TABLE' AND a.privilege = 'UPDATE' AND coalesce(a.column_name = r.tenant_like, r.tenant_like IS NOT NULL)
    AND r.relrowsecurity AND r.rel NOT IN (SELECT polrelid FROM floor)
  GROUP BY r.rel, r.name, r.tenant_like
  UNION ALL
  SELECT 'medium', 'isolation', 'function_not_hardened', string_agg(substr(h.object, 10), ', ' ORDER BY h.object),
         format('PUBLIC may call it: %s.', h.reason), 'SELECT tenancy.harden_database();'
  FROM tenancy.hardening h
  WHERE NOT h.done AND h.object LIKE 'FUNCTION %'
  GROUP BY h.reason
$$;
COMMENT ON FUNCTION tenancy.audit_grants(oid[]) IS
'The part of tenancy.audit() that looks at privileges.';
REVOKE ALL ON FUNCTION tenancy.audit_grants(oid[]) FROM PUBLIC;
