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
