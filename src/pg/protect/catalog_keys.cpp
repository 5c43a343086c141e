#include "pg/protect/catalog_keys.hpp"

#include "pg/protect/catalog_columns.hpp"
#include "pg/protect/query.hpp"

namespace tenancy::pg {

using policy::Key;

namespace {

// An index's definition as PostgreSQL prints it, cut where columns can be put in front and where a
// predicate begins. Known text is compared, never searched for: names may hold anything.
void split_definition(const std::string& definition, const std::string& head, Key* key) {
  const bool exclusion = key->kind == Key::Kind::exclusion;
  std::string where;
  if (!key->predicate.empty()) {
    where = exclusion ? " WHERE (" + key->predicate + ')' : " WHERE " + key->predicate;
  }
  if (key->deferrable && exclusion) where += " DEFERRABLE";
  if (key->deferred && exclusion) where += " INITIALLY DEFERRED";
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
    " LEFT JOIN pg_constraint own ON own.conindid = $1::oid AND own.contype IN ('p', 'u', 'x')"
    " LEFT JOIN pg_constraint fk ON d.classid = 'pg_constraint'::regclass AND fk.oid = d.objid"
    " WHERE d.deptype = 'n' AND fk.contype IS DISTINCT FROM 'f'"
    " AND (d.refclassid = 'pg_class'::regclass AND d.refobjid = $1::oid"
    "  OR d.refclassid = 'pg_constraint'::regclass AND d.refobjid = own.oid) ORDER BY 1";

constexpr const char* kKeys =
    "SELECT ic.oid, ic.relname, coalesce(con.contype::text, ''),"
    " ARRAY(SELECT coalesce(a.attname::text, '')"
    "  FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)"
    "  LEFT JOIN pg_operator o ON o.oid = con.conexclop[k.n]"
    "  LEFT JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
    "   AND k.attnum > 0 AND coalesce(o.oprname, '=') = '=' WHERE k.n <= i.indnkeyatts ORDER BY "
    "k.n),"
    " ARRAY(SELECT pg_get_indexdef(ic.oid, n, false)"
    "  FROM generate_series(1, i.indnkeyatts) n ORDER BY n),"
    " ARRAY(SELECT a.attname::text FROM unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n)"
    "  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum"
    "  WHERE k.n > i.indnkeyatts ORDER BY k.n),"
    " CASE con.contype WHEN 'x' THEN pg_get_constraintdef(con.oid) ELSE pg_get_indexdef(ic.oid) "
    "END,"
    " CASE con.contype WHEN 'x' THEN format('EXCLUDE USING %I (', am.amname) ELSE format('CREATE "
    "UNIQUE INDEX %I ON %s%I.%I USING %I (', ic.relname,"
    "  CASE ic.relkind WHEN 'I' THEN 'ONLY ' ELSE '' END, n.nspname, c.relname, am.amname) END,"
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
    "  WHERE h.inhrelid = ic.oid), am.amname,"
    // What the access method can compare beside other columns. Its own types need no path to be
    // found by: operator classes go by type.
    " ARRAY(SELECT v.kind FROM (VALUES ('tenancy.tenant_id'::regtype, 't'),"
    "  ('tenancy.user_id', 'u'), ('uuid', 'g'), ('text', 's'), ('int8', 'i')) v(type, kind)"
    "  WHERE con.contype = 'x' AND pg_indexam_has_property(am.oid, 'can_multi_col')"
    "  AND EXISTS (SELECT FROM pg_opclass oc WHERE oc.opcmethod = am.oid AND oc.opcdefault"
    "   AND oc.opcintype = v.type))"
    " FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid"
    " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
    " JOIN pg_am am ON am.oid = ic.relam LEFT JOIN pg_tablespace ts ON ts.oid = ic.reltablespace"
    " LEFT JOIN pg_constraint con ON con.conindid = ic.oid AND con.conrelid = c.oid"
    "  AND con.contype IN ('p', 'u', 'x')"
    " WHERE i.indrelid = $1::oid AND (i.indisunique OR i.indisexclusion)"
    " AND NOT (i.indisexclusion AND con.contype <> 'x')"
    " ORDER BY i.indisprimary DESC, ic.relname";

Key::Kind key_kind(const std::string& constraint_type) {
  if (constraint_type == "p") return Key::Kind::primary;
  if (constraint_type == "x") return Key::Kind::exclusion;
  return constraint_type == "u" ? Key::Kind::unique : Key::Kind::index;
}

}  // namespace

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
    key.method = row[22].text;
    for (const std::string& kind : row[23].list) key.compares.push_back(column_type(kind));
    if (key.kind == Key::Kind::index || key.kind == Key::Kind::exclusion) {
      split_definition(row[6].text, row[7].text, &key);
    }
    key.statistics = statistics_of(row[0].text);
    key.dependents = first_column(query(kDependents, {row[0].text}));
    keys.push_back(std::move(key));
  }
  return keys;
}

// Those that a query can be answered by; parts of a partitioned table's index follow it.
std::vector<policy::PlainIndex> plain_indexes_of(const std::string& relation) {
  std::vector<policy::PlainIndex> indexes;
  for (const auto& row :
       query("SELECT ic.relname, coalesce(a.attname::text, ''), pg_get_indexdef(ic.oid),"
             " format('CREATE INDEX %I ON %s%I.%I USING btree (', ic.relname,"
             "  CASE ic.relkind WHEN 'I' THEN 'ONLY ' ELSE '' END, n.nspname, c.relname)"
             " FROM pg_index i JOIN pg_class ic ON ic.oid = i.indexrelid"
             " JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace"
             " JOIN pg_am am ON am.oid = ic.relam AND am.amname = 'btree'"
             " LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
             "  AND a.attnum > 0"
             " WHERE i.indrelid = $1::oid AND NOT i.indisunique AND NOT i.indisexclusion"
             " AND NOT ic.relispartition ORDER BY ic.relname",
             {relation})) {
    const std::string& definition = row[2].text;
    const std::string& head = row[3].text;
    if (!definition.starts_with(head)) continue;
    indexes.push_back({row[0].text, row[1].text, definition.substr(head.size())});
  }
  return indexes;
}

}  // namespace tenancy::pg
