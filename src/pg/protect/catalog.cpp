#include "pg/protect/catalog.hpp"

#include "pg/protect/catalog_columns.hpp"
#include "pg/protect/catalog_keys.hpp"
#include "pg/protect/catalog_rights.hpp"
#include "pg/protect/query.hpp"

namespace tenancy::pg {

using policy::Column;
using policy::ForeignKey;

namespace {

std::optional<policy::Isolation> isolation_of(const std::string& relation,
                                              const std::vector<Column>& columns) {
  const Rows rows = query(
      "SELECT i.tenant_column, i.user_column FROM tenancy.isolation_columns($1::oid::regclass) i",
      {relation});
  if (rows.empty() || rows[0][0].null) return std::nullopt;
  policy::Isolation isolation;
  for (const Column& column : columns) {
    if (column.name == rows[0][0].text) isolation.tenant = column;
    if (!rows[0][1].null && column.name == rows[0][1].text) isolation.user = column;
  }
  return isolation;
}

constexpr const char* kPolicies =
    "SELECT p.polname, format('CREATE POLICY %I ON %I.%I AS %s FOR %s TO %s', p.polname,"
    " n.nspname, c.relname, CASE WHEN p.polpermissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,"
    " CASE p.polcmd WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'"
    "  WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,"
    " (SELECT string_agg(CASE r.role WHEN 0 THEN 'PUBLIC'"
    "  ELSE quote_ident(pg_get_userbyid(r.role)) END, ', ') FROM unnest(p.polroles) r(role)))"
    " || coalesce(' USING (' || pg_get_expr(p.polqual, p.polrelid) || ')', '')"
    " || coalesce(' WITH CHECK (' || pg_get_expr(p.polwithcheck, p.polrelid) || ')', ''),"
    " p.polpermissive, p.polroles = '{0}'::oid[],"
    " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid), p.polcmd"
    " FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.polrelid = $1::oid ORDER BY p.polname";

std::vector<policy::Policy> policies_of(const std::string& relation) {
  std::vector<policy::Policy> policies;
  for (const auto& row : query(kPolicies, {relation})) {
    policies.push_back({row[0].text, row[1].text, row[2].yes(), row[3].yes(), row[4].text,
                        row[5].text, row[6].text[0]});
  }
  return policies;
}

constexpr const char* kTable =
    "SELECT n.nspname, c.relname, pg_get_userbyid(c.relowner),"
    " CASE WHEN c.relkind = 'v' THEN 'it is a view'"
    " WHEN c.relkind = 'm' THEN 'it is a materialized view'"
    " WHEN c.relkind = 'f' THEN 'it is a foreign table'"
    " WHEN c.relkind NOT IN ('r', 'p') THEN 'it is not a table'"
    " WHEN c.relpersistence = 't' THEN 'it is temporary'"
    " WHEN n.nspname IN ('pg_catalog', 'information_schema', 'pg_toast')"
    "  THEN 'it is a system catalog'"
    " WHEN NOT $2::boolean AND EXISTS (SELECT FROM pg_depend d"
    "  WHERE d.classid = 'pg_class'::regclass"
    "  AND d.objid = c.oid AND d.deptype = 'e') THEN 'it belongs to an extension' ELSE '' END,"
    " c.relrowsecurity, c.relforcerowsecurity, c.relkind = 'p', c.relispartition"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid";

constexpr const char* kTemporal =
    "SELECT con.conname FROM pg_constraint con WHERE con.conrelid = $1::oid"
    " AND con.contype IN ('p', 'u')"
    " AND coalesce((to_jsonb(con) ->> 'conperiod')::boolean, false) ORDER BY 1";

constexpr const char* kRevoked = "{TRUNCATE,REFERENCES,TRIGGER}";
constexpr const char* kWriting = "{INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}";

constexpr const char* kPublications =
    "SELECT p.pubname, ARRAY(SELECT a.attname::text FROM unnest(r.prattrs::int2[]) k(attnum)"
    "  JOIN pg_attribute a ON a.attrelid = r.prrelid AND a.attnum = k.attnum)"
    " FROM pg_publication_rel r JOIN pg_publication p ON p.oid = r.prpubid"
    " WHERE r.prrelid = $1::oid AND r.prattrs IS NOT NULL AND (p.pubupdate OR p.pubdelete)"
    " ORDER BY p.pubname";

// With the root of each parent's tree: where a tree has several, the first.
constexpr const char* kParents =
    "SELECT p.oid, n.nspname, p.relname, rn.nspname, r.relname,"
    " EXISTS (SELECT FROM pg_policy a WHERE a.polrelid = p.oid AND a.polname = 'tenancy_access')"
    " FROM pg_inherits h JOIN pg_class p ON p.oid = h.inhparent"
    " JOIN pg_namespace n ON n.oid = p.relnamespace CROSS JOIN LATERAL ("
    "  WITH RECURSIVE up(oid) AS (SELECT p.oid UNION"
    "   SELECT i.inhparent FROM up JOIN pg_inherits i ON i.inhrelid = up.oid)"
    "  SELECT min(up.oid) AS oid FROM up"
    "  WHERE NOT EXISTS (SELECT FROM pg_inherits i WHERE i.inhrelid = up.oid)) top"
    " JOIN pg_class r ON r.oid = top.oid JOIN pg_namespace rn ON rn.oid = r.relnamespace"
    " WHERE h.inhrelid = $1::oid ORDER BY h.inhseqno";

std::vector<policy::Parent> parents_of(const std::string& relation) {
  std::vector<policy::Parent> parents;
  for (const auto& row : query(kParents, {relation})) {
    parents.push_back({{row[1].text, row[2].text},
                       {row[3].text, row[4].text},
                       isolation_of(row[0].text, columns_of(row[0].text)),
                       row[5].yes(),
                       policies_of(row[0].text)});
  }
  return parents;
}

policy::Table table_of(const std::string& relation) {
  // A table that an extension's script makes is protected as part of that script, or never.
  const Rows rows = query(kTable, {relation, creating_extension ? "t" : "f"});
  if (rows.empty()) throw Refused(ERRCODE_UNDEFINED_TABLE, "the table does not exist any more");
  const auto& row = rows[0];
  policy::Table table;
  table.name = {row[0].text, row[1].text};
  table.owner = row[2].text;
  table.unsupported = row[3].text;
  table.row_security = row[4].yes();
  table.forced = row[5].yes();
  table.partitioned = row[6].yes();
  table.partition = row[7].yes();
  table.parents = parents_of(relation);
  if (!table.unsupported.empty()) return table;
  table.columns = columns_of(relation);
  table.keys = keys_of(relation);
  table.indexes = plain_indexes_of(relation);
  table.temporal = first_column(query(kTemporal, {relation}));
  table.sequences = sequences_of(relation);
  table.policies = policies_of(relation);
  table.grantees = grantees_of(relation, kRevoked);
  table.writers = grantees_of(relation, kWriting);
  table.maintainers = grantees_of(relation, "{MAINTAIN}");
  for (const auto& trigger : query("SELECT tgname, tgenabled FROM pg_trigger"
                                   " WHERE tgrelid = $1::oid AND NOT tgisinternal ORDER BY tgname",
                                   {relation})) {
    table.triggers.push_back({trigger[0].text, trigger[1].text[0]});
  }
  table.update_rules = first_column(
      query("SELECT rulename FROM pg_rewrite WHERE ev_class = $1::oid AND ev_type = '2' ORDER BY 1",
            {relation}));
  for (const auto& publication : query(kPublications, {relation})) {
    table.publications.push_back({publication[0].text, publication[1].list});
  }
  table.isolation = isolation_of(relation, table.columns);
  return table;
}

std::string column_names(const std::string& relation, const std::string& numbers) {
  return ", ARRAY(SELECT a.attname::text FROM unnest(" + numbers +
         ") WITH ORDINALITY k(attnum, n) JOIN pg_attribute a ON a.attrelid = " + relation +
         " AND a.attnum = k.attnum ORDER BY k.n)";
}

constexpr const char* kTouchesSet =
    " WHERE con.contype = 'f' AND con.conparentid = 0 AND (con.conrelid = ANY ($1::oid[])"
    " OR con.confrelid = ANY ($1::oid[]))";

std::vector<ForeignKey> foreign_keys_of(const std::string& relations) {
  const std::string sql =
      "SELECT con.conname, n.nspname, c.relname, pn.nspname, p.relname, ic.relname,"
      " con.confupdtype, con.confdeltype, con.confmatchtype = 'f', con.condeferrable,"
      " con.condeferred, con.convalidated,"
      "  coalesce((to_jsonb(con) ->> 'conperiod')::boolean, false)"
      "  OR NOT coalesce((to_jsonb(con) ->> 'conenforced')::boolean, true),"
      " obj_description(con.oid, 'pg_constraint')" +
      column_names("con.conrelid", "con.conkey") + column_names("con.confrelid", "con.confkey") +
      column_names("con.conrelid", "con.confdelsetcols") +
      " FROM pg_constraint con"
      " JOIN pg_class c ON c.oid = con.conrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
      " JOIN pg_class p ON p.oid = con.confrelid JOIN pg_namespace pn ON pn.oid = p.relnamespace"
      " LEFT JOIN pg_class ic ON ic.oid = con.conindid" +
      kTouchesSet + " ORDER BY n.nspname, c.relname, con.conname";
  std::vector<ForeignKey> keys;
  for (const auto& row : query(sql, {relations})) {
    ForeignKey key;
    key.name = row[0].text;
    key.child = {row[1].text, row[2].text};
    key.parent = {row[3].text, row[4].text};
    key.parent_key = row[5].text;
    key.on_update = row[6].text[0];
    key.on_delete = row[7].text[0];
    key.match_full = row[8].yes();
    key.deferrable = row[9].yes();
    key.deferred = row[10].yes();
    key.validated = row[11].yes();
    key.special = row[12].yes();
    key.comment = row[13].optional();
    key.child_columns = row[14].list;
    key.parent_columns = row[15].list;
    key.set_columns = row[16].list;
    keys.push_back(std::move(key));
  }
  return keys;
}

std::vector<policy::Neighbour> neighbours_of(const std::string& relations) {
  const std::string sql =
      std::string(
          "SELECT DISTINCT c.oid, n.nspname, c.relname, pg_get_userbyid(c.relowner)"
          " FROM pg_constraint con JOIN pg_class c ON c.oid IN (con.conrelid,"
          " con.confrelid) JOIN pg_namespace n ON n.oid = c.relnamespace") +
      kTouchesSet + " AND c.oid <> ALL ($1::oid[]) ORDER BY 1";
  std::vector<policy::Neighbour> neighbours;
  for (const auto& row : query(sql, {relations})) {
    const std::string& relation = row[0].text;
    neighbours.push_back({{row[1].text, row[2].text},
                          row[3].text,
                          isolation_of(relation, columns_of(relation)),
                          grantees_of(relation, "{DELETE}")});
  }
  return neighbours;
}

}  // namespace

policy::World describe(const std::vector<Oid>& relations) {
  policy::World world;
  for (const Oid relation : relations) world.tables.push_back(table_of(std::to_string(relation)));
  const std::string numbers = array_of(relations);
  world.foreign_keys = foreign_keys_of(numbers);
  world.neighbours = neighbours_of(numbers);
  world.views = views_over(numbers);
  return world;
}

std::vector<NamedRelation> relations_of(Oid schema) {
  std::vector<NamedRelation> relations;
  for (const auto& row :
       query("SELECT c.oid, c.relname, pg_has_role(c.relowner, 'USAGE') FROM pg_class c"
             " WHERE c.relnamespace = $1::oid AND c.relkind IN ('r', 'p', 'f')"
             " AND NOT EXISTS (SELECT FROM pg_depend d"
             "  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
             "  AND d.deptype = 'e') ORDER BY c.relname",
             {std::to_string(schema)})) {
    relations.push_back({row[0].oid(), row[1].text, row[2].yes()});
  }
  return relations;
}

std::vector<Oid> tops_of(const std::vector<Oid>& relations) {
  std::vector<Oid> tops;
  for (const auto& row : query("WITH RECURSIVE below(oid) AS (SELECT inhrelid FROM pg_inherits"
                               "  WHERE inhparent = ANY ($1::oid[]) UNION SELECT h.inhrelid"
                               "  FROM below b JOIN pg_inherits h ON h.inhparent = b.oid)"
                               " SELECT DISTINCT t.oid FROM unnest($1::oid[]) t(oid)"
                               " WHERE t.oid NOT IN (SELECT oid FROM below) ORDER BY 1",
                               {array_of(relations)})) {
    tops.push_back(row[0].oid());
  }
  return tops;
}

}  // namespace tenancy::pg
