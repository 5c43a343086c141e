-- What the audit is about: whose roles, which relations, who holds what on them, and what was
-- decided about a finding.
CREATE TABLE tenancy.trusted_roles (
  role regrole PRIMARY KEY,
  reason text NOT NULL CHECK (reason <> '')
);
COMMENT ON TABLE tenancy.trusted_roles IS
'Login roles that tenancy.audit() leaves out when it picks the roles itself: migrations, backups, replication. None of them may serve a tenant.';
COMMENT ON COLUMN tenancy.trusted_roles.role IS 'The role.';
COMMENT ON COLUMN tenancy.trusted_roles.reason IS 'Why it is trusted with the rows of all tenants.';

CREATE TABLE tenancy.audit_waivers (
  code text NOT NULL,
  object text NOT NULL,
  reason text NOT NULL CHECK (reason <> ''),
  expires_at timestamptz NOT NULL,
  PRIMARY KEY (code, object)
);
COMMENT ON TABLE tenancy.audit_waivers IS
'Findings that were looked at and accepted until a day: tenancy.audit() leaves them out, so tenancy.assert_isolated() passes.';
COMMENT ON COLUMN tenancy.audit_waivers.code IS 'Code of the finding.';
COMMENT ON COLUMN tenancy.audit_waivers.object IS 'Object of the finding, as tenancy.audit() writes it.';
COMMENT ON COLUMN tenancy.audit_waivers.reason IS 'Why it is accepted.';
COMMENT ON COLUMN tenancy.audit_waivers.expires_at IS 'When the finding comes back.';
REVOKE ALL ON tenancy.trusted_roles, tenancy.audit_waivers FROM PUBLIC;
SELECT pg_catalog.pg_extension_config_dump('tenancy.trusted_roles', '');
SELECT pg_catalog.pg_extension_config_dump('tenancy.audit_waivers', '');

CREATE TYPE tenancy.finding AS (
  severity text, class text, code text, object text, finding text, fix text);
COMMENT ON TYPE tenancy.finding IS
'One line of tenancy.audit(): severity critical|high|medium|low, class isolation|performance|environment|authorization, stable code of the rule, the object, what is wrong with it, and the SQL that closes it.';

CREATE VIEW tenancy.audit_relations AS
SELECT c.oid AS rel, c.oid::regclass::text AS name, c.relname, c.relnamespace, c.relowner, c.relkind,
       c.relispartition, c.relrowsecurity, c.relforcerowsecurity, s.tenant_like, s.signature, s.width,
       s.tenant_like IS NOT NULL
         OR c.relname IN ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store_vectors')
         OR EXISTS (
         SELECT FROM pg_catalog.pg_policy p WHERE p.polrelid = c.oid) AS tenant_data
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL (
  SELECT (pg_catalog.array_agg(a.attname ORDER BY a.attnum) FILTER (
           WHERE a.atttypid IN ('tenancy.tenant_id'::regtype, 'tenancy.user_id'::regtype)
              OR a.attname ~* '^(tenant|tenant_?(id|uuid|key)|(org|organi[sz]ation|account|workspace|customer|team|company)_?(id|uuid))$'
         ))[1] AS tenant_like,
         pg_catalog.array_agg(a.attname || ' ' || a.atttypid ORDER BY a.attname) AS signature,
         pg_catalog.count(*) AS width
  FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
) s
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tenancy') AND n.nspname !~ '^pg_toast'
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e');
COMMENT ON VIEW tenancy.audit_relations IS
'The tables that the audit looks at: not those of PostgreSQL and of extensions, not temporary ones.';
COMMENT ON COLUMN tenancy.audit_relations.rel IS 'The table';
COMMENT ON COLUMN tenancy.audit_relations.name IS 'Its name, quoted where needed';
COMMENT ON COLUMN tenancy.audit_relations.relname IS 'Its name alone';
COMMENT ON COLUMN tenancy.audit_relations.relnamespace IS 'Its schema';
COMMENT ON COLUMN tenancy.audit_relations.relowner IS 'Its owner';
COMMENT ON COLUMN tenancy.audit_relations.relkind IS 'r: a plain table, p: a partitioned one';
COMMENT ON COLUMN tenancy.audit_relations.relispartition IS 'Whether it is a partition';
COMMENT ON COLUMN tenancy.audit_relations.relrowsecurity IS 'Whether row security is enabled';
COMMENT ON COLUMN tenancy.audit_relations.relforcerowsecurity IS 'Whether it binds the owner too';
COMMENT ON COLUMN tenancy.audit_relations.tenant_like IS
'The first column whose type or name says that it holds a tenant; NULL: none';
COMMENT ON COLUMN tenancy.audit_relations.signature IS 'Names and types of its columns, sorted';
COMMENT ON COLUMN tenancy.audit_relations.width IS 'How many columns it has';
COMMENT ON COLUMN tenancy.audit_relations.tenant_data IS
'Whether it holds rows of tenants: it has such a column, a name of LangGraph, or policies';

CREATE FUNCTION tenancy.audit_membership(roles oid[])
  RETURNS TABLE (role oid, member_of oid)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH RECURSIVE granted (member, member_of) AS (
    SELECT m.member, m.roleid FROM pg_auth_members m
    UNION ALL
    SELECT d.datdba, 'pg_database_owner'::regrole FROM pg_database d
    WHERE d.datname = current_database()
  ), reached (role, member_of) AS (
    SELECT r, r FROM unnest(roles) r
    UNION
    SELECT reached.role, g.member_of FROM reached JOIN granted g ON g.member = reached.member_of
  )
  SELECT role, member_of FROM reached
  UNION ALL
  SELECT r, 0::oid FROM unnest(roles) r
$$;
COMMENT ON FUNCTION tenancy.audit_membership(oid[]) IS
'What each role is: itself, PUBLIC (0), and every role that it inherits from or may SET ROLE to.';

CREATE FUNCTION tenancy.audit_rights(roles oid[])
  RETURNS TABLE (rel oid, role oid, privilege text, grantee oid)
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH member AS MATERIALIZED (
    SELECT * FROM tenancy.audit_membership(roles)
  ), usable AS MATERIALIZED ( -- schemas each role may look into
    SELECT DISTINCT n.oid AS nsp, m.role
    FROM pg_namespace n
    CROSS JOIN aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) u
    JOIN member m ON m.member_of = u.grantee
    WHERE u.privilege_type = 'USAGE'
  ), granted AS (
    SELECT c.oid, c.relnamespace, x.privilege_type, x.grantee
    FROM pg_class c
    CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    UNION
    SELECT c.oid, c.relnamespace, x.privilege_type, x.grantee
    FROM pg_attribute a
    JOIN pg_class c ON c.oid = a.attrelid
    CROSS JOIN aclexplode(a.attacl) x
    WHERE a.attacl IS NOT NULL AND NOT a.attisdropped
  )
  SELECT g.oid, m.role, g.privilege_type, g.grantee
  FROM granted g
  JOIN member m ON m.member_of = g.grantee
  JOIN usable u ON u.nsp = g.relnamespace AND u.role = m.role
  UNION ALL
  SELECT c.oid, m.role, p.privilege, m.member_of
  FROM member m
  JOIN (VALUES ('pg_read_all_data', 'SELECT'), ('pg_write_all_data', 'INSERT'),
               ('pg_write_all_data', 'UPDATE'), ('pg_write_all_data', 'DELETE'))
    AS p (name, privilege) ON m.member_of = p.name::regrole
  CROSS JOIN pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
    AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_toast'
$$;
COMMENT ON FUNCTION tenancy.audit_rights(oid[]) IS
'What each role may do with each relation, on all of it or on some of its columns, and by which grantee (0: PUBLIC): where it may look into the schema. What owners may do with their own is part of it, what superusers may do is not.';

-- A superuser may do everything and owns much: it is an application's role only where somebody
-- granted it something.
CREATE FUNCTION tenancy.audited_roles(roles regrole[])
  RETURNS SETOF oid
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH login AS MATERIALIZED (
    SELECT r.oid, r.rolsuper, r.rolreplication OR r.rolcreaterole AS attributed FROM pg_roles r
    WHERE roles IS NULL AND r.rolcanlogin
      AND r.oid NOT IN (SELECT t.role FROM tenancy.trusted_roles t)
  ), member AS MATERIALIZED (
    SELECT * FROM tenancy.audit_membership(ARRAY(SELECT oid FROM login))
  ), data AS MATERIALIZED (
    SELECT * FROM tenancy.audit_relations WHERE roles IS NULL AND tenant_data
  ), granted AS MATERIALIZED (
    SELECT DISTINCT x.grantee, x.grantee = c.relowner AS owns
    FROM data d
    JOIN pg_class c ON c.oid = d.rel
    CROSS JOIN aclexplode(coalesce(c.relacl, acldefault('r', c.relowner))) x
    UNION
    SELECT DISTINCT x.grantee, x.grantee = d.relowner
    FROM data d
    JOIN pg_attribute a ON a.attrelid = d.rel AND a.attacl IS NOT NULL
    CROSS JOIN aclexplode(a.attacl) x
    UNION
    SELECT DISTINCT d.relowner, true FROM data d
    UNION
    SELECT r.oid, false FROM pg_roles r
    WHERE r.rolname IN ('pg_read_all_data', 'pg_write_all_data', 'pg_read_server_files',
                        'pg_write_server_files', 'pg_execute_server_program')
  )
  SELECT r FROM unnest(roles) r
  UNION
  SELECT l.oid FROM login l
  WHERE (l.attributed AND NOT l.rolsuper)
     OR EXISTS (SELECT FROM member m JOIN granted g ON g.grantee = m.member_of
                WHERE m.role = l.oid
                  AND NOT (l.rolsuper AND (g.owns OR g.grantee = 0)))
$$;
COMMENT ON FUNCTION tenancy.audited_roles(regrole[]) IS
'The roles that tenancy.audit() is about: the given ones; for NULL every login role that reaches rows of tenants by a grant (PUBLIC''s included), by ownership, by a predefined role that reads data or files, or by REPLICATION or CREATEROLE, except tenancy.trusted_roles. A superuser only where it, or a role it is a member of, was granted something.';
REVOKE ALL ON FUNCTION tenancy.audit_membership(oid[]), tenancy.audit_rights(oid[]),
  tenancy.audited_roles(regrole[]) FROM PUBLIC;
