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
