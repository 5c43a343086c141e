#include "core/policy.hpp"

#include <algorithm>

#include "core/policy_draft.hpp"
#include "core/policy_foreign_keys.hpp"
#include "core/policy_permissions.hpp"
#include "core/policy_remarks.hpp"
#include "core/policy_text.hpp"

namespace tenancy::core::policy {

namespace {

// Whether a floor with this condition, missing or switched off, is no narrower than ours.
bool is_floor(const std::string& text, const Isolation& isolation) {
  return text.empty() || text == "true" || text == printed_condition(isolation, false) ||
         (isolation.by_user() && text == printed_condition(isolation, true));
}

// Whether protect() made this policy. A floor that somebody weakened is made anew. A policy that
// says anything else is somebody's own rule, and replacing it could widen access.
bool is_ours(const Policy& policy, const Isolation& isolation) {
  if (policy.name == kFloorPolicy) {
    return !policy.permissive && is_floor(policy.using_text, isolation) &&
           is_floor(policy.check_text, isolation);
  }
  if (policy.name != kAccessPolicy) return asks_for_permission(policy, isolation);
  if (!policy.permissive || !policy.everyone || policy.command != '*') return false;
  if (policy.using_text == printed_condition(isolation, false) && policy.check_text == "true") {
    return true;
  }
  return isolation.by_user() && policy.using_text == printed_condition(isolation, true) &&
         policy.check_text == printed_user_condition(isolation);
}

const Policy* find_policy(const Table& table, std::string_view name) {
  const auto found = std::find_if(table.policies.begin(), table.policies.end(),
                                  [&](const Policy& policy) { return policy.name == name; });
  return found == table.policies.end() ? nullptr : &*found;
}

void require_protectable(const Table& table) {
  if (!table.unsupported.empty()) {
    throw Refusal{
        Objection::unsupported, "cannot protect " + quoted(table.name) + ": " + table.unsupported,
        table.parents.empty() ? "" : "It is part of a tree whose members are protected together.",
        ""};
  }
  if (!table.temporal.empty()) {
    throw Refusal{Objection::unsupported,
                  "cannot protect " + quoted(table.name) + ": it has keys WITHOUT OVERLAPS",
                  "Rows of two tenants would meet in " + name_list(table.temporal) + '.',
                  "Drop them, protect the table, and add them again with the isolation columns in "
                  "front."};
  }
}

// A table that is isolated already may become narrower, never wider, and never by other columns.
void require_compatible(const Table& table, const Chosen& chosen) {
  if (!table.isolation) return;
  const Isolation& before = *table.isolation;
  const std::string subject = quoted(table.name) + " is already isolated by ";
  const char* const hint = "Run tenancy.unprotect on it first, in the same transaction.";
  if (before.tenant.name != chosen.isolation.tenant.name) {
    throw Refusal{Objection::wrong_state, subject + "tenant column \"" + before.tenant.name + "\"",
                  "", hint};
  }
  if (!before.by_user()) return;
  if (!chosen.isolation.by_user()) {
    throw Refusal{Objection::wrong_state, subject + "user",
                  "Isolating it by tenant would let users see each other's rows.", hint};
  }
  if (before.user->name != chosen.isolation.user->name) {
    throw Refusal{Objection::wrong_state, subject + "user column \"" + before.user->name + "\"", "",
                  hint};
  }
}

void settle_existing_policies(const Draft& draft, Plan* plan) {
  const Table& table = draft.table;
  std::vector<const Policy*> theirs;
  std::vector<std::string> names;
  for (const Policy& policy : table.policies) {
    if (is_ours(policy, draft.chosen.isolation)) continue;
    theirs.push_back(&policy);
    names.push_back(policy.name);
  }
  if (draft.wishes.existing_policies == ExistingPolicies::replace) {
    for (const Policy* policy : theirs) {
      plan->steps.push_back({Step::Kind::remark, policy->definition});
      add(&plan->steps, "DROP POLICY " + quote_name(policy->name) + " ON " + quoted(table.name));
    }
    return;
  }
  for (const std::string& reserved : names) {
    if (!is_our_policy_name(reserved)) continue;
    throw Refusal{Objection::wrong_state,
                  quoted(table.name) + " has a policy " + quote_name(reserved) + " of another kind",
                  "The name is ours, and what it says is not.",
                  "Rename it (ALTER POLICY ... RENAME TO), or existing_policies => 'replace'."};
  }
  if (draft.wishes.existing_policies == ExistingPolicies::keep) return;
  const char* const hint =
      "existing_policies => 'keep' adds the tenant floor alone and leaves access as it is; "
      "'replace' drops them.";
  if (!theirs.empty()) {
    throw Refusal{Objection::wrong_state, quoted(table.name) + " has policies of its own",
                  "Adding ours could widen access beside " + name_list(names) + '.', hint};
  }
  if (table.row_security && table.policies.empty()) {
    throw Refusal{Objection::wrong_state,
                  quoted(table.name) + " has row security enabled and no policy",
                  "Nobody but its owner sees its rows; our access policy would open it.", hint};
  }
}

// Creates the policy, or makes it anew where somebody changed it.
void settle_policy(const Draft& draft, const Policy& wanted, Plan* plan) {
  const Table& table = draft.table;
  const Policy* const there = find_policy(table, wanted.name);
  if (there != nullptr && is_ours(*there, draft.chosen.isolation)) {
    if (there->permissive == wanted.permissive && there->everyone &&
        there->command == wanted.command && there->using_text == wanted.using_text &&
        there->check_text == wanted.check_text) {
      return;
    }
    add(&plan->steps, "DROP POLICY " + quote_name(wanted.name) + " ON " + quoted(table.name));
  }
  add(&plan->steps, wanted.definition);
}

// Drops what protect() made there earlier.
void drop_policy(const Draft& draft, const char* name, Plan* plan) {
  const Policy* const there = find_policy(draft.table, name);
  if (there == nullptr || !is_ours(*there, draft.chosen.isolation)) return;
  add(&plan->steps, "DROP POLICY " + quote_name(name) + " ON " + quoted(draft.table.name));
}

void settle_policies(const Draft& draft, Plan* plan) {
  const Isolation& isolation = draft.chosen.isolation;
  const RelationName& table = draft.table.name;
  const bool keep = draft.wishes.existing_policies == ExistingPolicies::keep;
  const bool user = isolation.by_user();
  // With access left to the table's own policies, the floor is all that keeps users apart.
  const bool floor_has_user = keep && user;
  const Condition floor{condition(isolation, floor_has_user),
                        printed_condition(isolation, floor_has_user)};
  remark_on_permissions(draft, plan);
  settle_policy(draft, policy_for(table, kFloorPolicy, false, '*', floor, floor), plan);
  for (const Policy& policy : write_policies(draft)) settle_policy(draft, policy, plan);
  if (keep) {
    drop_policy(draft, kAccessPolicy, plan);
  } else {
    // The floor already checks what is written; repeating it here would only cost.
    Condition check{"true", "true"};
    if (user) check = {user_condition(isolation), printed_user_condition(isolation)};
    settle_policy(
        draft,
        policy_for(table, kAccessPolicy, true, '*',
                   {condition(isolation, user), printed_condition(isolation, user)}, check),
        plan);
  }
  if (draft.permissions.read_all) {
    settle_policy(draft, read_all_policy(draft), plan);
  } else {
    drop_policy(draft, kReadAllPolicy, plan);
  }
}

// Also takes back what a grantee passed on, and what was granted on single columns.
void revoke(const Table& table, const char* privileges, const std::vector<std::string>& grantees,
            Plan* plan) {
  if (grantees.empty()) return;
  add(&plan->steps, std::string("REVOKE ") + privileges + " ON TABLE " + quoted(table.name) +
                        " FROM " + role_list(grantees) + " CASCADE");
}

void widen_keys(const std::vector<Draft>& drafts, Draft* draft) {
  const Table& table = draft->table;
  for (const Key& key : table.keys) {
    if (!must_widen(key, draft->chosen.isolation)) continue;
    if (key.attached_to && parents_of(drafts, table).empty()) {
      throw Refusal{
          Objection::wrong_state,
          "key \"" + key.name + "\" of " + quoted(table.name) +
              " belongs to a key of its parent that lacks the isolation columns",
          "It cannot change alone.",
          "SELECT tenancy.protect(" + quote_text(quoted(table.parents.front().root)) + ')'};
    }
    widen(table, key, draft->chosen.isolation, &draft->keys);
  }
}

void change(const Draft& draft, Plan* plan) {
  add_all(&plan->steps, draft.keys.drops);
  std::vector<std::string> changes = draft.changes;
  changes.insert(changes.end(), draft.keys.changes.begin(), draft.keys.changes.end());
  add_alter(&plan->steps, draft.table.name, changes);
  add_all(&plan->steps, draft.keys.creates);
}

void finish(const Draft& draft, Plan* plan) {
  const Table& table = draft.table;
  std::vector<std::string> settings = draft.settings;
  settings.insert(settings.end(), draft.keys.settings.begin(), draft.keys.settings.end());
  if (!draft.wishes.keys_only) {
    if (!table.row_security) settings.push_back("ENABLE ROW LEVEL SECURITY");
    if (!table.forced) settings.push_back("FORCE ROW LEVEL SECURITY");
  }
  add_alter(&plan->steps, table.name, settings);
  add_all(&plan->steps, draft.keys.remarks);
}

Draft draft_of(const std::vector<Draft>& drafts, const Table& table, const Protection& wishes) {
  if (wishes.backfill_tenant && wishes.backfill_using) {
    throw Refusal{Objection::bad_argument, "backfill_tenant and backfill_using exclude each other",
                  "", ""};
  }
  require_protectable(table);
  const std::optional<Isolation> parents = isolation_by_parents(drafts, table);
  Draft draft{table, wishes, choose(table, wishes, parents), {}, {}, {}, {}};
  if (parents) keep_access_of_parents(drafts, &draft);
  require_compatible(table, draft.chosen);
  if (!wishes.keys_only) draft.permissions = choose_permissions(drafts, draft);
  return draft;
}

Plan protection_of(const World& world, const std::vector<Protection>& protections) {
  require_one_owner(world);
  Plan plan;
  std::vector<Draft> drafts;
  drafts.reserve(world.tables.size());
  for (size_t i = 0; i < world.tables.size(); i++) {
    drafts.push_back(draft_of(drafts, world.tables[i], protections[i]));
  }
  const ForeignKeys foreign_keys(world, drafts);
  for (const Draft& draft : drafts) {
    if (!draft.wishes.keys_only) settle_existing_policies(draft, &plan);
  }
  foreign_keys.drop(&plan);
  for (Draft& draft : drafts) {
    inherit(drafts, &draft);
    if (!draft.wishes.keys_only) {
      prepare(family_of(world, draft.table),
              foreign_keys.deferrable_over(draft.table.name, draft.chosen.isolation.tenant.name),
              &draft, &plan);
    }
    widen_keys(drafts, &draft);
  }
  for (const Draft& draft : drafts) change(draft, &plan);
  for (const Draft& draft : drafts) add_all(&plan.steps, draft.keys.attaches);
  for (const Draft& draft : drafts) finish(draft, &plan);
  foreign_keys.create(&plan);
  for (const Draft& draft : drafts) {
    if (draft.wishes.keys_only) continue;
    settle_policies(draft, &plan);
    revoke(draft.table, "TRUNCATE, REFERENCES, TRIGGER", draft.table.grantees, &plan);
    revoke(draft.table, "MAINTAIN", draft.table.maintainers, &plan);
    settle_sequences(draft, &plan);
  }
  settle_views(world, std::any_of(drafts.begin(), drafts.end(), becomes_isolated), &plan);
  foreign_keys.remark(&plan);
  for (const Draft& draft : drafts) {
    if (becomes_isolated(draft)) remark_on_indexes(draft, &plan);
    remark_on_keys(draft, &plan);
  }
  return plan;
}

}  // namespace

Decision plan_protection(const World& world, const std::vector<Protection>& protections) {
  try {
    return protection_of(world, protections);
  } catch (Refusal& refusal) {
    return std::move(refusal);
  }
}

Plan plan_read_only(const Table& table) {
  Plan plan;
  revoke(table, "INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER", table.writers, &plan);
  revoke(table, "MAINTAIN", table.maintainers, &plan);
  return plan;
}

}  // namespace tenancy::core::policy
