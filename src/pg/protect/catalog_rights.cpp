#include "pg/protect/catalog_rights.hpp"

#include "pg/protect/query.hpp"

namespace tenancy::pg {

namespace {

constexpr const char* kGrantees =
    "SELECT DISTINCT CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END"
    " FROM pg_class c, LATERAL (SELECT x.* FROM aclexplode(c.relacl) x UNION ALL"
    "  SELECT x.* FROM pg_attribute t, aclexplode(t.attacl) x WHERE t.attrelid = c.oid) a"
    " WHERE c.oid = $1::oid AND a.grantee <> c.relowner"
    " AND a.privilege_type = ANY ($2::text[]) ORDER BY 1";

constexpr const char* kSequences =
    "SELECT n.nspname, s.relname,"
    " ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END"
    "  FROM aclexplode(s.relacl) a WHERE a.grantee <> s.relowner"
    "  AND a.privilege_type IN ('SELECT', 'UPDATE') ORDER BY 1),"
    " ARRAY(SELECT DISTINCT CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END"
    "  FROM aclexplode(s.relacl) a WHERE a.grantee <> s.relowner AND a.privilege_type = 'UPDATE'"
    "  AND NOT EXISTS (SELECT FROM aclexplode(s.relacl) b WHERE b.grantee = a.grantee"
    "   AND b.privilege_type = 'USAGE') ORDER BY 1)"
    " FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S'"
    " JOIN pg_namespace n ON n.oid = s.relnamespace"
    " WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass"
    " AND d.refobjid = $1::oid AND d.deptype IN ('a', 'i') ORDER BY 1, 2";

// Of each view: what its rule reads. Its users need SELECT on that once it runs with their rights,
// and for what they may write through it the same right there.
constexpr const char* kViews =
    "WITH RECURSIVE reads AS ("
    "  SELECT DISTINCT r.ev_class AS view, d.refobjid AS relation FROM pg_rewrite r"
    "  JOIN pg_depend d ON d.classid = 'pg_rewrite'::regclass AND d.objid = r.oid"
    "   AND d.refclassid = 'pg_class'::regclass AND d.refobjid <> r.ev_class"
    "  JOIN pg_class v ON v.oid = r.ev_class AND v.relkind = 'v'"
    "  JOIN pg_class b ON b.oid = d.refobjid AND b.relkind IN ('r', 'p', 'v', 'm', 'f')"
    "  WHERE r.ev_type = '1'),"
    " over(view, depth) AS (SELECT view, 1 FROM reads WHERE relation = ANY ($1::oid[])"
    "  UNION SELECT r.view, o.depth + 1 FROM over o JOIN reads r ON r.relation = o.view),"
    " views AS (SELECT view, max(depth) AS depth FROM over GROUP BY view),"
    " users AS (SELECT v.view, a.grantee, a.privilege_type AS privilege FROM views v"
    "  JOIN pg_class c ON c.oid = v.view, LATERAL (SELECT x.* FROM aclexplode(c.relacl) x UNION"
    "   SELECT x.* FROM pg_attribute t, aclexplode(t.attacl) x WHERE t.attrelid = c.oid) a"
    "  WHERE a.grantee <> c.relowner"
    "  AND (a.privilege_type = 'SELECT' OR a.privilege_type IN ('INSERT', 'UPDATE', 'DELETE')"
    "   AND pg_relation_is_updatable(v.view, false) <> 0)),"
    " rights AS (SELECT DISTINCT u.view, r.relation, u.grantee, p.privilege FROM users u"
    "  JOIN reads r ON r.view = u.view, LATERAL (SELECT u.privilege"
    "   UNION SELECT 'SELECT') p(privilege)),"
    " missing AS (SELECT view, array_agg(format('GRANT %s ON %I.%I TO %s', privilege, n.nspname,"
    "   b.relname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(grantee))"
    "   END) ORDER BY n.nspname, b.relname, grantee, privilege) AS grants FROM rights"
    "  JOIN pg_class b ON b.oid = relation JOIN pg_namespace n ON n.oid = b.relnamespace"
    "  WHERE NOT CASE grantee WHEN 0 THEN has_table_privilege('public', relation, privilege)"
    "   ELSE has_table_privilege(grantee, relation, privilege) END GROUP BY view)"
    " SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner), EXISTS (SELECT FROM pg_class t"
    "  WHERE t.oid = ANY ($1::oid[]) AND t.relowner = c.relowner), o.rolsuper OR o.rolbypassrls,"
    "  coalesce(m.grants, '{}') FROM views v JOIN pg_class c ON c.oid = v.view"
    " JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_roles o ON o.oid = c.relowner"
    " LEFT JOIN missing m ON m.view = v.view"
    " WHERE NOT EXISTS (SELECT FROM pg_options_to_table(c.reloptions) x"
    "  WHERE x.option_name = 'security_invoker' AND x.option_value::boolean)"
    " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
    "  AND d.objid = c.oid AND d.deptype = 'e')"
    " ORDER BY v.depth, n.nspname, c.relname";

}  // namespace

std::vector<std::string> grantees_of(const std::string& relation, const std::string& privileges) {
  return first_column(query(kGrantees, {relation, privileges}));
}

std::vector<policy::Sequence> sequences_of(const std::string& relation) {
  std::vector<policy::Sequence> sequences;
  for (const auto& row : query(kSequences, {relation})) {
    sequences.push_back({{row[0].text, row[1].text}, row[2].list, row[3].list});
  }
  return sequences;
}

std::vector<policy::View> views_over(const std::string& relations) {
  std::vector<policy::View> views;
  for (const auto& row : query(kViews, {relations})) {
    views.push_back(
        {{row[0].text, row[1].text}, row[2].text, row[3].yes(), row[4].yes(), row[5].list});
  }
  return views;
}

}  // namespace tenancy::pg
