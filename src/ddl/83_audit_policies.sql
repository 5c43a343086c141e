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
    WHERE p.polname NOT IN ('tenancy_floor', 'tenancy_access', 'tenancy_write_insert', 'tenancy_write_update',
                            'tenancy_write_delete', 'tenancy_read_all')
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
