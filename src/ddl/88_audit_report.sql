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
