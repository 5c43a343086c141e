#include "pg/protect/catalog.hpp"

#include "pg/protect/query.hpp"

namespace tenancy::pg {

using policy::Column;
using policy::ColumnType;
using policy::ForeignKey;
using policy::Key;

namespace {

// The kind of column a type makes, as SQL over a type's number.
std::string kind_of(const std::string& type) {
  return "CASE " + type +
         " WHEN 'tenancy.tenant_id'::regtype THEN 't' WHEN 'tenancy.user_id'::regtype THEN 'u'"
         " WHEN 'uuid'::regtype THEN 'g' WHEN 'text'::regtype THEN 's'"
         " WHEN 'varchar'::regtype THEN 's' WHEN 'int2'::regtype THEN 'i'"
         " WHEN 'int4'::regtype THEN 'i' WHEN 'int8'::regtype THEN 'i' ELSE '-' END";
}

ColumnType column_type(const std::string& kind) {
  switch (kind[0]) {
    case 't':
      return ColumnType::tenant_id;
    case 'u':
      return ColumnType::user_id;
    case 'g':
      return ColumnType::uuid;
    case 's':
      return ColumnType::text;
    case 'i':
      return ColumnType::integer;
    default:
      return ColumnType::other;
  }
}

std::vector<std::string> first_column(const Rows& rows) {
  std::vector<std::string> out;
  for (const auto& row : rows) out.push_back(row[0].text);
  return out;
}

constexpr const char* kColumns =
    ", a.attnotnull, a.attidentity <> '' OR a.attgenerated <> '',"
    " coalesce(co.collisdeterministic, true), pg_get_expr(d.adbin, d.adrelid)"
    " FROM pg_attribute a"
    " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " LEFT JOIN pg_collation co ON co.oid = a.attcollation"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

std::vector<Column> columns_of(const std::string& relation) {
  std::vector<Column> columns;
  const std::string sql =
      "SELECT a.attname, quote_ident(a.attname), format_type(a.atttypid, a.atttypmod), " +
      kind_of("a.atttypid") + kColumns;
  for (const auto& row : query(sql, {relation})) {
    columns.push_back({row[0].text, row[1].text, row[2].text, column_type(row[3].text),
                       row[4].yes(), row[5].yes(), row[6].yes(), row[7].text});
  }
  return columns;
}

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

// An index's definition as PostgreSQL prints it, cut where columns can be put in front and where a
// predicate begins. Known text is compared, never searched for: names may hold anything.
void split_definition(const std::string& definition, const std::string& head, Key* key) {
  const std::string where = key->predicate.empty() ? "" : " WHERE " + key->predicate;
  if (!definition.starts_with(head) || !definition.ends_with(where)) {
    throw Refused(ERRCODE_INTERNAL_ERROR, "unexpected definition of a unique index",
                  definition + ".");
  }
  key->head = head;
  key->where = where;
  key->body = definition.substr(head.size(), definition.size() - head.size() - where.size());
}

std::vector<std::pair<int, int>> statistics_of(const std::string& index) {
  std::vector<std::pair<int, int>> targets;
  for (const auto& row : query("SELECT attnum, attstattarget FROM pg_attribute"
                               " WHERE attrelid = $1::oid AND attstattarget >= 0 AND attnum > 0",
                               {index})) {
    targets.emplace_back(std::stoi(row[0].text), std::stoi(row[1].text));
  }
  return targets;
}

constexpr const char* kDependents =
    "SELECT DISTINCT pg_describe_object(d.classid, d.objid, d.objsubid) FROM pg_depend d"
    " LEFT JOIN pg_constraint own ON own.conindid = $1::oid AND own.contype IN ('p', 'u')"
    " LEFT JOIN pg_constraint fk ON d.classid = 'pg_constraint'::regclass AND fk.oid = d.objid"
    " WHERE d.deptype = 'n' AND fk.contype IS DISTINCT FROM 'f'"
    " AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid"
    "  OR d.refclassid = 'pg_constraint'::regclass AND d.refobjid = own.oid) ORDER BY 1";

constexpr const char* kKeys =
    "SELECT ic.oid, ic.relname, coalesce(con.contype::text, ''),"
    " ARRAY(SELECT coalesce(a.attname::text, '')"
    "  FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)"
    "  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
    "   AND k.attnum > 0 WHERE k.n <= i.indnkeyatts ORDER BY k.n),"
    " ARRAY(SELECT pg_get_indexdef(ic.oid, n, false)"
    "  FROM generate_series(1, i.indnkeyatts) n ORDER BY n),"
    " ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)"
    "  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
    "  WHERE k.n > i.indnkeyatts ORDER BY k.n),"
    " pg_get_indexdef(ic.oid), format('CREATE UNIQUE INDEX %I ON %s%I.%I USING %I (', ic.relname,"
    "  CASE ic.relkind WHEN 'I' THEN 'ONLY ' ELSE '' END, n.nspname, c.relname, am.amname),"
    " pg_get_expr(i.indpred, i.indrelid), ic.reloptions, ts.spcname, i.indnullsnotdistinct,"
    " coalesce(con.condeferrable, false), coalesce(con.condeferred, false), i.indisvalid,"
    " i.indisclustered, i.indisreplident, obj_description(ic.oid, 'pg_class'),"
    " obj_description(con.oid, 'pg_constraint'),"
    " i.indisreplident OR i.indisprimary AND c.relreplident = 'd',"
    " ARRAY(SELECT e.extname::text FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid"
    "  WHERE d.classid = 'pg_class'::regclass AND d.objid = ic.oid AND d.deptype = 'x'"
    "  AND d.refclassid = 'pg_extension'::regclass ORDER BY 1),"
    " (SELECT ARRAY[pn.nspname::text, pc.relname::text] FROM pg_inherits h"
    "  JOIN pg_class pc ON pc.oid = h.inhparent JOIN pg_namespace pn ON pn.oid = pc.relnamespace"
    "  WHERE h.inhrelid = ic.oid)"
    " FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid"
    " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_am am ON am.oid = ic.relam LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace"
    " LEFT JOIN pg_constraint con ON con.conindid = ic.oid AND con.conrelid = c.oid"
    "  AND con.contype IN ('p', 'u')"
    " WHERE i.indrelid = $1::oid AND i.indisunique AND NOT i.indisexclusion"
    " ORDER BY i.indisprimary DESC, ic.relname";

Key::Kind key_kind(const std::string& constraint_type) {
  if (constraint_type == "p") return Key::Kind::primary;
  return constraint_type == "u" ? Key::Kind::unique : Key::Kind::index;
}

std::vector<Key> keys_of(const std::string& relation) {
  std::vector<Key> keys;
  for (const auto& row : query(kKeys, {relation})) {
    Key key;
    key.name = row[1].text;
    key.kind = key_kind(row[2].text);
    key.columns = row[3].list;
    key.items = row[4].list;
    key.included = row[5].list;
    key.predicate = row[8].text;
    if (key.kind == Key::Kind::index) split_definition(row[6].text, row[7].text, &key);
    key.storage = row[9].list;
    key.tablespace = row[10].text;
    key.nulls_not_distinct = row[11].yes();
    key.deferrable = row[12].yes();
    key.deferred = row[13].yes();
    key.valid = row[14].yes();
    key.clustered = row[15].yes();
    key.replica_identity = row[16].yes();
    key.comment = row[17].optional();
    key.constraint_comment = row[18].optional();
    key.identifies = row[19].yes();
    key.extensions = row[20].list;
    if (!row[21].null) key.attached_to = {row[21].list[0], row[21].list[1]};
    key.statistics = statistics_of(row[0].text);
    key.dependents = first_column(query(kDependents, {row[0].text}));
    keys.push_back(std::move(key));
  }
  return keys;
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
    " p.polpermissive, p.polcmd = '*' AND p.polroles = '{0}'::oid[],"
    " pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)"
    " FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid"
    " JOIN pg_namespace n ON n.oid = c.relnamespace WHERE p.polrelid = $1::oid ORDER BY p.polname";

std::vector<policy::Policy> policies_of(const std::string& relation) {
  std::vector<policy::Policy> policies;
  for (const auto& row : query(kPolicies, {relation})) {
    policies.push_back(
        {row[0].text, row[1].text, row[2].yes(), row[3].yes(), row[4].text, row[5].text});
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
    " WHEN EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass"
    "  AND d.objid = c.oid AND d.deptype = 'e') THEN 'it belongs to an extension' ELSE '' END,"
    " c.relrowsecurity, c.relforcerowsecurity, c.relkind = 'p', c.relispartition"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = $1::oid";

constexpr const char* kExclusions =
    "SELECT con.conname FROM pg_constraint con WHERE con.conrelid = $1::oid"
    " AND (con.contype = 'x' OR con.contype IN ('p', 'u')"
    "  AND coalesce((to_jsonb(con) ->> 'conperiod')::boolean, false)) ORDER BY 1";

constexpr const char* kGrantees =
    "SELECT DISTINCT CASE a.grantee WHEN 0 THEN '' ELSE pg_get_userbyid(a.grantee)::text END"
    " FROM pg_class c, LATERAL (SELECT x.* FROM aclexplode(c.relacl) x UNION ALL"
    "  SELECT x.* FROM pg_attribute t, aclexplode(t.attacl) x WHERE t.attrelid = c.oid) a"
    " WHERE c.oid = $1::oid AND a.grantee <> c.relowner"
    " AND a.privilege_type = ANY ($2::text[]) ORDER BY 1";
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
                       row[5].yes()});
  }
  return parents;
}

policy::Table table_of(const std::string& relation) {
  const Rows rows = query(kTable, {relation});
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
  table.exclusions = first_column(query(kExclusions, {relation}));
  table.policies = policies_of(relation);
  table.grantees = first_column(query(kGrantees, {relation, kRevoked}));
  table.writers = first_column(query(kGrantees, {relation, kWriting}));
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

std::string array_of(const std::vector<Oid>& relations) {
  std::string numbers;
  for (const Oid relation : relations) {
    numbers += (numbers.empty() ? "{" : ",") + std::to_string(relation);
  }
  return numbers.empty() ? "{}" : numbers + '}';
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
    neighbours.push_back(
        {{row[1].text, row[2].text}, row[3].text, isolation_of(relation, columns_of(relation))});
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
  return world;
}

std::vector<NamedRelation> relations_of(Oid schema) {
  std::vector<NamedRelation> relations;
  for (const auto& row : query("SELECT c.oid, c.relname FROM pg_class c"
                               " WHERE c.relnamespace = $1::oid AND c.relkind IN ('r', 'p', 'f')"
                               " AND pg_has_role(c.relowner, 'USAGE')"
                               " AND NOT EXISTS (SELECT FROM pg_depend d"
                               "  WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid"
                               "  AND d.deptype = 'e') ORDER BY c.relname",
                               {std::to_string(schema)})) {
    relations.push_back({static_cast<Oid>(std::stoul(row[0].text)), row[1].text});
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
    tops.push_back(static_cast<Oid>(std::stoul(row[0].text)));
  }
  return tops;
}

policy::Column describe_type(Oid type) {
  const Rows rows = query("SELECT format_type(t.oid, NULL), " + kind_of("t.oid") +
                              " FROM pg_type t WHERE t.oid = $1::oid",
                          {std::to_string(type)});
  if (rows.empty()) throw Refused(ERRCODE_UNDEFINED_OBJECT, "the type does not exist");
  policy::Column column;
  column.type_name = rows[0][0].text;
  column.type = column_type(rows[0][1].text);
  return column;
}

}  // namespace tenancy::pg
