#include "core/policy_keys.hpp"

#include <algorithm>

#include "core/policy_text.hpp"

namespace tenancy::core::policy {

namespace {

constexpr size_t kMaxIndexColumns = 32;  // INDEX_MAX_KEYS of PostgreSQL

std::string index_name(const Table& table, const Key& key) {
  return quoted(RelationName{table.name.schema, key.name});
}

std::vector<std::string> missing_columns(const Key& key, const Isolation& isolation) {
  std::vector<std::string> missing;
  for (const std::string& column : columns_of(isolation)) {
    if (!contains(key.columns, column)) missing.push_back(column);
  }
  return missing;
}

// What a dropped and recreated key loses otherwise. `shift` is by how much its columns moved.
void restore_settings(const Table& table, const Key& key, int shift, Work* work) {
  const std::string name = index_name(table, key);
  if (key.clustered) work->settings.push_back("CLUSTER ON " + quote_name(key.name));
  if (key.replica_identity) {
    work->settings.push_back("REPLICA IDENTITY USING INDEX " + quote_name(key.name));
  }
  if (key.comment) {
    work->remarks.push_back("COMMENT ON INDEX " + name + " IS " + quote_text(*key.comment));
  }
  if (key.constraint_comment) {
    work->remarks.push_back("COMMENT ON CONSTRAINT " + quote_name(key.name) + " ON " +
                            quoted(table.name) + " IS " + quote_text(*key.constraint_comment));
  }
  for (const auto& [column, target] : key.statistics) {
    work->remarks.push_back("ALTER INDEX " + name + " ALTER COLUMN " +
                            std::to_string(column + shift) + " SET STATISTICS " +
                            std::to_string(target));
  }
  for (const std::string& extension : key.extensions) {
    work->remarks.push_back("ALTER INDEX " + name + " DEPENDS ON EXTENSION " +
                            quote_name(extension));
  }
}

void refuse_lost_dependents(const Table& table, const Key& key) {
  if (key.dependents.empty()) return;
  throw Refusal{Objection::dependents,
                "cannot re-key \"" + key.name + "\" of " + quoted(table.name) +
                    " because other objects depend on it",
                "They group by it or name it: " + join(key.dependents) + '.',
                "Drop them, protect the table, and create them again with the isolation columns "
                "in their GROUP BY or ON CONFLICT."};
}

// PostgreSQL refuses to change rows that a publication could not tell apart afterwards.
void require_published(const Table& table, const Key& key, const std::vector<std::string>& added) {
  if (!key.identifies) return;
  for (const Publication& publication : table.publications) {
    for (const std::string& column : added) {
      if (contains(publication.columns, column)) continue;
      throw Refusal{Objection::dependents,
                    "cannot re-key \"" + key.name + "\" of " + quoted(table.name) +
                        " because publication \"" + publication.name + "\" leaves out \"" + column +
                        '"',
                    "UPDATE and DELETE would fail: replication finds rows by that key.",
                    "ALTER PUBLICATION " + quote_name(publication.name) + " DROP TABLE " +
                        quoted(table.name) +
                        ", protect the table, and add it again with the isolation columns."};
    }
  }
}

void replace(const Table& table, const Key& key, const std::vector<std::string>& columns,
             const std::string& body, int shift, Work* work) {
  refuse_lost_dependents(table, key);
  const std::string add_constraint = key.kind == Key::Kind::exclusion
                                         ? add_exclusion(key, body)
                                         : add_key_constraint(key, columns);
  const std::string drop_constraint = "DROP CONSTRAINT " + quote_name(key.name);
  if (key.kind == Key::Kind::index) {
    if (!key.attached_to) work->drops.push_back("DROP INDEX " + index_name(table, key));
    work->creates.push_back(create_key_index(key, body));
  } else if (table.partitioned) {
    // Made without its parts: each partition makes its own, with its name and storage, and
    // attaches it.
    if (!key.attached_to) work->drops.push_back(alter_table(table.name, {drop_constraint}));
    work->creates.push_back(alter_table(table.name, {add_constraint}, true));
  } else {
    if (!key.attached_to) work->changes.push_back(drop_constraint);
    work->changes.push_back(add_constraint);
  }
  if (key.attached_to) {
    work->attaches.push_back("ALTER INDEX " + quoted(*key.attached_to) + " ATTACH PARTITION " +
                             index_name(table, key));
  }
  restore_settings(table, key, shift, work);
}

std::vector<const Column*> isolating(const Isolation& isolation) {
  std::vector<const Column*> columns{&isolation.tenant};
  if (isolation.user) columns.push_back(&*isolation.user);
  return columns;
}

void require_comparing(const Table& table, const Key& key, const Column& column) {
  if (std::find(key.compares.begin(), key.compares.end(), column.type) != key.compares.end()) {
    return;
  }
  const bool own = column.type == ColumnType::tenant_id || column.type == ColumnType::user_id;
  std::string hint;
  if (key.method != "gist") {
    hint = "Drop it, or replace it by one USING gist.";
  } else if (own) {
    hint = "Give " + quoted(table.name) + " a column " + quote_name(column.name) +
           " of type uuid or text (tenant_column_type for one that is added) and CREATE EXTENSION "
           "btree_gist; or drop the constraint.";
  } else {
    hint = "CREATE EXTENSION btree_gist";
  }
  throw Refusal{Objection::unsupported,
                "cannot add \"" + column.name + "\" to exclusion constraint \"" + key.name +
                    "\" of " + quoted(table.name),
                "Access method " + key.method + " has no operator class that compares " +
                    column.type_name + " beside other columns.",
                hint};
}

// "tenant_id" WITH =, … for those that the constraint lacks.
std::string exclusion_front(const Table& table, const Key& key, const Isolation& isolation,
                            const std::vector<std::string>& missing) {
  std::string front;
  for (const Column* column : isolating(isolation)) {
    if (!contains(missing, column->name)) continue;
    require_comparing(table, key, *column);
    front += quote_name(column->name) + " WITH =, ";
  }
  return front;
}

std::string described(const ForeignKey& key) {
  return "foreign key \"" + key.name + "\" of " + quoted(key.child);
}

// Position of the pair (child column, parent column), or npos.
size_t find_pair(const ForeignKey& key, const std::string& child, const std::string& parent) {
  for (size_t i = 0; i < key.child_columns.size(); i++) {
    if (key.child_columns[i] == child && key.parent_columns[i] == parent) return i;
  }
  return std::string::npos;
}

// Whether an index over the one can look up the other.
bool comparable(const Column& a, const Column& b) {
  return a.type == b.type && a.type != ColumnType::other;
}

}  // namespace

bool must_widen(const Key& key, const Isolation& isolation) {
  return !missing_columns(key, isolation).empty();
}

void widen(const Table& table, const Key& key, const Isolation& isolation, Work* work) {
  const std::vector<std::string> missing = missing_columns(key, isolation);
  const size_t width = key.columns.size() + key.included.size() + missing.size();
  if (width > kMaxIndexColumns) {
    throw Refusal{
        Objection::too_many_columns,
        "\"" + key.name + "\" of " + quoted(table.name) + " has too many columns to be re-keyed",
        "With the isolation columns it would have " + std::to_string(width) +
            "; PostgreSQL allows " + std::to_string(kMaxIndexColumns) + '.',
        "Drop the key or take columns out of it."};
  }
  if (!key.valid) {
    throw Refusal{Objection::wrong_state,
                  "unique index \"" + key.name + "\" of " + quoted(table.name) + " is not valid",
                  "", "REINDEX or drop it first."};
  }
  require_published(table, key, missing);
  std::vector<std::string> columns = columns_of(isolation);
  for (const std::string& column : key.columns) {
    if (!contains(columns, column)) columns.push_back(column);
  }
  const std::string front = key.kind == Key::Kind::exclusion
                                ? exclusion_front(table, key, isolation, missing)
                                : name_list(missing) + ", ";
  replace(table, key, columns, front + key.body, static_cast<int>(missing.size()), work);
}

bool can_narrow(const Key& key, const Isolation& isolation) {
  const std::vector<std::string> isolating = columns_of(isolation);
  return key.columns.size() > isolating.size() &&
         std::equal(isolating.begin(), isolating.end(), key.columns.begin());
}

void narrow(const Table& table, const Key& key, const Isolation& isolation, Work* work) {
  const size_t count = columns_of(isolation).size();
  std::string body = key.body;
  if (key.kind == Key::Kind::index || key.kind == Key::Kind::exclusion) {
    for (size_t i = 0; i < count; i++) {
      std::string front = key.items[i];
      if (key.kind == Key::Kind::exclusion) front += " WITH =";
      front += ", ";
      if (!body.starts_with(front)) {
        throw Refusal{Objection::unsupported,
                      "cannot take the isolation columns out of index \"" + key.name + "\" of " +
                          quoted(table.name),
                      "It orders or compares them in a way of its own.",
                      "Create the index you want by hand and drop this one."};
      }
      body.erase(0, front.size());
    }
  }
  replace(table, key, {key.columns.begin() + static_cast<long>(count), key.columns.end()}, body,
          -static_cast<int>(count), work);
}

std::string count_collisions(const Table& table, const Key& key, const Isolation& isolation) {
  const size_t count = columns_of(isolation).size();
  const std::vector<std::string> items(key.items.begin() + static_cast<long>(count),
                                       key.items.end());
  std::vector<std::string> conditions;
  if (!key.predicate.empty()) conditions.push_back('(' + key.predicate + ')');
  if (!key.nulls_not_distinct) {
    for (const std::string& item : items) conditions.push_back('(' + item + ") IS NOT NULL");
  }
  return "SELECT count(*) FROM (SELECT 1 FROM ONLY " + quoted(table.name) +
         (conditions.empty() ? "" : " WHERE " + join(conditions, " AND ")) + " GROUP BY (" +
         join(items, "), (") + ") HAVING count(*) > 1) AS collisions";
}

bool must_compose(const ForeignKey& key, const Isolation& child, const Isolation& parent) {
  if (find_pair(key, child.tenant.name, parent.tenant.name) == std::string::npos) return true;
  return parent.by_user() &&
         (!child.by_user() ||
          find_pair(key, child.user->name, parent.user->name) == std::string::npos);
}

ForeignKey compose(const ForeignKey& key, const Isolation& child, const Isolation& parent) {
  if (parent.by_user() && !child.by_user()) {
    throw Refusal{
        Objection::unsupported,
        described(key) + " points from a table isolated by tenant to one isolated by user",
        "A row of " + quoted(key.child) + " does not say whose row of " + quoted(key.parent) +
            " it means.",
        "Isolate both by user, both by tenant, or drop the foreign key."};
  }
  if (key.match_full || key.special) {
    throw Refusal{Objection::unsupported,
                  described(key) + (key.match_full ? " is MATCH FULL"
                                                   : " is of a kind that cannot "
                                                     "be re-keyed"),
                  "It becomes composite, and the tenant column is never null.",
                  "Drop it and add it again as a plain foreign key (MATCH SIMPLE) with a CHECK for "
                  "what it forbade."};
  }
  if (key.on_update == 'n' || key.on_update == 'd') {
    throw Refusal{
        Objection::unsupported,
        described(key) + " has ON UPDATE SET " + (key.on_update == 'n' ? "NULL" : "DEFAULT"),
        "It becomes composite and would set the tenant column too.",
        "Drop it and add it again with ON UPDATE CASCADE or NO ACTION."};
  }
  std::vector<std::pair<const Column*, const Column*>> pairs{{&child.tenant, &parent.tenant}};
  if (parent.by_user()) pairs.push_back({&*child.user, &*parent.user});

  ForeignKey out = key;
  if (out.set_columns.empty() && (key.on_delete == 'n' || key.on_delete == 'd')) {
    out.set_columns = key.child_columns;
  }
  size_t position = 0;
  for (const auto& [ours, theirs] : pairs) {
    if (find_pair(key, ours->name, theirs->name) != std::string::npos) continue;
    if (contains(key.parent_columns, theirs->name) || contains(key.child_columns, ours->name)) {
      throw Refusal{Objection::unsupported,
                    described(key) + " relates \"" + ours->name + "\" or \"" + theirs->name +
                        "\" to another column",
                    "A row could point into another tenant.",
                    "Drop it, or add it again over the isolation columns of both tables."};
    }
    if (!comparable(*ours, *theirs)) {
      throw Refusal{Objection::unsupported,
                    "the isolation columns that " + described(key) + " needs have different types",
                    "\"" + ours->name + "\" is " + ours->type_name + ", \"" + theirs->name +
                        "\" of " + quoted(key.parent) + " is " + theirs->type_name + '.',
                    "Use one type in both tables: tenant_column_type for added columns, ALTER "
                    "COLUMN … TYPE for existing ones."};
    }
    const auto at = static_cast<long>(position++);
    out.child_columns.insert(out.child_columns.begin() + at, ours->name);
    out.parent_columns.insert(out.parent_columns.begin() + at, theirs->name);
  }
  return out;
}

bool is_composed(const ForeignKey& key, const Isolation& parent) {
  const std::vector<std::string> isolating = columns_of(parent);
  return key.parent_columns.size() > isolating.size() &&
         std::equal(isolating.begin(), isolating.end(), key.parent_columns.begin());
}

ForeignKey decompose(const ForeignKey& key, const Isolation& parent) {
  const auto count = static_cast<long>(columns_of(parent).size());
  ForeignKey out = key;
  out.child_columns.erase(out.child_columns.begin(), out.child_columns.begin() + count);
  out.parent_columns.erase(out.parent_columns.begin(), out.parent_columns.begin() + count);
  // SET NULL (every column) is what SET NULL alone says.
  if (out.set_columns.size() == out.child_columns.size()) out.set_columns.clear();
  return out;
}

namespace {

// Calls visit(child, changes of that child) in the order in which children first appear.
template <typename F>
void each_child(const std::vector<ForeignKeyChange>& changes, F visit) {
  std::vector<RelationName> seen;
  for (const ForeignKeyChange& change : changes) {
    const RelationName& child = change.before.child;
    if (std::find(seen.begin(), seen.end(), child) != seen.end()) continue;
    seen.push_back(child);
    std::vector<const ForeignKeyChange*> of_child;
    for (const ForeignKeyChange& other : changes) {
      if (other.before.child == child) of_child.push_back(&other);
    }
    visit(child, of_child);
  }
}

}  // namespace

void drop_foreign_keys(const std::vector<ForeignKeyChange>& changes, Plan* plan) {
  each_child(changes, [&](const RelationName& child, const auto& of_child) {
    std::vector<std::string> subcommands;
    subcommands.reserve(of_child.size());
    for (const ForeignKeyChange* change : of_child) {
      subcommands.push_back("DROP CONSTRAINT " + quote_name(change->before.name));
    }
    add_alter(&plan->steps, child, subcommands);
  });
}

void create_foreign_keys(const std::vector<ForeignKeyChange>& changes, Plan* plan) {
  each_child(changes, [&](const RelationName& child, const auto& of_child) {
    std::vector<std::string> subcommands;
    subcommands.reserve(of_child.size());
    for (const ForeignKeyChange* change : of_child) {
      subcommands.push_back(add_foreign_key(change->after));
    }
    add_alter(&plan->steps, child, subcommands);
    for (const ForeignKeyChange* change : of_child) {
      if (!change->after.comment) continue;
      add(&plan->steps, "COMMENT ON CONSTRAINT " + quote_name(change->after.name) + " ON " +
                            quoted(child) + " IS " + quote_text(*change->after.comment));
    }
  });
}

}  // namespace tenancy::core::policy
