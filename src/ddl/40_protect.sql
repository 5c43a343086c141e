-- Protecting tables. Whoever owns a table may protect it, so PUBLIC may call these functions: they
-- ask for ownership themselves, as ALTER TABLE does, and run everything as the table's owner.
CREATE FUNCTION tenancy.isolation_columns(rel regclass, OUT tenant_column name,
                                          OUT user_column name)
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tenancy_isolation_columns';
COMMENT ON FUNCTION tenancy.isolation_columns(regclass) IS
'Which columns isolate the table, read from its policies. NULLs: it is not protected, or not by user.';

CREATE FUNCTION tenancy.protect(
    rel regclass,
    isolate_by text DEFAULT 'tenant',
    tenant_column name DEFAULT 'tenant_id',
    user_column name DEFAULT 'user_id',
    tenant_column_type regtype DEFAULT 'tenancy.tenant_id',
    backfill_tenant tenancy.tenant_id DEFAULT NULL,
    backfill_using text DEFAULT NULL,
    existing_policies text DEFAULT 'refuse',
    write_permission tenancy.permission DEFAULT NULL,
    read_all_permission tenancy.permission DEFAULT NULL,
    dry_run boolean DEFAULT false)
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_protect';
COMMENT ON FUNCTION tenancy.protect(regclass, text, name, name, regtype, tenancy.tenant_id, text,
  text, tenancy.permission, tenancy.permission, boolean) IS
'Isolates a table by tenant, or by tenant and user (isolate_by tenant|user), and returns the DDL as run, with remarks as SQL comments; nothing when it is protected already. Its partitions at every level and its children by inheritance are protected with it; a partition or child of a protected table is isolated as its parent is. Columns are found by name, else by type, else added with tenant_column_type; rows without a tenant get backfill_tenant, or what the expression backfill_using over the row gives. existing_policies: refuse | keep (floor only) | replace. write_permission: inserting, updating, deleting and locking rows then takes this permission (TN008); read_all_permission: whoever holds it reads the rows of all users of the own tenant, and writes none of them (22023 unless isolated by user with our access policy). Not given, they stay as they are. Views of the same owner over it become security_invoker where that takes nothing from their users; others keep USAGE alone on its sequences. dry_run changes nothing. Errors: 42501 not the owner (of the whole tree), 0A000 not supported (with the way out), 55000 policies of its own or another isolation, 2BP01 objects depend on its keys, 23502 rows without a tenant or user, 22023 bad argument, 25000 not READ COMMITTED, TN010 inside an identity. Locks the table, its partitions and children ACCESS EXCLUSIVE until the transaction ends.';

CREATE FUNCTION tenancy.protect_schema(
    schema regnamespace,
    isolate_by text DEFAULT 'tenant',
    tenant_column name DEFAULT 'tenant_id',
    user_column name DEFAULT 'user_id',
    tenant_column_type regtype DEFAULT 'tenancy.tenant_id',
    backfill_tenant tenancy.tenant_id DEFAULT NULL,
    backfill_using text DEFAULT NULL,
    existing_policies text DEFAULT 'refuse',
    write_permission tenancy.permission DEFAULT NULL,
    read_all_permission tenancy.permission DEFAULT NULL,
    dry_run boolean DEFAULT false,
    skip_tables name[] DEFAULT '{}')
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_protect_schema';
COMMENT ON FUNCTION tenancy.protect_schema(regnamespace, text, name, name, regtype,
  tenancy.tenant_id, text, text, tenancy.permission, tenancy.permission, boolean, name[]) IS
'Protects all tables of the schema that the caller owns at once, foreign keys among them included, except skip_tables (reference data, migrations); tables of other owners are left alone and named in a remark. Arguments, result and errors as for tenancy.protect; a table that cannot be protected refuses all of them; 42P01 when there is none, or when skip_tables names one that is not there.';

CREATE FUNCTION tenancy.protect_langgraph(
    schema regnamespace DEFAULT 'public'::text::regnamespace, -- looked up at the call
    isolate_by text DEFAULT 'user',
    store_isolate_by text DEFAULT 'user',
    tenant_column name DEFAULT 'tenant_id',
    user_column name DEFAULT 'user_id',
    tenant_column_type regtype DEFAULT 'tenancy.tenant_id',
    backfill_tenant tenancy.tenant_id DEFAULT NULL,
    backfill_using text DEFAULT NULL,
    existing_policies text DEFAULT 'refuse',
    write_permission tenancy.permission DEFAULT NULL,
    read_all_permission tenancy.permission DEFAULT NULL,
    dry_run boolean DEFAULT false)
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_protect_langgraph';
COMMENT ON FUNCTION tenancy.protect_langgraph(regnamespace, text, text, name, name, regtype,
  tenancy.tenant_id, text, text, tenancy.permission, tenancy.permission, boolean) IS
'Protects what the LangGraph savers and stores (JavaScript and Python) keep in the schema: checkpoints, checkpoint_blobs and checkpoint_writes by isolate_by, store and store_vectors by store_isolate_by. read_all_permission goes to those that are isolated by user. The *_migrations tables hold version numbers only; they stay readable and become writable by their owner alone. Other arguments, result and errors as for tenancy.protect; 42P01 when the schema holds none of these tables.';

CREATE FUNCTION tenancy.unprotect(
    rel regclass,
    restore_keys boolean DEFAULT false,
    convert_columns regtype DEFAULT NULL,
    dry_run boolean DEFAULT false)
  RETURNS SETOF text LANGUAGE C VOLATILE AS 'MODULE_PATHNAME', 'tenancy_unprotect';
COMMENT ON FUNCTION tenancy.unprotect(regclass, boolean, regtype, boolean) IS
'Takes the protection off a table, its partitions and children, and returns the DDL as run: its policies, defaults of the isolation columns and FORCE go, also where FORCE was there before; row security is disabled unless the table has policies of its own or kept its access rules. The isolation columns stay, with type convert_columns if given. restore_keys takes them out of the front of keys and of the foreign keys to this table. What protect() did to views, sequences and grants stays. Errors: 42501 not the owner, 55000 not protected, or part of a protected table, 23505 keys would collide (with their count), 23P01 exclusion constraints would, 2BP01 objects or foreign keys depend on keys or columns, TN010 inside an identity.';

CREATE VIEW tenancy.protected_tables AS
SELECT c.oid::regclass AS relation,
       i.tenant_column,
       i.user_column,
       CASE WHEN i.user_column IS NULL THEN 'tenant' ELSE 'user' END AS isolate_by,
       t.atttypid::regtype AS tenant_column_type,
       EXISTS (SELECT FROM pg_catalog.pg_policy a
               WHERE a.polrelid = c.oid AND a.polname = 'tenancy_access') AS has_access_policy,
       c.relforcerowsecurity AS forced,
       pg_catalog.pg_get_userbyid(c.relowner) AS owner,
       m.write_permission,
       m.read_all_permission
FROM pg_catalog.pg_policy p
JOIN pg_catalog.pg_class c ON c.oid = p.polrelid
CROSS JOIN LATERAL tenancy.isolation_columns(c.oid) AS i
JOIN pg_catalog.pg_attribute t ON t.attrelid = c.oid AND t.attname = i.tenant_column
CROSS JOIN LATERAL ( -- all three that ask for the same, or none: less than that protects nothing
  SELECT CASE WHEN pg_catalog.count(*) FILTER (WHERE w.writes) = 3
               AND pg_catalog.min(w.asks) FILTER (WHERE w.writes) = pg_catalog.max(w.asks) FILTER (WHERE w.writes)
              THEN pg_catalog.min(w.asks) FILTER (WHERE w.writes) END::tenancy.permission AS write_permission,
         pg_catalog.min(w.asks) FILTER (WHERE NOT w.writes)::tenancy.permission AS read_all_permission
  FROM (
    SELECT f.proname = 'require' AS writes,
           pg_catalog.substring(
             pg_catalog.pg_get_expr(coalesce(a.polqual, a.polwithcheck), a.polrelid),
             '(?:require|can)\(''([A-Za-z0-9_.:*-]+)''::(?:tenancy\.)?permission\)\)?$') AS asks
    FROM pg_catalog.pg_policy a
    JOIN pg_catalog.pg_depend d ON d.classid = 'pg_catalog.pg_policy'::regclass AND d.objid = a.oid
     AND d.refclassid = 'pg_catalog.pg_proc'::regclass
    JOIN pg_catalog.pg_proc f ON f.oid = d.refobjid AND f.pronamespace = 'tenancy'::regnamespace
    WHERE a.polrelid = c.oid AND (
      f.proname = 'can' AND a.polname = 'tenancy_read_all' AND a.polpermissive
      OR f.proname = 'require' AND NOT a.polpermissive
         AND a.polname IN ('tenancy_write_insert', 'tenancy_write_update', 'tenancy_write_delete'))
  ) w
) m
WHERE p.polname = 'tenancy_floor' AND NOT p.polpermissive AND i.tenant_column IS NOT NULL;
GRANT SELECT ON tenancy.protected_tables TO PUBLIC;
COMMENT ON VIEW tenancy.protected_tables IS
'The tables that are protected, computed from their policies: relation, tenant column and its type, user column (NULL: isolated by tenant), whether access is ours (false: the table kept policies of its own), whether row security is forced on the owner too, owner, and the permissions that it takes to write and to read the rows of all users of the own tenant.';
COMMENT ON COLUMN tenancy.protected_tables.relation IS 'The table';
COMMENT ON COLUMN tenancy.protected_tables.tenant_column IS 'Column that holds the tenant';
COMMENT ON COLUMN tenancy.protected_tables.user_column IS 'Column that holds the user; NULL: isolated by tenant';
COMMENT ON COLUMN tenancy.protected_tables.isolate_by IS 'tenant or user';
COMMENT ON COLUMN tenancy.protected_tables.tenant_column_type IS 'Type of the tenant column';
COMMENT ON COLUMN tenancy.protected_tables.has_access_policy IS 'Whether access is ours; false: the table kept policies of its own';
COMMENT ON COLUMN tenancy.protected_tables.forced IS 'Whether row security binds the owner too';
COMMENT ON COLUMN tenancy.protected_tables.owner IS 'Owner of the table';
COMMENT ON COLUMN tenancy.protected_tables.write_permission IS 'Permission that it takes to write to it; NULL: none';
COMMENT ON COLUMN tenancy.protected_tables.read_all_permission IS 'Permission that opens the rows of all users of the own tenant for reading; NULL: none does';
