// The way back: unprotect().
#include <algorithm>

#include "core/policy.hpp"
#include "core/policy_draft.hpp"
#include "core/policy_text.hpp"

namespace tenancy::core::policy {

namespace {

void drop_policies(const Table& table, Plan* plan) {
  for (const char* const name : kPolicyNames) {
    const bool there = std::any_of(table.policies.begin(), table.policies.end(),
                                   [&](const Policy& policy) { return policy.name == name; });
    if (there) add(&plan->steps, "DROP POLICY " + quote_name(name) + " ON " + quoted(table.name));
  }
}

// With `keep`, access is what the table says itself: its policies, or nobody's without any.
bool says_who_has_access(const Table& table) {
  const bool is_open = std::any_of(table.policies.begin(), table.policies.end(),
                                   [](const auto& policy) { return policy.name == kAccessPolicy; });
  const bool has_own =
      std::any_of(table.policies.begin(), table.policies.end(),
                  [](const Policy& policy) { return !is_our_policy_name(policy.name); });
  return has_own || !is_open;
}

void drop_default(const Column& column, const std::string& accessor,
                  std::vector<std::string>* settings) {
  if (column.default_text == accessor) {
    settings->push_back("ALTER COLUMN " + quote_name(column.name) + " DROP DEFAULT");
  }
}

void narrow_keys(const Table& table, Work* work, Plan* plan) {
  for (const Key& key : table.keys) {
    if (!can_narrow(key, *table.isolation)) continue;
    narrow(table, key, *table.isolation, work);
    if (key.kind == Key::Kind::exclusion) continue;  // making it anew tells of conflicts
    plan->before.push_back(
        {Step::Kind::check, count_collisions(table, key, *table.isolation),
         Refusal{Objection::not_unique,
                 "{count} keys of \"" + key.name + "\" on " + quoted(table.name) +
                     " exist for several tenants or users",
                 "Without the isolation columns they would collide.",
                 "Keep the composite keys (restore_keys => false), or move rows out of the way."}});
  }
}

const Table* find_table(const World& world, const RelationName& name) {
  for (const Table& table : world.tables) {
    if (table.name == name) return &table;
  }
  return nullptr;
}

std::vector<ForeignKeyChange> narrowed_foreign_keys(const World& world) {
  std::vector<ForeignKeyChange> changes;
  for (const ForeignKey& key : world.foreign_keys) {
    const Table* const parent = find_table(world, key.parent);
    if (parent != nullptr && is_composed(key, *parent->isolation)) {
      changes.push_back({key, decompose(key, *parent->isolation)});
    }
  }
  return changes;
}

// A foreign key over an isolation column ties its type to the other table's.
void require_untied(const World& world, const Table& table,
                    const std::vector<ForeignKeyChange>& changes) {
  for (const ForeignKey& key : world.foreign_keys) {
    const bool narrowed = std::any_of(changes.begin(), changes.end(), [&](const auto& change) {
      return change.before.name == key.name && change.before.child == key.child;
    });
    const std::vector<std::string>& columns =
        key.child == table.name ? key.child_columns : key.parent_columns;
    if (key.child != table.name && key.parent != table.name) continue;
    for (const std::string& column : columns_of(*table.isolation)) {
      if (narrowed || !contains(columns, column)) continue;
      throw Refusal{Objection::dependents,
                    "cannot change the type of \"" + column + "\" of " + quoted(table.name),
                    "Foreign key \"" + key.name + "\" of " + quoted(key.child) + " uses it.",
                    "First unprotect the referenced table with restore_keys => true, or drop the "
                    "foreign key."};
    }
  }
}

void convert_columns(const Table& table, const std::string& type,
                     std::vector<std::string>* changes) {
  std::vector<const Column*> columns{&table.isolation->tenant};
  if (table.isolation->user) columns.push_back(&*table.isolation->user);
  for (const Column* column : columns) {
    if (column->type_name == type) continue;
    const std::string name = quote_name(column->name);
    const std::string through_text = join({name, "text", type}, "::");
    changes->push_back(join({"ALTER COLUMN", name, "TYPE", type, "USING", through_text}, " "));
  }
}

void require_unprotectable(const World& world, const Table& table) {
  if (!table.isolation) {
    throw Refusal{Objection::wrong_state, quoted(table.name) + " is not protected", "",
                  "tenancy.protected_tables lists what is."};
  }
  for (const Parent& parent : table.parents) {
    if (find_table(world, parent.name) != nullptr || !parent.isolation) continue;
    throw Refusal{
        Objection::wrong_state,
        quoted(table.name) + " is part of " + quoted(parent.name) + ", which is protected",
        "Its rows are rows of " + quoted(parent.name) + " too.",
        "SELECT tenancy.unprotect(" + quote_text(quoted(parent.root)) + "), or detach it first."};
  }
}

// What becomes of one table, between the foreign keys' going and coming.
struct Undoing {
  const Table& table;
  Work keys;
  std::vector<std::string> settings, changes;
};

void settle(const World& world, const Unprotection& wishes,
            const std::vector<ForeignKeyChange>& foreign_keys, Undoing* undoing, Plan* plan) {
  const Table& table = undoing->table;
  const Isolation& isolation = *table.isolation;
  std::vector<std::string>& settings = undoing->settings;
  if (wishes.restore_keys) narrow_keys(table, &undoing->keys, plan);
  drop_default(isolation.tenant, tenant_accessor(isolation.tenant.type), &settings);
  if (isolation.user) {
    drop_default(*isolation.user, user_accessor(isolation.user->type), &settings);
  }
  settings.push_back("NO FORCE ROW LEVEL SECURITY");
  if (!says_who_has_access(table)) settings.push_back("DISABLE ROW LEVEL SECURITY");
  if (wishes.convert_to.empty()) return;
  require_untied(world, table, foreign_keys);
  // A parent's column takes those of its parts along.
  const bool inherits =
      std::any_of(table.parents.begin(), table.parents.end(),
                  [&](const Parent& parent) { return find_table(world, parent.name) != nullptr; });
  if (!inherits) convert_columns(table, wishes.convert_to, &undoing->changes);
}

void change(const Undoing& undoing, Plan* plan) {
  add_alter(&plan->steps, undoing.table.name, undoing.settings);
  add_all(&plan->steps, undoing.keys.drops);
  std::vector<std::string> changes = undoing.changes;
  changes.insert(changes.end(), undoing.keys.changes.begin(), undoing.keys.changes.end());
  add_alter(&plan->steps, undoing.table.name, changes);
  add_all(&plan->steps, undoing.keys.creates);
}

Plan unprotection_of(const World& world, const Unprotection& wishes) {
  for (const Table& table : world.tables) require_unprotectable(world, table);
  require_one_owner(world);
  Plan plan;
  std::vector<ForeignKeyChange> foreign_keys;
  if (wishes.restore_keys) foreign_keys = narrowed_foreign_keys(world);
  std::vector<Undoing> undoings;
  for (const Table& table : world.tables) {
    undoings.push_back({table, {}, {}, {}});
    settle(world, wishes, foreign_keys, &undoings.back(), &plan);
  }
  for (const Table& table : world.tables) drop_policies(table, &plan);
  drop_foreign_keys(foreign_keys, &plan);
  for (const Undoing& undoing : undoings) change(undoing, &plan);
  for (const Undoing& undoing : undoings) add_all(&plan.steps, undoing.keys.attaches);
  for (const Undoing& undoing : undoings) {
    add_alter(&plan.steps, undoing.table.name, undoing.keys.settings);
    add_all(&plan.steps, undoing.keys.remarks);
  }
  create_foreign_keys(foreign_keys, &plan);
  return plan;
}

}  // namespace

Decision plan_unprotection(const World& world, const Unprotection& wishes) {
  try {
    return unprotection_of(world, wishes);
  } catch (Refusal& refusal) {
    return std::move(refusal);
  }
}

}  // namespace tenancy::core::policy
