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
