#include "pg/protect/catalog_columns.hpp"

#include "pg/protect/query.hpp"

namespace tenancy::pg {

using policy::Column;
using policy::ColumnType;

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

namespace {

constexpr const char* kColumns =
    ", a.attnotnull, a.attidentity <> '' OR a.attgenerated <> '',"
    " coalesce(co.collisdeterministic, true), pg_get_expr(d.adbin, d.adrelid)"
    " FROM pg_attribute a"
    " LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum"
    " LEFT JOIN pg_collation co ON co.oid = a.attcollation"
    " WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum";

}  // namespace

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
