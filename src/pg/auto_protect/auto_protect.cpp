#include "core/policy.hpp"

#include <cstring>
#include <string>

#include "pg/auto_protect/auto_protect.hpp"
#include "pg/auto_protect/settings.hpp"
#include "pg/boundary.hpp"
#include "pg/protect/query.hpp"
#include "pg/protect/run.hpp"

namespace tenancy::pg::auto_protect {
namespace {

// Every script of pg_dump and pg_restore says these two first. Its tables come with the policies
// and keys that they had, after their rows.
bool restoring() {
  return !row_security && !check_function_bodies;
}

// Tables that nobody protected yet, with the columns that would isolate them. Domains over our
// types count as these types: protect() says why they cannot isolate. What stands in schema tenancy
// is the extension's own.
constexpr const char* kUnprotected =
    "WITH RECURSIVE typed(rel, name, type) AS ("
    " SELECT attrelid, attname, atttypid FROM pg_attribute"
    "  WHERE attrelid = ANY ($1::oid[]) AND attnum > 0 AND NOT attisdropped"
    " UNION ALL SELECT t.rel, t.name, d.typbasetype FROM typed t"
    "  JOIN pg_type d ON d.oid = t.type WHERE d.typtype = 'd')"
    " SELECT c.oid, n.nspname, c.relname, c.relkind,"
    " ARRAY(SELECT t.name::text FROM typed t WHERE t.rel = c.oid"
    "  AND t.type = 'tenancy.tenant_id'::regtype),"
    " ARRAY(SELECT t.name::text FROM typed t WHERE t.rel = c.oid"
    "  AND t.type = 'tenancy.user_id'::regtype),"
    " EXISTS (SELECT FROM pg_inherits h WHERE h.inhrelid = c.oid),"
    " EXISTS (SELECT FROM pg_inherits h, tenancy.isolation_columns(h.inhparent::regclass) p"
    "  WHERE h.inhrelid = c.oid AND p.tenant_column IS NOT NULL)"
    " FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
    " CROSS JOIN tenancy.isolation_columns(c.oid::regclass) i"
    " WHERE c.oid = ANY ($1::oid[]) AND c.relkind IN ('r', 'p', 'f') AND c.relpersistence <> 't'"
    " AND n.nspname NOT IN ('tenancy', 'pg_catalog', 'information_schema')"
    " AND i.tenant_column IS NULL ORDER BY c.oid";

// Protected tables that became parts of protected ones, where either asks for a permission.
constexpr const char* kAsking =
    "SELECT c.oid FROM pg_class c CROSS JOIN tenancy.isolation_columns(c.oid::regclass) i"
    " WHERE c.oid = ANY ($1::oid[]) AND i.tenant_column IS NOT NULL"
    " AND EXISTS (SELECT FROM pg_inherits h"
    "  CROSS JOIN tenancy.isolation_columns(h.inhparent::regclass) pi"
    "  JOIN pg_policy p ON p.polrelid IN (h.inhparent, h.inhrelid)"
    "  WHERE h.inhrelid = c.oid AND pi.tenant_column IS NOT NULL"
    "  AND p.polname IN ('tenancy_write_insert', 'tenancy_write_update', 'tenancy_write_delete',"
    "   'tenancy_read_all')) ORDER BY c.oid";

// Protected tables with a key, or a foreign key to another protected table, in which two tenants
// would meet. Of exclusion constraints, protect() knows more than is asked here.
constexpr const char* kOpenKeys =
    "SELECT c.oid, i.tenant_column, i.user_column FROM pg_class c"
    " CROSS JOIN tenancy.isolation_columns(c.oid::regclass) i"
    " JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = i.tenant_column"
    " LEFT JOIN pg_attribute u ON u.attrelid = c.oid AND u.attname = i.user_column"
    " WHERE c.oid = ANY ($1::oid[]) AND (EXISTS (SELECT FROM pg_index x"
    "  WHERE x.indrelid = c.oid AND (x.indisexclusion OR x.indisunique"
    "   AND NOT ARRAY[t.attnum, coalesce(u.attnum, t.attnum)]"
    "    <@ (x.indkey::int2[])[0:x.indnkeyatts - 1]))"
    " OR EXISTS (SELECT FROM pg_constraint f"
    "  CROSS JOIN tenancy.isolation_columns(f.confrelid::regclass) pi"
    "  JOIN pg_attribute pt ON pt.attrelid = f.confrelid AND pt.attname = pi.tenant_column"
    "  LEFT JOIN pg_attribute pu ON pu.attrelid = f.confrelid AND pu.attname = pi.user_column"
    "  WHERE f.contype = 'f' AND f.conrelid = c.oid AND NOT ("
    "   EXISTS (SELECT FROM unnest(f.conkey, f.confkey) k(ours, theirs)"
    "    WHERE k.ours = t.attnum AND k.theirs = pt.attnum)"
    "   AND (pu.attnum IS NULL OR EXISTS (SELECT FROM unnest(f.conkey, f.confkey) k(ours, theirs)"
    "    WHERE k.ours = u.attnum AND k.theirs = pu.attnum)))))"
    " ORDER BY c.oid";

Rows ask(const char* sql, const std::vector<Oid>& relations) {
  Pinned pinned;
  Rows rows = query(sql, {array_of(relations)});
  pinned.leave();
  return rows;
}

bool is_listed(const std::string& schema) {
  bool found = false;
  const char* const name = schema.c_str();
  call([&] {
    List* names = NIL;
    (void)SplitIdentifierString(pstrdup(schemas()), ',', &names);  // the setting's check saw to it
    ListCell* cell;
    foreach (cell, names) found |= strcmp(static_cast<char*>(lfirst(cell)), name) == 0;
  });
  return found;
}

struct Candidate {
  Oid relation;
  policy::RelationName name;
  bool foreign, has_parent, parent_protected;
  std::vector<std::string> tenants, users;

  explicit Candidate(const std::vector<Cell>& row)
      : relation(row[0].oid()),
        name{row[1].text, row[2].text},
        foreign(row[3].text == "f"),
        has_parent(row[6].yes()),
        parent_protected(row[7].yes()),
        tenants(row[4].list),
        users(row[5].list) {}

  // A partition or child is as its parents are.
  bool wanted() const {
    if (has_parent) return parent_protected;
    return !tenants.empty() || (mode() == Mode::all && is_listed(name.schema));
  }
};

// The one column of the type; of several, the one that has the usual name.
std::string choose(const Candidate& table, const std::vector<std::string>& columns,
                   const std::string& usual) {
  if (columns.empty()) return usual;
  if (columns.size() == 1) return columns.front();
  for (const std::string& column : columns) {
    if (column == usual) return column;
  }
  throw Refused(
      ERRCODE_AMBIGUOUS_COLUMN,
      "cannot tell which column of " + policy::quoted(table.name) + " isolates it",
      "\"" + columns[0] + "\" and \"" + columns[1] + "\" are of the same type.",
      "Call the one that isolates the table \"" + usual + "\", or give the others type text.");
}

policy::Protection wishes_of(const Candidate& table) {
  policy::Protection wishes;
  wishes.by_user = !table.users.empty();
  wishes.tenant_column = choose(table, table.tenants, wishes.tenant_column);
  wishes.user_column = choose(table, table.users, wishes.user_column);
  return wishes;
}

void refuse_foreign(const Candidate& table) {
  if (!table.foreign) return;
  throw Refused(ERRCODE_FEATURE_NOT_SUPPORTED,
                "cannot protect foreign table " + policy::quoted(table.name),
                "It has a column of type tenancy.tenant_id, and row security does not reach rows "
                "that another server keeps.",
                "Give the column type text and grant the table to nobody that a tenant can be, or "
                "set tenancy.auto_protect = off for this transaction as a superuser.");
}

// What protect() would say, and the way out of the command that was to make the table.
[[noreturn]] void refuse(const Refused& refusal) {
  const std::string why =
      "Tables with tenants are protected as they are made (tenancy.auto_protect).";
  const std::string detail = refusal.detail().empty() ? why : refusal.detail() + ' ' + why;
  if (refusal.sqlstate() != ERRCODE_NOT_NULL_VIOLATION) {
    throw Refused(refusal.sqlstate(), refusal.what(), detail, refusal.hint());
  }
  throw Refused(refusal.sqlstate(), refusal.what(), detail,
                "Let the statement itself give every row its tenant, or leave the column out and "
                "let tenancy.protect add it: backfill_tenant => '...' for all rows, or "
                "backfill_using => '...' for an expression over the row.");
}

void run(const std::vector<Target>& targets, RunOptions options) {
  if (targets.empty()) return;
  try {
    (void)run_protection(targets, options);
  } catch (const Refused& refusal) {
    refuse(refusal);
  }
}

void announce(const Candidate& table, const policy::Protection& wishes) {
  const std::string name = policy::quoted(table.name);
  const char* const printed = name.c_str();
  const char* const by = wishes.by_user ? "user" : "tenant";
  call([&] { ereport(NOTICE, (errmsg("%s is isolated by %s", printed, by))); });
}

void protect(const std::vector<Oid>& relations, bool made_now) {
  if (relations.empty()) return;
  std::vector<Target> targets;
  std::vector<Candidate> candidates;
  for (const auto& row : ask(kUnprotected, relations)) {
    const Candidate table(row);
    if (!table.wanted()) continue;
    refuse_foreign(table);
    targets.push_back({table.relation, wishes_of(table)});
    candidates.push_back(table);
  }
  run(targets, {.made_now = made_now});
  for (size_t i = 0; i < candidates.size(); i++) {
    if (!candidates[i].has_parent) announce(candidates[i], targets[i].protection);
  }
}

// Protecting a part again makes it ask for what its parents do.
void follow_parents(const std::vector<Oid>& relations) {
  if (relations.empty()) return;
  std::vector<Target> targets;
  for (const auto& row : ask(kAsking, relations)) targets.push_back({row[0].oid(), {}});
  run(targets, {});
}

void close_keys(const std::vector<Oid>& relations) {
  if (relations.empty()) return;
  std::vector<Target> targets;
  for (const auto& row : ask(kOpenKeys, relations)) {
    policy::Protection wishes;
    wishes.keys_only = true;
    wishes.tenant_column = row[1].text;
    wishes.by_user = !row[2].null;
    if (wishes.by_user) wishes.user_column = row[2].text;
    targets.push_back({row[0].oid(), wishes});
  }
  run(targets, {});
}

}  // namespace

bool resting() {
  return mode() == Mode::off || IsBinaryUpgrade || restoring() || protection_runs();
}

void protect_touched(const Touched& touched) {
  protect(touched.made, true);
  protect(touched.typed, false);
  protect(touched.attached, false);
  follow_parents(touched.attached);
  close_keys(touched.keyed);
}

}  // namespace tenancy::pg::auto_protect
