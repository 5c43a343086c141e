\echo Use "ALTER EXTENSION pg_tenancy UPDATE" to load this file. \quit

-- What 0.2.0 changes in objects of 0.1.0.

-- Trees of tables, views and sequences.
COMMENT ON FUNCTION tenancy.protect(regclass, text, name, name, regtype, tenancy.tenant_id, text,
  text, tenancy.permission, tenancy.permission, boolean) IS
'Isolates a table by tenant, or by tenant and user (isolate_by tenant|user), and returns the DDL as run, with remarks as SQL comments; nothing when it is protected already. Its partitions at every level and its children by inheritance are protected with it; a partition or child of a protected table is isolated as its parent is. Columns are found by name, else by type, else added with tenant_column_type; rows without a tenant get backfill_tenant, or what the expression backfill_using over the row gives. existing_policies: refuse | keep (floor only) | replace. Views of the same owner over it become security_invoker where that takes nothing from their users; others keep USAGE alone on its sequences. dry_run changes nothing. Errors: 42501 not the owner (of the whole tree), 0A000 not supported (with the way out), 55000 policies of its own or another isolation, 2BP01 objects depend on its keys, 23502 rows without a tenant or user, 22023 bad argument, 25000 not READ COMMITTED, TN010 inside an identity. Locks the table, its partitions and children ACCESS EXCLUSIVE until the transaction ends.';
COMMENT ON FUNCTION tenancy.protect_schema(regnamespace, text, name, name, regtype,
  tenancy.tenant_id, text, text, tenancy.permission, tenancy.permission, boolean, name[]) IS
'Protects all tables of the schema that the caller owns at once, foreign keys among them included, except skip_tables (reference data, migrations); tables of other owners are left alone and named in a remark. Arguments, result and errors as for tenancy.protect; a table that cannot be protected refuses all of them; 42P01 when there is none, or when skip_tables names one that is not there.';
COMMENT ON FUNCTION tenancy.unprotect(regclass, boolean, regtype, boolean) IS
'Takes the protection off a table, its partitions and children, and returns the DDL as run: floor and access policies, defaults of the isolation columns and FORCE go, also where FORCE was there before; row security is disabled unless the table has policies of its own or kept its access rules. The isolation columns stay, with type convert_columns if given. restore_keys takes them out of the front of keys and of the foreign keys to this table. What protect() did to views, sequences and grants stays. Errors: 42501 not the owner, 55000 not protected, or part of a protected table, 23505 keys would collide (with their count), 23P01 exclusion constraints would, 2BP01 objects or foreign keys depend on keys or columns, TN010 inside an identity.';
-- Tables are protected by the command that makes them. The triggers have no tag filter: a command
-- that somebody forgot would make tables that nobody protects.
CREATE FUNCTION tenancy.auto_protect_before() RETURNS event_trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tenancy_auto_protect_before';
REVOKE ALL ON FUNCTION tenancy.auto_protect_before() FROM PUBLIC;
COMMENT ON FUNCTION tenancy.auto_protect_before() IS
'Refuses what cannot be put right afterwards: CREATE UNIQUE INDEX CONCURRENTLY without the isolation columns of a protected table (0A000), foreign keys to one without them (42830). The hint holds what to write instead.';

CREATE FUNCTION tenancy.auto_protect_after() RETURNS event_trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tenancy_auto_protect_after';
REVOKE ALL ON FUNCTION tenancy.auto_protect_after() FROM PUBLIC;
COMMENT ON FUNCTION tenancy.auto_protect_after() IS
'Protects the tables that the command made, as tenancy.auto_protect says, new partitions and children of protected tables, and re-keys unique constraints and foreign keys that were added to protected tables. As tenancy.protect, whose errors it raises.';

CREATE EVENT TRIGGER tenancy_auto_protect_before ON ddl_command_start
  EXECUTE FUNCTION tenancy.auto_protect_before();
COMMENT ON EVENT TRIGGER tenancy_auto_protect_before IS
'Refuses commands on protected tables that cannot be put right afterwards';
CREATE EVENT TRIGGER tenancy_auto_protect_after ON ddl_command_end
  EXECUTE FUNCTION tenancy.auto_protect_after();
COMMENT ON EVENT TRIGGER tenancy_auto_protect_after IS
'Protects tables as they are made, see tenancy.auto_protect';
-- What PostgreSQL lets PUBLIC do and tenants of one database use against each other. Nothing of it
-- is changed by installing the extension: harden_database() is a decision about the whole database.
-- The groups are regular expressions over names, so that a version's new functions belong to them.
-- Functions that PUBLIC may not execute as PostgreSQL is installed are not on the list.
CREATE VIEW tenancy.hardening AS
WITH groups (names, kept_for, reason) AS (VALUES
  ('^currtid2?$', 'pg_database_owner',
   'tells rows of other tenants apart: ignores row security'),
  ('^lo_|^(loread|lowrite)$', 'pg_database_owner',
   'large objects belong to a role, not to a tenant: one reads and overwrites another''s'),
  ('^pg_(cancel|terminate)_backend$', 'pg_database_owner, pg_signal_backend',
   'tenants that share a role cancel each other''s statements and end each other''s sessions'),
  ('^pg_(try_)?advisory_(xact_)?lock', 'pg_database_owner',
   'one tenant blocks another, and learns what it has locked'),
  ('^pg_(lock_status|blocking_pids|safe_snapshot_blocking_pids|isolation_test_session_is_blocked)$',
   'pg_database_owner, pg_read_all_stats',
   'shows whom other sessions wait for, and their advisory locks'),
  ('^pg_prepared_xact$', 'pg_database_owner, pg_read_all_stats',
   'shows the names of other tenants'' prepared transactions'),
  ('^pg_prepared_statement$', 'pg_database_owner, pg_read_all_stats',
   'shows the texts of statements that drivers prepared for earlier callers of a pooled connection'),
  ('^pg_stat_get_', 'pg_database_owner, pg_read_all_stats',
   'counts the rows of all tenants, and shows the statements of sessions that share a role')),
functions AS (
  SELECT pg_catalog.format('pg_catalog.%I(%s)', p.proname,
                           pg_catalog.oidvectortypes(p.proargtypes)) AS name,
         g.kept_for, g.reason, p.proacl, p.proowner
  FROM pg_catalog.pg_proc p
  JOIN groups g ON p.proname ~ g.names
  LEFT JOIN pg_catalog.pg_init_privs i
    ON i.classoid = 'pg_catalog.pg_proc'::pg_catalog.regclass AND i.objoid = p.oid
  WHERE p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    AND (i.initprivs IS NULL
         OR EXISTS (SELECT FROM pg_catalog.aclexplode(i.initprivs) a WHERE a.grantee = 0)))
SELECT 'FUNCTION ' || name AS object,
       pg_catalog.format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC; GRANT EXECUTE ON FUNCTION %1$s TO %s',
                         name, kept_for) AS revoke,
       pg_catalog.format('GRANT EXECUTE ON FUNCTION %s TO PUBLIC; REVOKE EXECUTE ON FUNCTION %1$s FROM %s',
                         name, kept_for) AS undo,
       reason,
       NOT EXISTS (SELECT FROM pg_catalog.aclexplode(
                     coalesce(proacl, pg_catalog.acldefault('f', proowner))) a
                   WHERE a.grantee = 0) AS done
FROM functions
UNION ALL
SELECT pg_catalog.format('DATABASE %I', datname),
       pg_catalog.format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', datname),
       pg_catalog.format('GRANT TEMPORARY ON DATABASE %I TO PUBLIC', datname),
       'temporary tables and views stand before the real ones, and outlive their caller in a pooled session',
       NOT EXISTS (SELECT FROM pg_catalog.aclexplode(
                     coalesce(datacl, pg_catalog.acldefault('d', datdba))) a
                   WHERE a.grantee = 0 AND a.privilege_type = 'TEMPORARY')
FROM pg_catalog.pg_database
WHERE datname = pg_catalog.current_database()
UNION ALL
SELECT 'SCHEMA public',
       'REVOKE CREATE ON SCHEMA public FROM PUBLIC',
       'GRANT CREATE ON SCHEMA public TO PUBLIC',
       'what a caller creates there is called in place of what others mean',
       NOT EXISTS (SELECT FROM pg_catalog.aclexplode(
                     coalesce(nspacl, pg_catalog.acldefault('n', nspowner))) a
                   WHERE a.grantee = 0 AND a.privilege_type = 'CREATE')
FROM pg_catalog.pg_namespace
WHERE nspname = 'public';
GRANT SELECT ON tenancy.hardening TO PUBLIC;
COMMENT ON VIEW tenancy.hardening IS
'What tenancy.harden_database() revokes from PUBLIC in this database, and whether it is revoked. The database''s owner, the predefined roles for statistics and signals and superusers go on as before.';
COMMENT ON COLUMN tenancy.hardening.object IS 'Kind and name of the object, as GRANT takes them';
COMMENT ON COLUMN tenancy.hardening.revoke IS 'The statements that harden_database() runs';
COMMENT ON COLUMN tenancy.hardening.undo IS 'The statements that take them back';
COMMENT ON COLUMN tenancy.hardening.reason IS 'What PUBLIC can do with it to other tenants';
COMMENT ON COLUMN tenancy.hardening.done IS 'Whether PUBLIC has the right no more';

-- The statements are made and run under the pinned search_path: nothing of the caller is in them.
CREATE FUNCTION tenancy.harden_database(dry_run boolean DEFAULT false) RETURNS SETOF text
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  item record;
BEGIN
  IF NOT (SELECT rolsuper FROM pg_catalog.pg_roles WHERE rolname = current_user) THEN
    RAISE insufficient_privilege USING
      MESSAGE = 'must be superuser to harden a database',
      DETAIL = 'The functions on the list belong to PostgreSQL itself.',
      HINT = 'Ask a superuser to run SELECT tenancy.harden_database(); the list is in tenancy.hardening.';
  END IF;
  FOR item IN SELECT h.* FROM tenancy.hardening h WHERE NOT h.done ORDER BY h.reason, h.object LOOP
    IF dry_run IS NOT TRUE THEN
      EXECUTE item.revoke;
    END IF;
    RETURN NEXT format('%s; -- %s; undo: %s', item.revoke, item.reason, item.undo);
  END LOOP;
END$$;
REVOKE ALL ON FUNCTION tenancy.harden_database(boolean) FROM PUBLIC;
COMMENT ON FUNCTION tenancy.harden_database(boolean) IS
'Revokes from PUBLIC, in this database, what tenants use against each other: the list is tenancy.hardening. Returns one line for each object: the statements, why, and how to undo them; nothing where all is done. dry_run changes nothing. Superusers, the database''s owner and members of pg_read_all_stats (statistics, locks) or pg_signal_backend (signals) go on as before. Dumps keep it, but for the right to make temporary tables, which only pg_dump --create keeps: run it again after a restore. Errors: 42501 not a superuser.';
-- Rows of LangGraph's stores that have expired, of all tenants.
CREATE FUNCTION tenancy.sweep_expired(batch bigint DEFAULT 10000, OUT relation regclass, OUT deleted bigint)
  RETURNS SETOF record LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_sweep_expired';
REVOKE ALL ON FUNCTION tenancy.sweep_expired(bigint) FROM PUBLIC;
COMMENT ON FUNCTION tenancy.sweep_expired(bigint) IS
'Deletes rows whose expires_at is over from the protected tables named store (of LangGraph, in JavaScript and Python) whose owner''s rights the caller has, of all tenants and without an identity. Argument: batch, how many rows of each table at most; call again while as many were deleted. Returns each table with the number of rows. Acts as the owner of each table and with no more rights, whoever calls; rows locked by others stay for the next time. Errors: 22023 batch is not positive, TN010 inside an identity, and what triggers raise.';
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
'One line of tenancy.audit(): severity critical|high|medium|low, class isolation|performance|environment, stable code of the rule, the object, what is wrong with it, and the SQL that closes it.';

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
-- Audit, group grants: privileges that row security does not look at, and such as let a caller
-- stand in for others. What owners hold on their own is the business of group roles.
CREATE VIEW tenancy.audit_acls AS
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

CREATE FUNCTION tenancy.audit_grants(roles oid[])
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
         format('REVOKE ALL ON %s FROM %s;', a.name, string_agg(DISTINCT a.holder, ', '))
  FROM acl a
  WHERE a.kind = 'TABLE' AND a.relkind = 'r' AND a.schema = 'tenancy'::regnamespace
  GROUP BY a.name
  UNION ALL
  SELECT 'high', 'isolation', 'secret_table_grant', c.oid::regclass::text,
         'Row security is off on a table of secrets: pg_read_all_data and whoever is granted SELECT read them.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', c.oid::regclass)
  FROM pg_class c
  WHERE c.oid IN ('tenancy.issuers'::regclass, 'tenancy.signing_secrets'::regclass) AND NOT c.relrowsecurity
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
-- Audit, group policies: what policies that protect() did not write say, and what the functions do
-- that they call. Below a floor such policies can only narrow, so most rules end there. What stands
-- under our own names is the business of group tables.
CREATE FUNCTION tenancy.audit_policies(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH audited AS MATERIALIZED (
    SELECT DISTINCT m.member_of AS grantee FROM tenancy.audit_membership(roles) m UNION SELECT 0
  ), policy AS MATERIALIZED (
    SELECT p.oid, p.polrelid AS rel, r.name, format('%I ON %s', p.polname, r.name) AS object, p.polname,
           p.polcmd, p.polpermissive, p.polroles, r.tenant_like, r.relrowsecurity,
           p.polroles && ARRAY(SELECT grantee FROM audited) AS applies,
           EXISTS (SELECT FROM pg_policy f WHERE f.polrelid = p.polrelid AND f.polname = 'tenancy_floor'
                   AND NOT f.polpermissive AND f.polcmd = '*' AND f.polroles = '{0}') AS floored,
           e.qual, e.check_, coalesce(e.check_, e.qual) AS effective_check, concat_ws(' ', e.qual, e.check_) AS text,
           w.word, format('(^|[^a-zA-Z0-9_"])%s($|[^a-zA-Z0-9_"])', w.word) AS column_,
           concat('SELECT tenancy.protect(', quote_literal(r.name),
                  CASE WHEN r.tenant_like IS NULL THEN ', backfill_using => <expression that gives the tenant of a row>'
                       WHEN r.tenant_like <> 'tenant_id' THEN ', tenant_column => ' || quote_literal(r.tenant_like) END,
                  ', existing_policies => ') AS protect
    FROM pg_policy p
    JOIN tenancy.audit_relations r ON r.rel = p.polrelid
    CROSS JOIN LATERAL (SELECT pg_get_expr(p.polqual, p.polrelid) AS qual,
                               pg_get_expr(p.polwithcheck, p.polrelid) AS check_) e
    CROSS JOIN LATERAL (SELECT regexp_replace(quote_ident(r.tenant_like), '([^[:alnum:]_])', '\\\1', 'g') AS word) w
    WHERE p.polname NOT IN ('tenancy_floor', 'tenancy_access')
  ), command AS MATERIALIZED ( -- each policy for each command it speaks for, and whether it tells tenants apart
    SELECT p.oid, p.rel, c.cmd, p.polpermissive, p.polroles, p.applies,
           coalesce(CASE c.cmd WHEN 'a' THEN p.effective_check ELSE p.qual END ~ p.column_, false) AS tells
    FROM policy p
    JOIN unnest('{r,a,w,d}'::"char"[]) AS c (cmd) ON p.polcmd IN ('*', c.cmd)
  ), open AS MATERIALIZED ( -- permissive ones that do not, and no restrictive one below that does
    SELECT o.oid, o.rel, o.cmd,
           EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.cmd = o.cmd AND t.tells) AS beside,
           EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.tells) AS elsewhere
    FROM command o
    WHERE o.polpermissive AND o.applies AND NOT o.tells AND o.cmd <> 'a'
      AND NOT EXISTS (SELECT FROM command t WHERE t.rel = o.rel AND t.cmd = o.cmd AND t.tells
                      AND NOT t.polpermissive AND t.polroles = '{0}')
  ), called AS MATERIALIZED ( -- functions that policies call, not those of PostgreSQL and of extensions
    SELECT d.objid AS policy, f.oid, f.oid::regprocedure::text AS name, f.provolatile, f.proconfig, f.prosqlbody,
           f.pronamespace, l.lanname,
           concat(f.prosrc, CASE WHEN f.prosqlbody IS NOT NULL THEN pg_get_function_sqlbody(f.oid) END) AS body
    FROM pg_depend d
    JOIN policy p ON p.oid = d.objid
    JOIN pg_proc f ON f.oid = d.refobjid
    JOIN pg_language l ON l.oid = f.prolang
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_proc'::regclass
      AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid AND e.deptype = 'e')
  ), body AS MATERIALIZED ( -- what a policy says, itself and in its functions
    SELECT p.oid, p.text AS said, NULL::text AS function FROM policy p
    UNION ALL
    SELECT c.policy, c.body, c.name FROM called c
  ), reads AS ( -- relations that a policy reads, itself and in functions whose body is bound
    SELECT d.objid AS policy, d.refobjid AS rel FROM pg_depend d
    WHERE d.classid = 'pg_policy'::regclass AND d.refclassid = 'pg_class'::regclass
    UNION
    SELECT c.policy, d.refobjid FROM called c
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = c.oid AND d.refclassid = 'pg_class'::regclass
  )
  SELECT 'critical', 'isolation', k.code, p.object,
         format(k.finding, (SELECT string_agg(DISTINCT CASE o.cmd WHEN 'r' THEN 'SELECT' WHEN 'w' THEN 'UPDATE' ELSE 'DELETE' END, ', ')
                            FROM open o WHERE o.oid = p.oid AND (NOT o.beside AND o.elsewhere) = k.gap), p.tenant_like),
         p.protect || '''keep'');'
  FROM policy p
  CROSS JOIN (VALUES
    (false, 'permissive_without_floor', 'Opens rows for %s whatever their %I: permissive policies are joined by OR.'),
    (true, 'command_gap', 'Tenants are told apart for other commands, but for %s by no policy that looks at %I.'))
    AS k (gap, code, finding)
  WHERE p.relrowsecurity AND NOT p.floored AND p.tenant_like IS NOT NULL
    AND EXISTS (SELECT FROM open o WHERE o.oid = p.oid AND (NOT o.beside AND o.elsewhere) = k.gap)
  UNION ALL
  SELECT 'high', 'isolation', 'check_weaker', p.object,
         format('Lets rows be written whatever their %I: into other tenants.', p.tenant_like), p.protect || '''keep'');'
  FROM policy p
  WHERE p.relrowsecurity AND NOT p.floored AND p.applies AND p.polpermissive AND p.polcmd IN ('a', 'w', '*')
    AND p.effective_check !~ p.column_ AND (p.polcmd = 'a' OR p.qual ~ p.column_)
    AND NOT EXISTS (SELECT FROM policy t WHERE t.rel = p.rel AND NOT t.polpermissive AND t.polroles = '{0}'
                    AND t.polcmd = '*' AND t.effective_check ~ t.column_)
  UNION ALL
  SELECT 'critical', 'isolation', 'policy_fails_open', p.object,
         'Is true, or may be, where there is no tenant: COALESCE around the tenant''s column, or IS NULL beside OR.',
         p.protect || '''replace'');'
  FROM policy p
  WHERE p.relrowsecurity AND NOT p.floored AND p.applies AND p.tenant_like IS NOT NULL
    AND (p.text ~ format('COALESCE\(.*[^a-zA-Z0-9_"]%s\)', p.word)
         OR replace(p.qual, format('(%I IS NULL)', p.tenant_like), '') ~ ' IS NULL\).* OR | OR .* IS NULL\)'
         OR p.polcmd NOT IN ('r', 'd') AND p.effective_check LIKE '% OR %'
            AND strpos(p.effective_check, format('(%I IS NULL)', p.tenant_like)) > 0)
  UNION ALL
  SELECT 'high', 'isolation', 'policy_roles', p.object,
         'Tells tenants apart for some roles only: for others, later ones too, it does not hold.',
         format('ALTER POLICY %I ON %s TO PUBLIC;', p.polname, p.name)
  FROM policy p
  WHERE NOT p.floored AND NOT p.polpermissive AND p.text ~ p.column_ AND NOT 0 = ANY (p.polroles)
  UNION ALL
  SELECT CASE WHEN p.floored THEN 'medium' ELSE 'critical' END, 'isolation', 'policy_reads_writable', p.object,
         format('Believes %s, which %s may write.', c.oid::regclass, h.holders),
         format('REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON %s FROM %s;', c.oid::regclass, h.holders)
  FROM policy p
  JOIN reads r ON r.policy = p.oid AND r.rel <> p.rel
  JOIN pg_class c ON c.oid = r.rel
  CROSS JOIN LATERAL (
    SELECT string_agg(DISTINCT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE x.grantee::regrole::text END, ', ') AS holders
    FROM (SELECT c.relacl AS acl UNION ALL
          SELECT a.attacl FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attacl IS NOT NULL) l,
         aclexplode(l.acl) x
    JOIN audited USING (grantee)
    WHERE x.privilege_type IN ('INSERT', 'UPDATE', 'DELETE', 'TRUNCATE') AND x.grantee <> c.relowner) h
  WHERE h.holders IS NOT NULL
    AND NOT EXISTS (SELECT FROM pg_policy f WHERE f.polrelid = c.oid AND f.polname = 'tenancy_floor')
  UNION ALL
  SELECT CASE WHEN p.floored THEN 'low' ELSE k.severity END, 'isolation', k.code, p.object,
         concat(k.finding, ' In ' || string_agg(b.function, ', ') || '.'),
         CASE WHEN p.floored
              THEN format('DROP POLICY %I ON %s; -- and write it again without that', p.polname, p.name)
              ELSE p.protect || '''replace'');' END
  FROM (VALUES
    ('policy_pattern_match', 'critical', ' (~~\*?|~\*?|\^@) |\m(starts_with|regexp_(like|match|matches))\(|\mlike\M',
     'Compares by a pattern: one tenant''s name may begin like another''s, or be a pattern.'),
    ('policy_splits_text', 'high', '\m(string_to_array|string_to_table|regexp_split_to_(array|table))\M',
     'Splits a text into tenants: a name with the separator in it is two of them.'),
    ('policy_reads_setting', 'critical', '\m(current_setting|application_name|session_user|inet_client_addr|pg_stat_activity|pg_settings)\M',
     'Believes a setting, or what the client says of itself: whoever may send SQL sets it.'))
    AS k (code, severity, pattern, finding)
  JOIN body b ON b.said ~* k.pattern
  JOIN policy p USING (oid)
  GROUP BY p.oid, p.object, p.floored, p.polname, p.name, p.protect, k.code, k.severity, k.finding
  UNION ALL
  SELECT CASE c.provolatile WHEN 'i' THEN 'critical' ELSE 'medium' END, 'isolation', 'policy_function_volatility', c.name,
         CASE c.provolatile
           WHEN 'i' THEN 'A policy calls it, it depends on the session, and it is marked IMMUTABLE: a plan made for one tenant answers another.'
           ELSE 'A policy calls it for every row, and it may answer differently in mid-statement: it is VOLATILE, which is the default.' END,
         format('ALTER FUNCTION %s STABLE;', c.name)
  FROM called c
  WHERE c.provolatile <> 's'
    AND c.body ~* '\m(current_setting|session_user|current_user|application_name|tenancy\.\w+|from\s+[\w".]+)'
  GROUP BY c.name, c.provolatile
  UNION ALL
  SELECT 'high', 'isolation', 'policy_function_search_path', c.name,
         'A policy calls it, and what its body names is looked up in the caller''s search_path or temporary schema.',
         format('ALTER FUNCTION %s SET search_path = pg_catalog, %I, pg_temp;', c.name, n.nspname)
  FROM called c
  JOIN pg_namespace n ON n.oid = c.pronamespace
  WHERE c.lanname NOT IN ('c', 'internal') AND c.prosqlbody IS NULL
    AND NOT EXISTS (SELECT FROM unnest(c.proconfig) s WHERE s ~ '^search_path=(.*, *)?"?pg_temp"?$')
  GROUP BY c.name, n.nspname
  UNION ALL
  SELECT 'high', 'isolation', 'leakproof_function', f.oid::regprocedure::text,
         'Marked LEAKPROOF: it is called with the values of rows before a policy hides them.',
         format('ALTER FUNCTION %s NOT LEAKPROOF;', f.oid::regprocedure)
  FROM pg_proc f
  WHERE f.proleakproof AND f.oid >= 16384
    AND NOT EXISTS (SELECT FROM pg_depend e WHERE e.classid = 'pg_proc'::regclass AND e.objid = f.oid AND e.deptype = 'e')
  UNION ALL
  SELECT DISTINCT 'critical', 'isolation', 'policies_inert', p.name,
         'It has policies, and row security is off: they do nothing.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', p.name)
  FROM policy p
  WHERE NOT p.relrowsecurity AND NOT p.floored
$$;
COMMENT ON FUNCTION tenancy.audit_policies(oid[]) IS
'The part of tenancy.audit() that looks at policies which protect() did not write, and at the functions that they call.';
REVOKE ALL ON FUNCTION tenancy.audit_policies(oid[]) FROM PUBLIC;
-- Audit, group tables: tables that lost their protection or never had it, and the ways around it
-- through copies, siblings, partitions, keys, foreign keys and triggers.
CREATE FUNCTION tenancy.audit_tables(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH rel AS MATERIALIZED (
    SELECT * FROM tenancy.audit_relations
  ), rights AS MATERIALIZED (
    SELECT r.rel, array_agg(DISTINCT r.privilege) AS privileges,
           string_agg(DISTINCT CASE WHEN r.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.grantee)) END, ', ') AS grantees
    FROM tenancy.audit_rights(roles) r
    WHERE r.grantee NOT IN ('pg_read_all_data'::regrole, 'pg_write_all_data'::regrole) -- a rule of its own
    GROUP BY r.rel
  ), ours AS MATERIALIZED ( -- what protect() wrote, and what it would write
    SELECT p.oid AS policy, p.polrelid AS rel, p.polname, p.polpermissive, p.polcmd, p.polroles,
           pg_get_expr(p.polqual, p.polrelid) AS qual, pg_get_expr(p.polwithcheck, p.polrelid) AS check_
    FROM pg_policy p WHERE p.polname IN ('tenancy_floor', 'tenancy_access')
  ), iso AS MATERIALIZED (
    SELECT r.*, a.rel IS NOT NULL AS has_access, t.attnum AS tenant, t.attname AS tenant_name,
           t.attnotnull AS tenant_not_null, u.attnum AS user_, u.attname AS user_name, u.attnotnull AS user_not_null,
           w.tenant_condition, w.user_condition,
           concat('SELECT tenancy.protect(', quote_literal(r.name),
                  CASE WHEN u.attname IS NOT NULL THEN ', isolate_by => ''user''' END,
                  CASE WHEN t.attname <> 'tenant_id' THEN ', tenant_column => ' || quote_literal(t.attname) END,
                  CASE WHEN u.attname <> 'user_id' THEN ', user_column => ' || quote_literal(u.attname) END,
                  CASE WHEN a.rel IS NULL THEN ', existing_policies => ''keep''' END, ');') AS protect_again
    FROM rel r
    JOIN ours f ON f.rel = r.rel AND f.polname = 'tenancy_floor'
    LEFT JOIN ours a ON a.rel = r.rel AND a.polname = 'tenancy_access'
    CROSS JOIN LATERAL tenancy.isolation_columns(r.rel) i
    LEFT JOIN pg_attribute t ON t.attrelid = r.rel AND t.attname = coalesce(i.tenant_column, r.tenant_like)
    LEFT JOIN pg_attribute u ON u.attrelid = r.rel AND u.attname = i.user_column
    CROSS JOIN LATERAL (
      SELECT max(condition) FILTER (WHERE kind = 'tenant') AS tenant_condition,
             max(condition) FILTER (WHERE kind = 'user') AS user_condition
      FROM (SELECT v.kind, format('(%s = tenancy.current_%s_%s())',
                     CASE v.type WHEN 'varchar'::regtype THEN format('(%I)::text', v.name) ELSE quote_ident(v.name) END, v.kind,
                     CASE WHEN v.type = 'uuid'::regtype THEN 'uuid' WHEN v.type IN ('text'::regtype, 'varchar'::regtype) THEN 'text'
                          WHEN v.type IN ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) THEN 'bigint' ELSE 'id' END) AS condition
            FROM (VALUES ('tenant', t.attname, t.atttypid), ('user', u.attname, u.atttypid)) v(kind, name, type)
            WHERE v.name IS NOT NULL) c
    ) w
  ), key AS MATERIALIZED (
    SELECT i.*, x.relname AS index_name, iso.name, iso.tenant_name, iso.relkind, iso.relispartition, iso.protect_again, c.contype, c.conexclop,
           ARRAY(SELECT k FROM unnest(i.indkey::int2[]) WITH ORDINALITY u(k, n) WHERE n <= i.indnkeyatts) AS columns,
           array_remove(ARRAY[iso.tenant, iso.user_], NULL) AS isolation
    FROM iso
    JOIN pg_index i ON i.indrelid = iso.rel
    JOIN pg_class x ON x.oid = i.indexrelid AND NOT x.relispartition
    LEFT JOIN pg_constraint c ON c.conindid = i.indexrelid AND c.contype IN ('p', 'u', 'x')
    WHERE iso.tenant IS NOT NULL
  ), written AS MATERIALIZED ( -- what the text of a protected table's trigger says it writes
    SELECT iso.name, p.oid::regprocedure AS function,
           CASE WHEN m[1] LIKE '"%' THEN trim('"' FROM m[1]) ELSE lower(m[1]) END AS nspname,
           CASE WHEN m[2] LIKE '"%' THEN trim('"' FROM m[2]) ELSE lower(m[2]) END AS relname
    FROM pg_trigger t
    JOIN iso ON iso.rel = t.tgrelid
    JOIN pg_proc p ON p.oid = t.tgfoid
    CROSS JOIN LATERAL regexp_matches(p.prosrc, '\m(?:insert\s+into|merge\s+into|update)\s+(?:only\s+)?(?:("[^"]+"|\w+)\s*\.\s*)?("[^"]+"|\w+)', 'gi') m
    WHERE NOT t.tgisinternal
  )
  SELECT 'critical', 'isolation', 'rls_disabled', iso.name,
         'Row security is off: the policies of this protected table do nothing.',
         format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY;', iso.name)
  FROM iso WHERE NOT iso.relrowsecurity
  UNION ALL
  SELECT CASE WHEN r.relowner IN (SELECT m.member_of FROM tenancy.audit_membership(roles) m) THEN 'critical' ELSE 'high' END,
         'isolation', 'rls_not_forced', r.name,
         format('Row security does not bind the owner %I, nor the views and functions that run with the owner''s rights.', pg_get_userbyid(r.relowner)),
         format('ALTER TABLE %s FORCE ROW LEVEL SECURITY;', r.name)
  FROM rel r
  WHERE NOT r.relforcerowsecurity AND (r.relrowsecurity OR r.rel IN (SELECT iso.rel FROM iso))
    AND (r.rel IN (SELECT iso.rel FROM iso)
         OR r.tenant_like IS NOT NULL AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel))
  UNION ALL
  SELECT 'medium', 'isolation', 'floor_missing', r.name,
         'Tenants are kept apart by policies without our floor: any permissive policy that is added opens the table.',
         format('SELECT tenancy.protect(%L, tenant_column => %L, existing_policies => ''keep'');', r.name, r.tenant_like)
  FROM rel r
  WHERE r.relrowsecurity AND r.rel IN (SELECT g.rel FROM rights g) AND r.rel NOT IN (SELECT iso.rel FROM iso)
    AND r.tenant_like IS NOT NULL AND EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel)
  UNION ALL
  SELECT CASE p.polname WHEN 'tenancy_floor' THEN 'critical' ELSE 'high' END, 'isolation', 'floor_altered', iso.name,
         format('Policy %I does not say what protect() writes; it says %s.', p.polname, coalesce(p.qual, 'nothing')),
         format(E'DROP POLICY %I ON %s;\nCREATE POLICY %1$I ON %2$s AS %s FOR ALL TO PUBLIC\n  USING (%s)\n  WITH CHECK (%s);',
                p.polname, iso.name, w.kind, w.qual, w.check_)
  FROM iso
  JOIN ours p ON p.rel = iso.rel
  CROSS JOIN LATERAL (
    SELECT CASE WHEN iso.user_ IS NULL OR p.polname = 'tenancy_floor' AND iso.has_access THEN iso.tenant_condition
                ELSE format('(%s AND %s)', iso.tenant_condition, iso.user_condition) END AS qual
  ) q
  CROSS JOIN LATERAL (
    SELECT q.qual, CASE p.polname WHEN 'tenancy_floor' THEN 'RESTRICTIVE' ELSE 'PERMISSIVE' END AS kind,
           CASE WHEN p.polname = 'tenancy_floor' THEN q.qual ELSE coalesce(iso.user_condition, 'true') END AS check_
  ) w
  WHERE iso.tenant IS NOT NULL
    AND (p.polpermissive IS DISTINCT FROM (w.kind = 'PERMISSIVE') OR p.polcmd <> '*' OR p.polroles <> '{0}'
         OR p.qual IS DISTINCT FROM w.qual OR p.check_ IS DISTINCT FROM w.check_)
  UNION ALL
  SELECT 'critical', 'isolation', 'unprotected_table', r.name,
         format('Column %I looks like a tenant''s, and no row security keeps tenants apart: %s may use the table.', r.tenant_like, g.grantees),
         format('SELECT tenancy.protect(%L, tenant_column => %L);', r.name, r.tenant_like)
  FROM rel r JOIN rights g ON g.rel = r.rel
  WHERE NOT r.relrowsecurity AND r.tenant_like IS NOT NULL AND NOT r.relispartition
    AND r.rel NOT IN (SELECT iso.rel FROM iso)
    AND r.rel NOT IN (SELECT h.inhrelid FROM pg_inherits h JOIN iso ON iso.rel = h.inhparent)
  UNION ALL
  SELECT 'critical', 'isolation', 'unprotected_copy', r.name,
         format('It has the columns of the protected table %s, and %s may use it: a copy without protection.', min(iso.name), min(g.grantees)),
         format('REVOKE ALL ON TABLE %s FROM %s;', r.name, min(g.grantees))
  FROM iso
  CROSS JOIN LATERAL (
    SELECT iso.signature AS columns UNION ALL
    SELECT array_agg(s ORDER BY s) FROM unnest(iso.signature) s
    WHERE s NOT LIKE iso.tenant_name || ' %' AND (iso.user_name IS NULL OR s NOT LIKE iso.user_name || ' %')
  ) c
  JOIN rel r ON r.signature = c.columns AND r.width > 1
  JOIN rights g ON g.rel = r.rel
  WHERE NOT r.relrowsecurity AND NOT r.relispartition AND r.rel NOT IN (SELECT x.rel FROM iso x)
    AND r.rel NOT IN (SELECT h.inhrelid FROM pg_inherits h JOIN iso x ON x.rel = h.inhparent)
  GROUP BY r.name
  UNION ALL
  SELECT 'critical', 'isolation', 'langgraph_sibling', r.name,
         format('LangGraph keeps state of its users here, beside %s, and %s may use it.', f.others, g.grantees),
         format('SELECT tenancy.protect_langgraph(%L);', quote_ident(n.nspname))
  FROM rel r
  JOIN rights g ON g.rel = r.rel
  JOIN pg_namespace n ON n.oid = r.relnamespace
  CROSS JOIN LATERAL (
    SELECT string_agg(o.relname, ', ' ORDER BY o.relname) AS others FROM rel o
    WHERE o.relnamespace = r.relnamespace AND o.rel <> r.rel
      AND o.relname IN ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store', 'store_vectors')
  ) f
  WHERE r.relname IN ('checkpoints', 'checkpoint_blobs', 'checkpoint_writes', 'store', 'store_vectors')
    AND f.others IS NOT NULL AND NOT r.relrowsecurity AND r.rel NOT IN (SELECT iso.rel FROM iso)
  UNION ALL
  SELECT 'medium', 'isolation', 'tenant_column_nullable', iso.name,
         format('Column %I may be NULL: such rows belong to nobody, and unique keys do not compare them.', c.name),
         format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL;', iso.name, c.name)
  FROM iso
  CROSS JOIN LATERAL (VALUES (iso.tenant_name, iso.tenant_not_null), (iso.user_name, iso.user_not_null)) c(name, not_null)
  WHERE NOT c.not_null
  UNION ALL
  SELECT 'high', 'isolation', 'tenant_column_type', r.name,
         format('Column %I compares values that are spelled differently as equal: two tenants may be one.', a.attname),
         string_agg(format(E'DROP POLICY %I ON %s;\n', p.polname, r.name), '' ORDER BY p.polname)
         || format(E'ALTER TABLE %s ALTER COLUMN %I TYPE text COLLATE "C";\nSELECT tenancy.protect(%1$L, tenant_column => %2$L, existing_policies => ''replace'');', r.name, a.attname)
  FROM rel r
  LEFT JOIN iso ON iso.rel = r.rel
  JOIN pg_attribute a ON a.attrelid = r.rel AND a.attname = coalesce(iso.tenant_name, r.tenant_like)
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_collation l ON l.oid = a.attcollation
  JOIN pg_policy p ON p.polrelid = r.rel
  WHERE NOT coalesce(l.collisdeterministic, true)
     OR t.typname = 'citext' AND EXISTS (
          SELECT FROM pg_policy q
          JOIN pg_depend d ON d.classid = 'pg_policy'::regclass AND d.objid = q.oid AND d.refclassid = 'pg_operator'::regclass
          JOIN pg_operator o ON o.oid = d.refobjid AND t.oid IN (o.oprleft, o.oprright)
          WHERE q.polrelid = r.rel)
  GROUP BY r.name, a.attname
  UNION ALL
  SELECT CASE WHEN EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = k.indrelid AND a.attnum = ANY (k.columns)
                             AND a.atttypid <> 'uuid'::regtype AND a.attidentity = '') THEN 'medium' ELSE 'low' END,
         'isolation', 'key_without_isolation', k.name,
         format('Unique index %I does not hold the isolation columns: it tells that another tenant has a value, and takes it from others.', k.index_name),
         k.protect_again
  FROM key k WHERE k.indisunique AND k.contype IS DISTINCT FROM 'x' AND NOT k.isolation <@ k.columns
  UNION ALL
  SELECT 'medium', 'isolation', 'exclusion_without_isolation', k.name,
         format('Exclusion constraint %I compares rows of different tenants.', k.index_name),
         k.protect_again
  FROM key k
  WHERE k.contype = 'x'
    AND NOT k.isolation <@ ARRAY(SELECT c FROM unnest(k.columns, k.conexclop) u(c, op) JOIN pg_operator o ON o.oid = op WHERE o.oprname = '=')
  UNION ALL
  SELECT 'medium', 'isolation', 'foreign_key_without_isolation', child.name,
         format('Foreign key %I to %s does not hold the isolation columns: rows can point into another tenant, and tell what is there.', c.conname, parent.name),
         child.protect_again
  FROM pg_constraint c
  JOIN iso child ON child.rel = c.conrelid
  JOIN iso parent ON parent.rel = c.confrelid
  WHERE c.contype = 'f' AND c.conparentid = 0
    AND NOT (EXISTS (SELECT FROM unnest(c.conkey, c.confkey) u(a, b) WHERE (a, b) = (child.tenant, parent.tenant))
             AND (parent.user_ IS NULL
                  OR EXISTS (SELECT FROM unnest(c.conkey, c.confkey) u(a, b) WHERE (a, b) = (child.user_, parent.user_))))
  UNION ALL
  SELECT 'medium', 'isolation', 'foreign_key_from_outside', child.name,
         format('Foreign key %I points into the protected table %s: whoever writes here learns which keys exist there, and pins rows of every tenant.', c.conname, parent.name),
         format('ALTER TABLE %s DROP CONSTRAINT %I; -- or protect the table', child.name, c.conname)
  FROM pg_constraint c
  JOIN rel child ON child.rel = c.conrelid
  JOIN iso parent ON parent.rel = c.confrelid
  JOIN rights g ON g.rel = child.rel AND g.privileges && '{INSERT,UPDATE}'
  WHERE c.contype = 'f' AND c.conparentid = 0 AND child.rel NOT IN (SELECT iso.rel FROM iso)
  UNION ALL
  SELECT 'high', 'isolation', 'foreign_key_cascade', child.name,
         format('Foreign key %I changes rows of every tenant when %s changes, which %s may do.', c.conname, parent.name, g.grantees),
         format('REVOKE %s ON TABLE %s FROM %s;',
                concat_ws(', ', CASE WHEN c.confdeltype IN ('c', 'n', 'd') THEN 'DELETE' END,
                          CASE WHEN c.confupdtype IN ('c', 'n', 'd') THEN 'UPDATE' END), parent.name, g.grantees)
  FROM pg_constraint c
  JOIN iso child ON child.rel = c.conrelid
  JOIN rel parent ON parent.rel = c.confrelid AND parent.rel NOT IN (SELECT iso.rel FROM iso)
  JOIN rights g ON g.rel = parent.rel
  WHERE c.contype = 'f' AND c.conparentid = 0
    AND (c.confdeltype IN ('c', 'n', 'd') AND 'DELETE' = ANY (g.privileges)
         OR c.confupdtype IN ('c', 'n', 'd') AND 'UPDATE' = ANY (g.privileges))
  UNION ALL
  SELECT 'critical', 'isolation', CASE WHEN r.relispartition THEN 'partition_unprotected' ELSE 'child_unprotected' END, r.name,
         format('Its rows are protected through %s only: %s may name it directly.', min(a.name), g.grantees),
         format('REVOKE ALL ON TABLE %s FROM %s;', r.name, g.grantees)
  FROM (
    WITH RECURSIVE below AS (
      SELECT iso.rel, iso.name FROM iso
      UNION SELECT h.inhrelid, b.name FROM below b JOIN pg_inherits h ON h.inhparent = b.rel
    ) SELECT * FROM below
  ) a
  JOIN rel r ON r.rel = a.rel
  JOIN rights g ON g.rel = r.rel
  WHERE NOT (r.relrowsecurity AND r.rel IN (SELECT iso.rel FROM iso)) AND r.rel NOT IN (SELECT iso.rel FROM iso)
  GROUP BY r.name, r.relispartition, g.grantees
  UNION ALL
  SELECT 'high', 'isolation', 'trigger_writes_unprotected', w.name,
         format('Function %s, a trigger of the protected table %s, writes rows of every tenant here, and %s may read them.', t.function, min(t.name), g.grantees),
         format('REVOKE SELECT ON TABLE %s FROM %s; -- or protect the table', w.name, g.grantees)
  FROM written t
  JOIN rel w ON w.relname = t.relname AND NOT w.relrowsecurity
  JOIN pg_namespace n ON n.oid = w.relnamespace AND n.nspname = coalesce(t.nspname, n.nspname)
  JOIN rights g ON g.rel = w.rel AND 'SELECT' = ANY (g.privileges)
  WHERE w.rel NOT IN (SELECT iso.rel FROM iso)
  GROUP BY t.function, w.name, g.grantees
  UNION ALL
  SELECT 'low', 'performance', 'index_not_led', iso.name,
         format('No index begins with %I: a tenant''s query reads the rows of all, and its time tells how many there are.', iso.tenant_name),
         format('CREATE INDEX ON %s (%I);', iso.name, iso.tenant_name)
  FROM iso
  WHERE iso.tenant IS NOT NULL AND NOT iso.relispartition
    AND NOT EXISTS (SELECT FROM key k WHERE k.indrelid = iso.rel AND k.columns[1] = iso.tenant AND k.indpred IS NULL AND k.indisvalid)
  UNION ALL
  SELECT 'low', 'performance', 'index_not_led', k.name,
         format('Index %I does not begin with %I, nor does another serve its columns: a tenant''s query reads entries of all, and its time tells how many there are.', k.index_name, k.tenant_name),
         format(E'DROP INDEX %s;\n%s%I, %s;', k.indexrelid::regclass, w.head, k.tenant_name, substr(w.definition, length(w.head) + 1))
  FROM key k
  CROSS JOIN LATERAL (
    SELECT pg_get_indexdef(k.indexrelid) AS definition,
           format('CREATE INDEX %I ON %s%s USING btree (', k.index_name, CASE k.relkind WHEN 'p' THEN 'ONLY ' END, k.name) AS head
  ) w
  WHERE NOT k.relispartition AND NOT k.indisunique AND k.indisvalid AND k.indpred IS NULL
    AND k.columns[1] <> ALL (k.isolation) AND starts_with(w.definition, w.head)
    AND NOT EXISTS (SELECT FROM key o WHERE o.indrelid = k.indrelid AND o.indpred IS NULL AND o.indisvalid
                      AND o.columns[1] = k.isolation[1] AND o.columns[cardinality(k.isolation) + 1:cardinality(k.isolation) + cardinality(k.columns)] = k.columns
                      AND o.columns[1:cardinality(k.isolation)] @> k.isolation)
$$;
COMMENT ON FUNCTION tenancy.audit_tables(oid[]) IS
'Audit rules about tables: row security off or not forced, floor missing or altered, tables of tenants without protection, copies, LangGraph siblings, isolation columns, keys, foreign keys, partitions and children, triggers, indexes. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_tables(oid[]) FROM PUBLIC;
-- Audit, group views: what reads protected tables with other rights than the caller's (views, rules,
-- functions), and what carries their rows past row security: materialized views, foreign tables,
-- replication, large objects.
CREATE FUNCTION tenancy.audit_views(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
  SET enable_nestloop = off -- sizes of CTEs are guessed: a nested scan of them is quadratic
  SET jit = off -- what a nested scan is charged then would have it compiled for seconds
AS $$
  WITH RECURSIVE member AS MATERIALIZED (
    SELECT DISTINCT m.member_of AS grantee,
           CASE WHEN m.member_of = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(m.member_of)) END AS name
    FROM tenancy.audit_membership(roles) m
  ), rights AS MATERIALIZED (
    SELECT r.rel, array_agg(DISTINCT r.privilege) AS privileges, string_agg(DISTINCT m.name, ', ') AS grantees
    FROM tenancy.audit_rights(roles) r
    JOIN member m USING (grantee)
    WHERE m.name NOT IN ('pg_read_all_data', 'pg_write_all_data') -- a rule of its own
    GROUP BY r.rel
  ), schema_ AS MATERIALIZED ( -- where audited roles can name things, and where they can make them
    SELECT n.oid, n.nspname, bool_or(x.privilege_type = 'CREATE') AS creatable
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
    WHERE x.grantee IN (SELECT m.grantee FROM member m) AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tenancy')
    GROUP BY n.oid, n.nspname
  ), guarded AS MATERIALIZED ( -- tables with row security that keeps tenants apart
    SELECT r.rel, r.name, r.relname, r.relowner, r.relforcerowsecurity AND r.relrowsecurity AS bound
    FROM tenancy.audit_relations r
    WHERE EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = r.rel AND (p.polname = 'tenancy_floor' OR r.relrowsecurity AND r.tenant_like IS NOT NULL))
  ), above AS MATERIALIZED ( -- whom row security does not bind
    SELECT o.oid AS owner, o.rolsuper OR o.rolbypassrls AS always,
           ARRAY(SELECT DISTINCT g.relowner FROM guarded g WHERE NOT g.bound AND pg_has_role(o.oid, g.relowner, 'USAGE')) AS owners
    FROM pg_roles o
  ), dependency AS MATERIALIZED ( -- what rules and views read or write
    SELECT DISTINCT w.oid AS rule, w.rulename, w.ev_type, w.ev_class AS rel, d.refobjid AS base
    FROM pg_rewrite w
    JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid
                    AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> w.ev_class
  ), accessor AS MATERIALIZED ( -- ours, functions that call them, and those that read a setting
    SELECT p.oid FROM pg_proc p
    WHERE p.pronamespace = 'tenancy'::regnamespace AND p.proname LIKE 'current\_tenant\_%'
       OR p.prosrc ~* '\m(current_tenant_(id|uuid|text|bigint)|current_setting)\M'
    UNION
    SELECT d.objid FROM pg_depend d JOIN pg_proc p ON p.oid = d.refobjid AND p.pronamespace = 'tenancy'::regnamespace
    WHERE d.classid = 'pg_proc'::regclass AND d.refclassid = 'pg_proc'::regclass AND p.proname LIKE 'current\_tenant\_%'
  ), view_ AS MATERIALIZED (
    SELECT c.oid AS rel, c.oid::regclass::text AS name, c.relkind, c.relowner, c.relnamespace,
           coalesce(c.reloptions && '{security_invoker=true,security_invoker=on,security_invoker=1,security_invoker=yes}', false) AS invoker,
           coalesce(c.reloptions && '{security_barrier=true,security_barrier=on,security_barrier=1,security_barrier=yes}', false) AS barrier,
           c.oid IN (SELECT w.ev_class FROM pg_rewrite w
                     JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = w.oid AND d.refclassid = 'pg_proc'::regclass
                     JOIN accessor a ON a.oid = d.refobjid) AS filters
    FROM pg_class c
    WHERE c.relkind IN ('v', 'm') AND c.relnamespace <> ALL ('{pg_catalog,tenancy}'::regnamespace[])
      AND c.relnamespace IS DISTINCT FROM to_regnamespace('information_schema')::oid
  ), opening AS MATERIALIZED ( -- views that see more of a guarded table than their caller would
    SELECT v.rel, v.name, v.relkind, v.filters, v.barrier, string_agg(DISTINCT g.name, ', ') AS bases,
           bool_or(a.always OR g.relowner = ANY (a.owners)) AS bypasses
    FROM view_ v
    JOIN dependency d ON d.rel = v.rel AND d.ev_type = '1'
    JOIN guarded g ON g.rel = d.base
    JOIN above a ON a.owner = v.relowner
    WHERE v.relkind = 'v' AND NOT v.invoker AND (a.always OR NOT g.bound AND g.relowner = ANY (a.owners))
    GROUP BY v.rel, v.name, v.relkind, v.filters, v.barrier
  ), holding AS ( -- materialized views that hold rows of guarded tables, whatever lies between
    SELECT g.rel, g.name AS base FROM guarded g
    UNION
    SELECT d.rel, h.base FROM holding h JOIN dependency d ON d.base = h.rel AND d.ev_type = '1'
  ), exposed AS ( -- the way up from both to what an audited role may name
    SELECT o.rel, o.rel AS cause, 'definer_view' AS code, o.filters AND o.barrier AS filtered FROM opening o
    UNION
    SELECT v.rel, v.rel, 'materialized_view', false FROM view_ v WHERE v.relkind = 'm' AND v.rel IN (SELECT h.rel FROM holding h)
    UNION
    SELECT v.rel, e.cause, e.code, e.filtered OR v.filters AND v.barrier
    FROM exposed e
    JOIN dependency d ON d.base = e.rel AND d.ev_type = '1'
    JOIN view_ v ON v.rel = d.rel AND v.relkind = 'v'
    -- An invoker's view over a materialized one asks for the caller's own right on it.
    WHERE e.code = 'definer_view' OR NOT v.invoker
  ), function_ AS MATERIALIZED (
    SELECT p.oid, p.oid::regprocedure::text AS name, p.proowner, p.prosrc, p.prosqlbody, p.proconfig, p.prorettype, n.nspname, l.lanname,
           a.always OR a.owners <> '{}' AS bypasses, a.owners, a.always,
           (SELECT string_agg(m.name, ', ') FROM aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
            JOIN member m USING (grantee)
            WHERE p.pronamespace IN (SELECT s.oid FROM schema_ s) AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype)) AS callers,
           EXISTS (SELECT FROM pg_trigger t JOIN rights r ON r.rel = t.tgrelid AND r.privileges && '{INSERT,UPDATE,DELETE}'
                   WHERE t.tgfoid = p.oid AND NOT t.tgisinternal) AS fires
    FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN pg_language l ON l.oid = p.prolang
    JOIN above a ON a.owner = p.proowner
    WHERE p.prosecdef AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'tenancy')
      AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
  ), mentioned AS MATERIALIZED ( -- guarded tables that a function's text or body names
    SELECT f.oid, string_agg(DISTINCT g.name, ', ') AS tables
    FROM function_ f, regexp_matches(f.prosrc, '[[:alnum:]_$]+|"[^"]+"', 'g') w
    JOIN guarded g ON g.relname = CASE WHEN w[1] LIKE '"%' THEN trim('"' FROM w[1]) ELSE lower(w[1]) END
    WHERE f.always OR g.relowner = ANY (f.owners)
    GROUP BY f.oid
    UNION ALL
    SELECT f.oid, string_agg(DISTINCT g.name, ', ')
    FROM function_ f
    JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
    JOIN guarded g ON g.rel = d.refobjid
    WHERE f.prosqlbody IS NOT NULL AND (f.always OR g.relowner = ANY (f.owners))
    GROUP BY f.oid
  ), reached AS MATERIALIZED (
    SELECT f.*, m.tables FROM function_ f LEFT JOIN mentioned m USING (oid) WHERE f.callers IS NOT NULL OR f.fires
  )
  SELECT CASE WHEN bool_and(e.filtered) THEN 'low' ELSE 'critical' END, 'isolation', 'definer_view', v.name,
         CASE WHEN bool_and(e.filtered) THEN format('Only the condition in the view keeps tenants of %s apart; row security does not bind its owner.', string_agg(DISTINCT o.bases, ', '))
              ELSE format('It shows %s%s to %s with the rights of an owner whom row security does not bind.', string_agg(DISTINCT o.bases, ', '),
                          CASE WHEN v.rel <> ALL (array_agg(o.rel)) THEN ' through ' || string_agg(DISTINCT o.name, ', ') ELSE '' END, r.grantees) END,
         string_agg(DISTINCT format('ALTER VIEW %s SET (security_invoker = true);', o.name), E'\n')
  FROM exposed e
  JOIN opening o ON o.rel = e.cause
  JOIN view_ v ON v.rel = e.rel
  JOIN rights r ON r.rel = v.rel
  WHERE e.code = 'definer_view'
  GROUP BY v.rel, v.name, r.grantees
  UNION ALL
  SELECT 'high', 'isolation', 'view_without_barrier', v.name,
         'A function in a query on this view can see rows of other tenants before the view''s condition drops them.',
         format('ALTER VIEW %s SET (security_barrier = true);', v.name)
  FROM view_ v
  JOIN rights r ON r.rel = v.rel AND r.privileges && '{SELECT,UPDATE,DELETE}'
  WHERE v.relkind = 'v' AND v.filters AND NOT v.barrier AND NOT v.invoker
    AND (v.rel IN (SELECT o.rel FROM opening o)
         OR EXISTS (SELECT FROM dependency d JOIN tenancy.audit_relations t ON t.rel = d.base AND NOT t.relrowsecurity WHERE d.rel = v.rel)
         OR EXISTS (SELECT FROM dependency d JOIN exposed e ON e.rel = d.base WHERE d.rel = v.rel))
  UNION ALL
  SELECT 'critical', 'isolation', 'materialized_view', v.name,
         CASE WHEN v.relkind = 'm' THEN format('It holds rows of %s without row security, and %s may read them.', h.bases, r.grantees)
              ELSE format('It shows %s, which holds rows without row security, to %s.', m.name, r.grantees) END,
         format('REVOKE ALL ON TABLE %s FROM %s;', v.name, r.grantees)
  FROM exposed e
  JOIN view_ v ON v.rel = e.rel
  JOIN view_ m ON m.rel = e.cause
  JOIN rights r ON r.rel = v.rel AND 'SELECT' = ANY (r.privileges)
  CROSS JOIN LATERAL (SELECT string_agg(DISTINCT x.base, ', ') AS bases FROM holding x WHERE x.rel = e.cause) h
  WHERE e.code = 'materialized_view' AND NOT e.filtered
  UNION ALL
  SELECT DISTINCT 'critical', 'isolation', 'view_rule', c.oid::regclass::text,
         format('Rule %I reaches %s with the rights of an owner whom row security does not bind.', d.rulename, g.name),
         format('DROP RULE %I ON %s;', d.rulename, c.oid::regclass)
  FROM dependency d
  JOIN pg_class c ON c.oid = d.rel
  JOIN guarded g ON g.rel = d.base
  JOIN above a ON a.owner = c.relowner
  JOIN rights r ON r.rel = c.oid
              AND CASE d.ev_type WHEN '2' THEN 'UPDATE' WHEN '3' THEN 'INSERT' WHEN '4' THEN 'DELETE' END = ANY (r.privileges)
  WHERE d.ev_type <> '1' AND (a.always OR NOT g.bound AND g.relowner = ANY (a.owners))
  UNION ALL
  SELECT CASE WHEN f.tables IS NOT NULL THEN 'critical' ELSE 'medium' END, 'isolation', 'definer_function', f.name,
         format('%s it runs with the rights of %I, whom row security does not bind%s.',
                CASE WHEN f.callers IS NOT NULL THEN 'Called by ' || f.callers || ',' ELSE 'As a trigger' END,
                pg_get_userbyid(f.proowner), ', and names ' || f.tables),
         format('ALTER FUNCTION %s SECURITY INVOKER;', f.name)
  FROM reached f WHERE f.bypasses
  UNION ALL
  SELECT CASE WHEN f.bypasses THEN 'high' ELSE 'low' END, 'isolation', 'definer_function_public', f.name,
         format('Everybody may call what runs with the rights of %I.', pg_get_userbyid(f.proowner)),
         format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC;', f.name)
  FROM reached f WHERE 'PUBLIC' = ANY (string_to_array(f.callers, ', '))
  UNION ALL
  SELECT CASE WHEN f.bypasses THEN 'critical' ELSE 'medium' END, 'isolation', 'definer_search_path', f.name,
         CASE WHEN s.path IS NULL THEN 'It finds names by the caller''s search_path, with its owner''s rights.'
              WHEN s.path !~ 'pg_temp"?$' THEN 'Its search_path does not end in pg_temp: temporary objects of the caller come first.'
              ELSE 'Its search_path holds a schema in which audited roles can create objects.' END,
         format('ALTER FUNCTION %s SET search_path = pg_catalog, %spg_temp;', f.name,
                (SELECT string_agg(quote_ident(e.name) || ', ', '' ORDER BY e.position)
                 FROM (SELECT trim('" ' FROM u.name) AS name, u.position
                       FROM unnest(string_to_array(coalesce(s.path, f.nspname), ',')) WITH ORDINALITY u(name, position)) e
                 WHERE e.name NOT IN ('pg_catalog', 'pg_temp', '$user', '') AND e.name NOT IN (SELECT c.nspname FROM schema_ c WHERE c.creatable)))
  FROM reached f
  CROSS JOIN LATERAL (SELECT max(substr(c, length('search_path=') + 1)) AS path FROM unnest(f.proconfig) c WHERE c LIKE 'search\_path=%') s
  WHERE f.lanname NOT IN ('c', 'internal') AND f.prosqlbody IS NULL
    AND (s.path IS NULL OR s.path !~ 'pg_temp"?$'
         OR EXISTS (SELECT FROM unnest(string_to_array(s.path, ',')) e JOIN schema_ c ON c.nspname = trim('" ' FROM e) AND c.creatable))
  UNION ALL
  SELECT CASE WHEN f.bypasses THEN 'critical' ELSE 'medium' END, 'isolation', 'definer_dynamic_sql', f.name,
         'It puts values into the text of statements that run with its owner''s rights: one that is not quoted runs as SQL.',
         format('ALTER FUNCTION %s SECURITY INVOKER; -- or use EXECUTE ... USING and format with %%I', f.name)
  FROM reached f
  WHERE f.lanname NOT IN ('c', 'internal') AND f.prosrc ~* '\mexecute\M[^;]*(\|\||%s|concat)'
  UNION ALL
  SELECT CASE WHEN EXISTS (SELECT FROM pg_user_mapping u WHERE u.umserver = t.ftserver AND u.umuser = 0) THEN 'critical' ELSE 'high' END,
         'isolation', 'foreign_table', t.ftrelid::regclass::text,
         format('Foreign tables have no row security: %s reads what server %I serves.', r.grantees, s.srvname),
         format('REVOKE ALL ON TABLE %s FROM %s;', t.ftrelid::regclass, r.grantees)
  FROM pg_foreign_table t JOIN pg_foreign_server s ON s.oid = t.ftserver JOIN rights r ON r.rel = t.ftrelid
  UNION ALL
  SELECT 'medium', 'isolation', 'dblink', 'extension dblink',
         format('%s can open connections out of the database, as whom their server believes them.', string_agg(DISTINCT m.name, ', ')),
         string_agg(format('REVOKE EXECUTE ON FUNCTION %s FROM %s;', p.oid::regprocedure, m.name), E'\n' ORDER BY p.oid::regprocedure::text)
  FROM pg_extension e
  JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.classid = 'pg_proc'::regclass AND d.deptype = 'e'
  JOIN pg_proc p ON p.oid = d.objid AND p.proname IN ('dblink', 'dblink_connect', 'dblink_connect_u', 'dblink_exec')
  CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
  JOIN member m ON m.grantee = x.grantee AND x.grantee <> p.proowner
  WHERE e.extname = 'dblink'
  HAVING count(*) > 0
  UNION ALL
  SELECT 'low', 'isolation', 'publication', 'publication ' || quote_ident(b.pubname),
         format('It sends the rows of every tenant of %s to its subscribers.', string_agg(g.name, ', ' ORDER BY g.name)),
         CASE WHEN bool_and(l.prrelid IS NOT NULL)
              THEN format('ALTER PUBLICATION %I DROP TABLE %s; -- or a waiver, where the subscriber may have them', b.pubname, string_agg(g.name, ', ' ORDER BY g.name))
              ELSE format('DROP PUBLICATION %I; -- or a waiver, where the subscriber may have them', b.pubname) END
  FROM pg_publication b
  JOIN pg_publication_tables t ON t.pubname = b.pubname
  JOIN pg_namespace n ON n.nspname = t.schemaname
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = t.tablename
  JOIN guarded g ON g.rel = c.oid
  LEFT JOIN pg_publication_rel l ON l.prpubid = b.oid AND l.prrelid = g.rel
  GROUP BY b.pubname
  UNION ALL
  SELECT 'low', 'isolation', 'replication_slot', 'slot ' || quote_ident(s.slot_name),
         'It decodes the changes of every tenant for whoever has REPLICATION.',
         format('SELECT pg_drop_replication_slot(%L); -- or a waiver, where the subscriber may have them', s.slot_name)
  FROM pg_replication_slots s WHERE s.database = current_database()
  UNION ALL
  SELECT 'high', 'isolation', 'large_objects', 'large objects of ' || quote_ident(pg_get_userbyid(o.lomowner)),
         format('%s large objects know no tenant: whoever uses role %s reads all of them.', count(DISTINCT o.oid), string_agg(DISTINCT m.name, ', ')),
         format(E'DO $do$\nDECLARE lob oid; who text;\nBEGIN\n'
                '  FOR lob IN SELECT oid FROM pg_catalog.pg_largeobject_metadata WHERE lomowner = %L::regrole LOOP\n'
                '    EXECUTE format(''ALTER LARGE OBJECT %%s OWNER TO %%I'', lob, %L);\n'
                '    EXECUTE format(''REVOKE ALL ON LARGE OBJECT %%s FROM %%s'', lob, %L);\n  END LOOP;\nEND\n$do$;',
                quote_ident(pg_get_userbyid(o.lomowner)),
                (SELECT pg_get_userbyid(d.datdba) FROM pg_database d WHERE d.datname = current_database()), string_agg(DISTINCT m.name, ', '))
  FROM pg_largeobject_metadata o
  CROSS JOIN LATERAL aclexplode(coalesce(o.lomacl, acldefault('L', o.lomowner))) x
  JOIN member m ON m.grantee = x.grantee
  GROUP BY o.lomowner
$$;
COMMENT ON FUNCTION tenancy.audit_views(oid[]) IS
'Audit rules about views, materialized views, rules, functions with SECURITY DEFINER, foreign tables, dblink, publications, replication slots and large objects. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_views(oid[]) FROM PUBLIC;
-- Audit, group environment: the server around the isolation. These findings are of class
-- `environment`, but for what hands secrets out: that is isolation, wherever it is set.
CREATE FUNCTION tenancy.audit_server_minor(version integer)
  RETURNS SETOF tenancy.finding LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'high', 'environment', 'server_minor', 'server',
         format('PostgreSQL %s.%s lacks fixes of row security (ON CONFLICT, views) that %s.%s has.',
                major, minor, major, fixed),
         format('-- Install PostgreSQL %s.%s or newer and restart the server.', major, fixed)
  FROM (VALUES (15, 20), (16, 16), (17, 12), (18, 6)) known(major, fixed),
       LATERAL (SELECT version % 10000 AS minor) running
  WHERE version / 10000 = major AND minor < fixed
$$;
COMMENT ON FUNCTION tenancy.audit_server_minor(integer) IS
'Rule server_minor: a finding if this server_version_num lacks known fixes of row security.';
REVOKE ALL ON FUNCTION tenancy.audit_server_minor(integer) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_preload(libraries text)
  RETURNS SETOF tenancy.finding LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT 'high', 'environment', 'not_preloaded', 'server',
         'pg_tenancy is not preloaded: until the first call of one of its functions, a session has neither entry check nor guard.',
         format('ALTER SYSTEM SET shared_preload_libraries = %s; -- then restart the server',
                concat_ws(', ', nullif(libraries, ''), 'pg_tenancy'))
  WHERE NOT coalesce(libraries, '') ~ '(^|[ ,"/])pg_tenancy(\.so)?($|[ ,"])'
$$;
COMMENT ON FUNCTION tenancy.audit_preload(text) IS
'Rule not_preloaded: a finding if this list of shared_preload_libraries lacks pg_tenancy.';
REVOKE ALL ON FUNCTION tenancy.audit_preload(text) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_switch(setting text, OUT code text, OUT finding text)
  RETURNS SETOF record LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT s.code, s.finding
  FROM (VALUES
    ('tenancy.guard', 'guard_off', 'The guard is off: guarded roles may leave in a session what meets the next caller.'),
    ('tenancy.entry_check', 'entry_check_off', 'The entry check is off: what one caller left in a session meets the next.'),
    ('tenancy.auto_protect', 'auto_protect_off', 'New tables with a column of type tenancy.tenant_id are not protected by themselves.'),
    ('event_triggers', 'auto_protect_off', 'Event triggers are off, so new tables are not protected by themselves.') -- PostgreSQL 17
  ) s(setting, code, finding)
  WHERE s.setting = $1
$$;
COMMENT ON FUNCTION tenancy.audit_switch(text) IS
'The code and text of the finding that this setting is off; no row where nothing of ours hangs on it.';
REVOKE ALL ON FUNCTION tenancy.audit_switch(text) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_environment(roles oid[])
  RETURNS SETOF tenancy.finding LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  -- What sessions start with, not what the auditing one changed.
  WITH setting AS (
    SELECT name, reset_val AS value FROM pg_settings
  ), stored AS (
    SELECT setrole, setdatabase, split_part(entry, '=', 1) AS name,
           substr(entry, strpos(entry, '=') + 1) AS value,
           concat_ws(' in ', CASE WHEN setrole <> 0 THEN 'role ' || quote_ident(pg_get_userbyid(setrole)) END,
                     'database ' || quote_ident(datname)) AS holder,
           CASE WHEN setrole = 0 AND setdatabase = 0 THEN 'ALTER ROLE ALL'
                WHEN setrole = 0 THEN 'ALTER DATABASE ' || quote_ident(datname)
                ELSE concat('ALTER ROLE ', quote_ident(pg_get_userbyid(setrole)),
                            ' IN DATABASE ' || quote_ident(datname)) END
             || ' RESET ' || split_part(entry, '=', 1) || ';' AS reset
    FROM pg_db_role_setting s
    LEFT JOIN pg_database d ON d.oid = setdatabase, unnest(setconfig) entry
  )
  SELECT m.* FROM tenancy.audit_server_minor(current_setting('server_version_num')::integer) m
  UNION ALL
  SELECT p.* FROM setting s, tenancy.audit_preload(s.value) p WHERE s.name = 'shared_preload_libraries'
  UNION ALL
  -- Bind parameters are where tokens should travel: they must not end in the log.
  SELECT 'medium', 'environment', 'logging_parameters', s.name,
         'The log shows the bind parameters of statements that are logged, tokens among them.',
         'ALTER SYSTEM SET log_parameter_max_length = 0;' || E'\nSELECT pg_reload_conf();'
  FROM setting s
  WHERE s.name = 'log_parameter_max_length' AND s.value <> '0'
    AND EXISTS (SELECT FROM setting l
                WHERE (l.name, l.value) IN (('log_statement', 'all'), ('log_statement', 'mod'),
                                            ('log_duration', 'on'))
                   OR l.name IN ('log_min_duration_statement', 'log_min_duration_sample') AND l.value <> '-1'
                   OR l.name = 'log_transaction_sample_rate' AND l.value <> '0')
  UNION ALL
  SELECT 'medium', 'environment', 'logging_parameters', s.name,
         'Errors show bind parameters, tokens among them, in the log and to the client.',
         'ALTER SYSTEM SET log_parameter_max_length_on_error = 0;' || E'\nSELECT pg_reload_conf();'
  FROM setting s WHERE s.name = 'log_parameter_max_length_on_error' AND s.value <> '0'
  UNION ALL
  SELECT 'low', 'environment', 'logging_parameters', s.name,
         'The log shows statements with the literals in them.',
         'ALTER SYSTEM SET log_statement = ''none'';' || E'\nSELECT pg_reload_conf();'
  FROM setting s WHERE s.name = 'log_statement' AND s.value IN ('all', 'mod')
  UNION ALL
  -- Everybody reads pg_db_role_setting, and its own settings in force.
  SELECT 'critical', 'isolation', 'secrets_in_settings', format('setting %s of %s', s.name, s.holder),
         'It looks like a secret, and every role can read it.', s.reset
  FROM stored s
  WHERE s.name LIKE '%.%' AND s.name NOT LIKE 'tenancy.%'
    AND (s.name ~* '(secret|passw|private|credential|api_?key|signing|jwt|token|hmac)'
         OR s.value ~ '(^eyJ[A-Za-z0-9_-]+\.|-----BEGIN |^(sk|rk|pk)[-_][A-Za-z0-9]{16})')
  UNION ALL
  -- A tracking view shows every session of a role the statements of all, literals included.
  SELECT CASE WHEN EXISTS (SELECT FROM setting u WHERE u.name = e.extname || '.track_utility' AND u.value = 'on')
              THEN 'high' ELSE 'medium' END,
         'isolation', 'statement_tracking', 'extension ' || quote_ident(e.extname),
         format('%s can read the statements of other sessions, with the literals of SET and of what is not normalised.',
                string_agg(DISTINCT a.role_name, ', ')),
         string_agg(DISTINCT a.revoke, E'\n')
  FROM pg_extension e
  JOIN pg_depend d ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid AND d.deptype = 'e'
  JOIN LATERAL (
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END AS role_name,
           format('REVOKE ALL ON %s FROM %s;', c.oid::regclass,
                  CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END) AS revoke
    FROM pg_class c, aclexplode(c.relacl) x
    WHERE d.classid = 'pg_class'::regclass AND c.oid = d.objid AND x.privilege_type = 'SELECT'
      AND EXISTS (SELECT FROM pg_attribute q WHERE q.attrelid = c.oid AND q.attname = 'query')
      AND x.grantee <> c.relowner
      AND x.grantee IN (SELECT r.member_of FROM tenancy.audit_membership(roles) r)
    UNION ALL
    SELECT CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END,
           format('REVOKE ALL ON FUNCTION %s FROM %s;', p.oid::regprocedure,
                  CASE WHEN x.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(x.grantee)) END)
    FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) x
    WHERE d.classid = 'pg_proc'::regclass AND p.oid = d.objid AND 'query' = ANY (p.proargnames)
      AND x.grantee <> p.proowner
      AND x.grantee IN (SELECT r.member_of FROM tenancy.audit_membership(roles) r)
  ) a ON true
  WHERE e.extname IN ('pg_stat_statements', 'pg_stat_monitor')
  GROUP BY e.extname
  UNION ALL
  SELECT 'low', 'environment', 'prepared_transactions', 'server',
         'Prepared transactions are allowed: any session of a role may end those of its other sessions.',
         'ALTER SYSTEM SET max_prepared_transactions = 0; -- then restart the server'
  FROM setting s WHERE s.name = 'max_prepared_transactions' AND s.value <> '0'
  UNION ALL
  SELECT 'medium', 'environment', 'prepared_transactions', 'transaction ' || quote_literal(x.gid),
         format('Prepared by %I at %s and left: any session of this role may commit it, and it keeps its locks.',
                x.owner, x.prepared),
         format('ROLLBACK PREPARED %L;', x.gid)
  FROM pg_prepared_xacts x WHERE x.database = current_database()
  UNION ALL
  SELECT 'high', 'environment', w.code, 'server', w.finding,
         format('ALTER SYSTEM RESET %s;', s.name) || E'\nSELECT pg_reload_conf();'
  FROM setting s
  CROSS JOIN LATERAL tenancy.audit_switch(s.name) w
  WHERE (s.name LIKE 'tenancy.%' OR s.name = 'event_triggers') AND s.value = 'off'
    AND NOT EXISTS (SELECT FROM stored t WHERE t.name = s.name AND t.setdatabase IN (0, (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))
                      AND t.setrole IN (0, session_user::regrole))
  UNION ALL
  SELECT 'high', 'environment', w.code, s.holder, w.finding, s.reset
  FROM stored s
  CROSS JOIN LATERAL tenancy.audit_switch(s.name) w
  WHERE lower(s.value) IN ('off', 'false', 'no', '0')
  UNION ALL
  SELECT 'high', 'environment', 'auto_protect_off', 'event trigger ' || quote_ident(t.evtname),
         'It is off in ordinary sessions: new tables, partitions and keys are not protected by themselves.',
         format('ALTER EVENT TRIGGER %I ENABLE;', t.evtname)
  FROM pg_event_trigger t
  WHERE t.evtname IN ('tenancy_auto_protect_before', 'tenancy_auto_protect_after')
    AND t.evtenabled NOT IN ('O', 'A')
  UNION ALL
  SELECT CASE s.name WHEN 'session_replication_role' THEN 'high' ELSE 'medium' END,
         'environment', 'role_settings', s.holder,
         CASE s.name
           WHEN 'search_path' THEN format('search_path %s holds schema %s, in which an audited role can create objects that stand before others'' names.', s.value, p.schema)
           WHEN 'role' THEN format('Sessions become %s by themselves.', s.value)
           ELSE format('%s = %s changes what row security and triggers do in every session.', s.name, s.value) END,
         s.reset
  FROM stored s
  LEFT JOIN LATERAL (
    SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ') AS schema
    FROM pg_namespace n, aclexplode(coalesce(n.nspacl, acldefault('n', n.nspowner))) x
    WHERE s.name = 'search_path' AND x.privilege_type = 'CREATE'
      AND x.grantee IN (SELECT r.member_of FROM tenancy.audit_membership(roles) r)
      AND s.value ~ ('(^|[, "])' || regexp_replace(n.nspname, '([^[:alnum:]_])', '\\\1', 'g') || '($|[, "])')
  ) p ON true
  WHERE (s.setrole = 0 OR s.setrole = ANY (roles))
    AND (s.name IN ('row_security', 'session_replication_role', 'role') OR p.schema IS NOT NULL)
$$;
COMMENT ON FUNCTION tenancy.audit_environment(oid[]) IS
'Audit rules about the server: minor version, preload, logging, secrets in settings, tracking of statements, prepared transactions, switched-off checks, settings of roles. Argument: the audited roles.';
REVOKE ALL ON FUNCTION tenancy.audit_environment(oid[]) FROM PUBLIC;
-- The audit as a page to read and to hand on: one file without anything from outside. Names are the
-- text of whoever made the objects, so everything goes through audit_html(), and the page forbids
-- scripts to itself.
CREATE FUNCTION tenancy.audit_html(value text)
  RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT replace(replace(replace(replace(replace(coalesce(value, ''),
    '&', '&amp;'), '<', '&lt;'), '>', '&gt;'), '"', '&quot;'), '''', '&#39;')
$$;
COMMENT ON FUNCTION tenancy.audit_html(text) IS
'The text as HTML shows it: nothing in it is markup. NULL is empty.';
REVOKE ALL ON FUNCTION tenancy.audit_html(text) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_findings_html(roles regrole[])
  RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH found AS MATERIALIZED (
    SELECT f.* FROM tenancy.audit(roles) WITH ORDINALITY AS f(severity, class, code, object, finding, fix, number)
  ), section AS (
    SELECT s.severity, s.rank, count(f.number) AS findings,
           string_agg(format(
             '<tr><th scope="row"><code>%s</code></th><td>%s</td><td>%s</td><td>%s</td><td><pre tabindex="0">%s</pre></td></tr>',
             tenancy.audit_html(f.code), tenancy.audit_html(f.object), tenancy.audit_html(f.class),
             tenancy.audit_html(f.finding), tenancy.audit_html(f.fix)), E'\n' ORDER BY f.number) AS rows
    FROM unnest('{critical,high,medium,low}'::text[]) WITH ORDINALITY s(severity, rank)
    LEFT JOIN found f ON f.severity = s.severity
    GROUP BY s.severity, s.rank
  )
  SELECT E'<ul class="counts">\n'
    || string_agg(format('<li class="%1$s"><b>%2$s</b> %1$s</li>', severity, findings), E'\n' ORDER BY rank)
    || E'\n</ul>\n<h2>Findings</h2>\n'
    || coalesce(string_agg(format(E'<section class="%s">\n<h3>%s</h3>\n<div class="wide"><table class="findings">\n'
           '<thead><tr><th scope="col">Rule</th><th scope="col">Object</th><th scope="col">Class</th>'
           '<th scope="col">Finding</th><th scope="col">Fix</th></tr></thead>\n<tbody>\n%s\n</tbody></table></div></section>',
           severity, initcap(severity), rows), E'\n' ORDER BY rank) FILTER (WHERE findings > 0),
         '<p>None.</p>')
  FROM section
$$;
COMMENT ON FUNCTION tenancy.audit_findings_html(regrole[]) IS
'The findings of tenancy.audit(roles) by severity, as a part of tenancy.audit_report().';
REVOKE ALL ON FUNCTION tenancy.audit_findings_html(regrole[]) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_matrix_html(roles regrole[])
  RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  WITH role AS MATERIALIZED (
    SELECT r.oid, r.rolname, r.rolsuper OR r.rolbypassrls AS bypasses, r.rolsuper
    FROM tenancy.audited_roles(roles) a JOIN pg_roles r ON r.oid = a
  ), held AS MATERIALIZED (
    SELECT g.rel, g.role, array_agg(DISTINCT g.privilege) AS privileges
    FROM tenancy.audit_rights(ARRAY(SELECT oid FROM role)) g GROUP BY g.rel, g.role
  ), command AS MATERIALIZED (
    SELECT c.name, c.position
    FROM unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]
                || CASE WHEN current_setting('server_version_num')::int >= 170000 THEN '{MAINTAIN}'::text[] END)
      WITH ORDINALITY c(name, position)
  ), cell AS (
    SELECT t.relation::text AS name, r.rolname, c.position,
           CASE WHEN NOT r.rolsuper AND NOT coalesce(c.name = ANY (h.privileges), false)
                THEN '<td class="none">no</td>'
                WHEN c.position > 4 THEN '<td class="all">yes</td>'
                WHEN r.bypasses OR NOT k.relrowsecurity
                     OR NOT k.relforcerowsecurity AND pg_has_role(r.oid, k.relowner, 'USAGE')
                THEN '<td class="all">all rows</td>'
                ELSE '<td class="own">own rows</td>' END AS html
    FROM tenancy.protected_tables t
    JOIN pg_class k ON k.oid = t.relation
    CROSS JOIN role r
    LEFT JOIN held h ON h.rel = t.relation AND h.role = r.oid
    CROSS JOIN command c
  ), line AS (
    SELECT name, rolname, string_agg(html, '' ORDER BY position) AS cells FROM cell GROUP BY name, rolname
  )
  SELECT CASE WHEN count(*) = 0 THEN '<p>No protected table, or no role that is audited.</p>' ELSE
    E'<div class="wide"><table class="matrix">\n<thead><tr><th scope="col">Table</th><th scope="col">Role</th>'
    || (SELECT string_agg(format('<th scope="col">%s</th>', c.name), '' ORDER BY c.position) FROM command c)
    || E'</tr></thead>\n<tbody>\n'
    || string_agg(format('<tr><th scope="row">%s</th><td>%s</td>%s</tr>',
                         tenancy.audit_html(name), tenancy.audit_html(rolname), cells), E'\n' ORDER BY name, rolname)
    || E'\n</tbody></table></div>' END
  FROM line
$$;
COMMENT ON FUNCTION tenancy.audit_matrix_html(regrole[]) IS
'What each audited role can do with each protected table, as a part of tenancy.audit_report().';
REVOKE ALL ON FUNCTION tenancy.audit_matrix_html(regrole[]) FROM PUBLIC;

CREATE FUNCTION tenancy.audit_indexes_html()
  RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT coalesce('<ul>' || string_agg(format('<li><code>%s</code> of %s</li>',
           tenancy.audit_html(x.relname), tenancy.audit_html(t.relation::text)), E'\n' ORDER BY t.relation::text, x.relname)
         || '</ul>', '<p>None.</p>')
  FROM tenancy.protected_tables t
  JOIN pg_index i ON i.indrelid = t.relation
  JOIN pg_class x ON x.oid = i.indexrelid AND NOT x.relispartition
  JOIN pg_attribute a ON a.attrelid = t.relation AND a.attname = t.tenant_column
  WHERE i.indkey[0] <> a.attnum
$$;
COMMENT ON FUNCTION tenancy.audit_indexes_html() IS
'The indexes of protected tables that do not begin with the tenant, as a part of tenancy.audit_report().';
REVOKE ALL ON FUNCTION tenancy.audit_indexes_html() FROM PUBLIC;

CREATE FUNCTION tenancy.audit_report(roles regrole[] DEFAULT NULL)
  RETURNS text LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp
AS $$
  SELECT format($html$<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Tenant isolation of %1$s</title>
<style>
:root { color-scheme: light dark; --text: #1b1f24; --back: #fff; --line: #d0d7de; --soft: #f3f5f7;
  --critical: #a40e26; --high: #9a4a00; --medium: #6e5600; --low: #0b5cad; --good: #116329; }
@media (prefers-color-scheme: dark) {
  :root { --text: #e6edf3; --back: #0d1117; --line: #30363d; --soft: #161b22;
    --critical: #ff8182; --high: #ffa657; --medium: #e3b341; --low: #79c0ff; --good: #7ee787; } }
body { font: 15px/1.5 system-ui, sans-serif; color: var(--text); background: var(--back);
  max-width: 84rem; margin: 0 auto; padding: 1.5rem; }
h1 { font-size: 1.6rem; margin: 0; } h2 { margin-top: 2.5rem; } h3 { margin: 1.5rem 0 .5rem; }
.critical h3, .critical b { color: var(--critical); } .high h3, .high b { color: var(--high); }
.medium h3, .medium b { color: var(--medium); } .low h3, .low b { color: var(--low); }
.counts { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0; }
.counts li { border: 1px solid var(--line); border-radius: 6px; padding: .5rem 1rem; }
.counts b { font-size: 1.4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%%; }
th, td { border: 1px solid var(--line); padding: .4rem .6rem; text-align: left; vertical-align: top; }
td:nth-child(2) { overflow-wrap: anywhere; min-width: 8rem; }
.findings td:nth-child(4) { min-width: 16rem; }
thead th { background: var(--soft); } th[scope=row] { font-weight: normal; }
pre { margin: 0; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; min-width: 18rem; }
.matrix td { white-space: nowrap; } .own { color: var(--good); }
.all { color: var(--critical); font-weight: bold; } .none { opacity: .65; }
</style>
</head>
<body>
<header>
<h1>Tenant isolation of %1$s</h1>
<p>pg_tenancy %2$s, PostgreSQL %3$s, %4$s</p>
</header>
<main>
%5$s
<h2>Who may do what</h2>
<p>Own rows: those of the tenant, or of the user, whose token the session entered with. All rows: row security
does not bind the role.</p>
%6$s
<h2>Indexes that do not begin with the tenant</h2>
<p>They serve the rows of all tenants: EXPLAIN ANALYZE and run time can tell that values exist elsewhere.</p>
%7$s
</main>
</body>
</html>
$html$,
    tenancy.audit_html(current_database()),
    tenancy.audit_html((SELECT extversion FROM pg_extension WHERE extname = 'pg_tenancy')),
    tenancy.audit_html(current_setting('server_version')),
    to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI "UTC"'),
    tenancy.audit_findings_html(roles), tenancy.audit_matrix_html(roles), tenancy.audit_indexes_html())
$$;
COMMENT ON FUNCTION tenancy.audit_report(regrole[]) IS
'What tenancy.audit(roles) finds, as one HTML page that needs nothing else and runs no script: findings by severity, what each audited role can do with each protected table, indexes that do not begin with the tenant.';
REVOKE ALL ON FUNCTION tenancy.audit_report(regrole[]) FROM PUBLIC;
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

-- The dynamic half. A statement has one caller, so counting is a statement of its own, in C.
CREATE FUNCTION tenancy.count_as(role regrole, relation regclass) RETURNS bigint
  LANGUAGE c VOLATILE STRICT AS 'MODULE_PATHNAME', 'tenancy_count_as';
COMMENT ON FUNCTION tenancy.count_as(regrole, regclass) IS
'The part of tenancy.probe() that counts: how many rows the role sees in the relation. What the relation runs, runs as the role, in a security-restricted operation. Errors: 42501 without the rights of the role, and what the query raises.';

CREATE FUNCTION tenancy.probe(role regrole, OUT relation regclass, OUT condition text, OUT visible bigint,
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
