// Reading the trust tables the way the authenticator needs it: inside GUC check hooks, read-only
// transactions and standbys, past row security, with a catalog snapshot instead of the
// transaction's (so that a change committed a moment ago is seen under repeatable read too).
#pragma once

#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "pg/boundary.hpp"

namespace tenancy::pg {

enum class Table {
  database_identity,
  issuers,
  tenants,
  tenant_aliases,
  issuer_tenants,
  signing_keys,
  signing_secrets,
  members,
  // From here on: what callers may do, not who they are.
  roles,
  role_permissions,
  tiers,
  tier_permissions,
  user_permissions,
  operators,
  routes,
};
inline constexpr int kTables = 15;

// A column's value: one item, or the elements of an array without NULLs. timestamptz and interval
// come as seconds, bytea as its bytes, regrole as a number, everything else as its text form.
struct Value {
  bool null = true;
  std::vector<std::string> items;

  const std::string& text() const {
    static const std::string nothing;
    return items.empty() ? nothing : items.front();
  }
  std::int64_t seconds() const { return std::strtoll(text().c_str(), nullptr, 10); }
};
using Row = std::vector<Value>;

// A condition `column = value`; columns of type tenant_id take its text form.
struct Where {
  const char* column;
  std::string_view value;
};

// The rows that match all conditions (three at most), by the index on them. Before ALTER EXTENSION
// UPDATE has made a table or a column that came with authorization, it reads as empty or NULL.
// Throws Refused (55000) where the extension does not exist in this database.
using Columns = std::vector<const char*>;
std::vector<Row> read_rows(Table table, const Columns& columns,
                           std::initializer_list<Where> conditions = {});

// The same of a tuple in hand.
Row read_tuple(HeapTuple tuple, TupleDesc desc, const Columns& columns);

// Increases when a change of a table that says who callers are has been accepted, or a reset of all
// caches.
std::uint64_t tables_version();

// Increases when a change of any of these tables has been accepted, or a reset of all caches.
std::uint64_t authorization_version();

// The same of one table, also where it is another one than before. May throw as read_rows().
std::uint64_t table_version(Table table);

// Whoever reads several tables while one of these lives sees them as of one moment, its beginning.
class OneMoment {
 public:
  OneMoment();
  ~OneMoment();
  OneMoment(const OneMoment&) = delete;
  OneMoment& operator=(const OneMoment&) = delete;

 private:
  const Snapshot outer_;
};

// Takes a lock on the table that excludes writers (and whoever wants the same lock) until the
// transaction ends.
void lock_table(Table table);

void register_invalidation();

}  // namespace tenancy::pg
