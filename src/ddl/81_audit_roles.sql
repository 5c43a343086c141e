-- Audit, group roles: what a role is, may become, or owns.
--
-- A membership is cut where the dangerous role was granted, so that the groups between keep what
-- else they give. Superusers have every attribute; they are reported as superusers alone.
CREATE FUNCTION tenancy.audit_roles(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH member AS MATERIALIZED (
    SELECT m.role, m.member_of FROM tenancy.audit_membership(roles) m WHERE m.member_of <> 0
  ), edge AS MATERIALIZED (
    SELECT m.roleid, m.member,
           format('REVOKE %s FROM %s%s;', m.roleid::regrole, m.member::regrole,
             CASE WHEN current_setting('server_version_num')::int >= 160000
                  THEN format(' GRANTED BY %s', m.grantor::regrole) END) AS cut
    FROM pg_auth_members m
    JOIN pg_roles r ON r.oid = m.member AND r.rolname !~ '^pg_'
    UNION ALL
    SELECT 'pg_database_owner'::regrole, d.datdba,
           format('ALTER DATABASE %I OWNER TO <role that cannot log in>;', d.datname)
    FROM pg_database d WHERE d.datname = current_database()
  ), owner AS MATERIALIZED (
    SELECT r.relowner, count(*) AS tables, min(r.name) AS example
    FROM tenancy.audit_relations r WHERE r.tenant_data GROUP BY r.relowner
  ), target (code, severity, reached, own_only, finding, fix) AS (
    SELECT a.code, a.severity, r.oid, NULL::boolean, a.finding, format(a.fix, r.oid::regrole)
    FROM pg_roles r
    CROSS JOIN LATERAL (VALUES
      ('role_superuser', 'critical', r.rolsuper,
       'A superuser: no policy and no privilege binds it.', 'ALTER ROLE %s NOSUPERUSER;'),
      ('role_bypassrls', 'critical', r.rolbypassrls AND NOT r.rolsuper,
       'BYPASSRLS: no policy binds it.', 'ALTER ROLE %s NOBYPASSRLS;'),
      ('role_replication', 'critical', r.rolreplication AND NOT r.rolsuper,
       'REPLICATION: a logical slot shows the rows of all tenants, by plain SQL.',
       'ALTER ROLE %s NOREPLICATION;'),
      ('role_createrole', 'critical', r.rolcreaterole AND NOT r.rolsuper,
       'CREATEROLE: it grants itself other roles, owners of tables among them.',
       'ALTER ROLE %s NOCREATEROLE;'))
      AS a (code, severity, has, finding, fix)
    WHERE a.has
    UNION ALL
    SELECT k.code, k.severity, o.relowner, k.own,
           format('Owns %s tables of tenant data, %s among them: an owner may switch row security off.',
                  o.tables, o.example),
           format('REASSIGN OWNED BY %s TO <role that cannot log in>; -- or, where it never serves a tenant: INSERT INTO tenancy.trusted_roles VALUES (%L, <reason>);',
                  o.relowner::regrole, o.relowner::regrole)
    FROM owner o
    JOIN pg_roles r ON r.oid = o.relowner AND NOT r.rolsuper
    CROSS JOIN (VALUES ('role_owns_protected', 'high', true),
                       ('role_member_of_owner', 'critical', false)) AS k (code, severity, own)
    UNION ALL
    SELECT p.code, p.severity, r.oid, false, p.finding, NULL
    FROM (VALUES
      ('role_reads_all', 'high', '{pg_read_all_data,pg_write_all_data}'::text[],
       'Reads or writes every relation without policies: copies, archives, views, later tables.'),
      ('role_server_files', 'critical',
       '{pg_read_server_files,pg_write_server_files,pg_execute_server_program}',
       'Reads or writes files of the server, or runs programs there: the data of all tenants.'),
      ('role_monitor', 'medium', '{pg_monitor,pg_read_all_stats}',
       'Sees the statements of all sessions, with the values in them.'),
      ('role_signal', 'medium', '{pg_signal_backend}',
       'Cancels the statements and ends the sessions of other roles.'),
      ('role_maintain', 'medium', '{pg_maintain}', -- PostgreSQL 17
       'Locks any table against all tenants, and rebuilds it.'))
      AS p (code, severity, names, finding)
    JOIN pg_roles r ON r.rolname = ANY (p.names)
  ), hit AS (
    SELECT t.*, m.role, t.reached = m.role AS itself,
           (SELECT string_agg(e.cut, ' ' ORDER BY e.cut) FROM edge e
            JOIN member v ON v.role = m.role AND v.member_of = e.member
            WHERE e.roleid = t.reached) AS cut
    FROM member m
    JOIN target t ON t.reached = m.member_of
    WHERE coalesce(t.own_only = (t.reached = m.role), true)
  )
  SELECT h.severity, 'isolation', h.code, h.role::regrole::text,
         string_agg(CASE WHEN h.itself THEN h.finding
                         ELSE format('Member of %s: %s', h.reached::regrole, h.finding) END,
                    ' ' ORDER BY h.reached::regrole::text),
         string_agg(CASE WHEN h.itself THEN h.fix ELSE h.cut END, ' ' ORDER BY h.reached::regrole::text)
  FROM hit h
  WHERE h.itself OR h.cut IS NOT NULL
  GROUP BY h.severity, h.code, h.role
$$;
COMMENT ON FUNCTION tenancy.audit_roles(oid[]) IS
'The part of tenancy.audit() that looks at what a role is, may become, or owns.';
REVOKE ALL ON FUNCTION tenancy.audit_roles(oid[]) FROM PUBLIC;
