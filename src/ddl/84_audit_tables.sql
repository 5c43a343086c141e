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
  ), asks AS MATERIALIZED ( -- policies that ask for a permission, and whether they say what protect() writes
    SELECT iso.name, iso.protect_again, p.polname, k.cmd <> 'r' AS writes, m.permission, e.qual, e.check_,
           m.permission IS NOT NULL AND p.polpermissive = (k.cmd = 'r') AND p.polcmd = k.cmd AND p.polroles = '{0}'
           AND (k.cmd <> 'r' OR iso.has_access AND iso.user_ IS NOT NULL)
           AND e.qual IS NOT DISTINCT FROM CASE k.cmd WHEN 'a' THEN NULL WHEN 'r' THEN format('(%s AND %s)', iso.tenant_condition, c.call)
                                                ELSE c.call END
           AND e.check_ IS NOT DISTINCT FROM CASE k.cmd WHEN 'a' THEN c.call WHEN 'w' THEN 'true' END AS sound
    FROM iso
    JOIN pg_policy p ON p.polrelid = iso.rel
    JOIN (VALUES ('tenancy_write_insert', 'a'::"char", 'require'), ('tenancy_write_update', 'w', 'require'),
                 ('tenancy_write_delete', 'd', 'require'), ('tenancy_read_all', 'r', 'can')) k (polname, cmd, function)
      ON k.polname = p.polname
    CROSS JOIN LATERAL (SELECT pg_get_expr(p.polqual, p.polrelid) AS qual, pg_get_expr(p.polwithcheck, p.polrelid) AS check_) e
    CROSS JOIN LATERAL (
      SELECT substring(concat(e.qual, ' ', e.check_),
                       format('tenancy\.%s\(''([A-Za-z0-9_.:*-]+)''::tenancy\.permission\)', k.function)) AS permission) m
    CROSS JOIN LATERAL (SELECT format('tenancy.%s(%L::tenancy.permission)', k.function, m.permission) AS call) c
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
  SELECT 'high', 'isolation', 'permission_policy_altered', a.name,
         format('Policy %I does not say what protect() writes; it says %s.', a.polname, concat_ws(', WITH CHECK ', a.qual, a.check_)),
         format(E'DROP POLICY %I ON %s;\n', a.polname, a.name)
         || replace(a.protect_again, ');', format(', %s => %L);', CASE WHEN a.writes THEN 'write' ELSE 'read_all' END || '_permission', a.permission))
  FROM asks a WHERE NOT a.sound
  UNION ALL
  SELECT 'high', 'isolation', 'permission_policy_altered', a.name,
         'Some of INSERT, UPDATE and DELETE take a permission, and others none or another one.',
         replace(min(a.protect_again), ');', format(', write_permission => %L);', min(a.permission)))
  FROM asks a WHERE a.writes
  GROUP BY a.name
  HAVING bool_and(a.sound) AND (count(*) < 3 OR count(DISTINCT a.permission) > 1)
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
    WHERE NOT starts_with(s, iso.tenant_name || ' ') AND (iso.user_name IS NULL OR NOT starts_with(s, iso.user_name || ' '))
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
  SELECT 'high', 'isolation', 'trust_trigger_disabled', t.tgrelid::regclass::text,
         format('Its trigger %I does not always run: what it checks, or tells running sessions, is left out.', t.tgname),
         format('ALTER TABLE %s ENABLE %sTRIGGER %I;', t.tgrelid::regclass, CASE WHEN always THEN 'ALWAYS ' END, t.tgname)
  FROM pg_trigger t
  JOIN pg_class r ON r.oid = t.tgrelid AND r.relnamespace = 'tenancy'::regnamespace
  CROSS JOIN LATERAL (SELECT t.tgname IN ('trust_changed', 'authorization_changed')) w (always)
  WHERE NOT t.tgisinternal AND (t.tgenabled IN ('D', 'R') OR always AND t.tgenabled <> 'A')
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
