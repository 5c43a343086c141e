#include "core/policy_permissions.hpp"

#include <algorithm>
#include <array>

#include "core/policy_remarks.hpp"
#include "core/policy_text.hpp"

namespace tenancy::core::policy {

namespace {

constexpr const char* kRequire = "tenancy.require";
constexpr const char* kCan = "tenancy.can";

using Name = std::optional<std::string>;

struct WritePolicy {
  const char* name;
  char command;
};
constexpr std::array<WritePolicy, 3> kWritePolicies{
    {{kWriteInsertPolicy, 'a'}, {kWriteUpdatePolicy, 'w'}, {kWriteDeletePolicy, 'd'}}};

Condition condition_for(char command, const std::string& asks, bool checks) {
  if (checks) {
    // What an UPDATE makes of a row is not asked for again.
    if (command == 'a') return {asks, asks};
    if (command == 'w') return {"true", "true"};
    return {};
  }
  return command == 'a' ? Condition{} : Condition{asks, asks};
}

Name permission_of(const WritePolicy& kind, const Policy& policy) {
  if (policy.name != kind.name || policy.command != kind.command || policy.permissive) return {};
  Name found =
      permission_in_call(kind.command == 'a' ? policy.check_text : policy.using_text, kRequire);
  if (!found) return {};
  const std::string asks = permission_call(kRequire, *found);
  if (policy.using_text != condition_for(kind.command, asks, false).printed) return {};
  if (policy.check_text != condition_for(kind.command, asks, true).printed) return {};
  return found;
}

Condition read_all_condition(const Isolation& isolation, std::string_view permission) {
  const std::string asks = permission_call(kCan, permission);
  return {'(' + condition(isolation, false) + " AND " + asks + ')',
          '(' + printed_condition(isolation, false) + " AND " + asks + ')'};
}

Name read_all_of(const Policy& policy, const Isolation& isolation) {
  if (policy.name != kReadAllPolicy || policy.command != 'r' || !policy.permissive ||
      !policy.everyone || !policy.check_text.empty() || !isolation.by_user()) {
    return {};
  }
  std::string_view text = policy.using_text;
  const std::string head = '(' + printed_condition(isolation, false) + " AND ";
  if (!text.starts_with(head) || !text.ends_with(')')) return {};
  text.remove_prefix(head.size());
  text.remove_suffix(1);
  return permission_in_call(text, kCan);
}

Name read_all_of(const std::vector<Policy>& policies, const Isolation& isolation) {
  for (const Policy& policy : policies) {
    if (Name found = read_all_of(policy, isolation)) return found;
  }
  return {};
}

// Those that the write policies ask for: one, unless somebody edited them.
std::vector<std::string> writes_of(const std::vector<Policy>& policies) {
  std::vector<std::string> found;
  for (const Policy& policy : policies) {
    for (const WritePolicy& kind : kWritePolicies) {
      const Name permission = permission_of(kind, policy);
      if (permission && !contains(found, *permission)) found.push_back(*permission);
    }
  }
  return found;
}

Name write_of(const RelationName& table, const std::vector<Policy>& policies) {
  const std::vector<std::string> found = writes_of(policies);
  if (found.empty()) return {};
  if (found.size() == 1) return found.front();
  throw Refusal{Objection::wrong_state,
                "cannot tell which permission it takes to write to " + quoted(table),
                "Its policies ask for " + join(found, " and ") + '.',
                "Say which: write_permission => '...'."};
}

Permissions permissions_of(const RelationName& table, const std::vector<Policy>& policies,
                           const Isolation& isolation) {
  return {write_of(table, policies), read_all_of(policies, isolation)};
}

// Nothing for a table without parents.
std::optional<Permissions> permissions_by_parents(const std::vector<Draft>& drafts,
                                                  const Table& table) {
  std::optional<Permissions> found;
  for (const Parent& parent : table.parents) {
    const Draft* const draft = find_draft(drafts, parent.name);
    const Permissions theirs =
        draft != nullptr ? draft->permissions
                         : permissions_of(parent.name, parent.policies, *parent.isolation);
    if (found && *found != theirs) {
      throw Refusal{Objection::wrong_state,
                    "the parents of " + quoted(table.name) + " ask for different permissions",
                    "Its rows are rows of each of them.",
                    "Protect them with the same permissions, or end the inheritance from one."};
    }
    found = theirs;
  }
  return found;
}

void require_parents_permission(const Table& table, const char* argument, const Name& wished,
                                const Name& parents) {
  if (!wished || wished == parents) return;
  throw Refusal{Objection::wrong_state,
                std::string(argument) + " of " + quoted(table.name) + " is that of its parent",
                "Its rows are rows of " + quoted(table.parents.front().name) + " too.",
                "SELECT tenancy.protect(" + quote_text(quoted(table.parents.front().root)) + ", " +
                    argument + " => " + quote_text(*wished) + ')'};
}

void require_user_to_widen(const Draft& draft, bool keep) {
  if (!draft.wishes.permissions.read_all) return;
  const std::string subject = "read_all_permission cannot work on " + quoted(draft.table.name);
  if (!draft.chosen.isolation.by_user()) {
    throw Refusal{Objection::bad_argument, subject + ", which is isolated by tenant",
                  "All users of a tenant read all of its rows already.",
                  "Leave it out, or isolate by user: isolate_by => 'user'."};
  }
  if (!keep) return;
  throw Refusal{Objection::bad_argument, subject + ", which keeps policies of its own",
                "With existing_policies => 'keep' the floor itself holds the user.",
                "Leave it out, or give the table our access policy: existing_policies => "
                "'replace'."};
}

}  // namespace

bool asks_for_permission(const Policy& policy, const Isolation& isolation) {
  return !writes_of({policy}).empty() || read_all_of(policy, isolation);
}

Permissions choose_permissions(const std::vector<Draft>& drafts, const Draft& draft) {
  const Table& table = draft.table;
  const Permissions& wishes = draft.wishes.permissions;
  const bool keep = draft.wishes.existing_policies == ExistingPolicies::keep;
  require_user_to_widen(draft, keep);
  Permissions chosen = wishes;
  const std::optional<Permissions> parents = permissions_by_parents(drafts, table);
  if (parents) {
    require_parents_permission(table, "write_permission", wishes.write, parents->write);
    require_parents_permission(table, "read_all_permission", wishes.read_all, parents->read_all);
    chosen = *parents;
  } else if (!chosen.read_all) {
    chosen.read_all = read_all_of(table.policies, draft.chosen.isolation);
  }
  if (!chosen.write) chosen.write = write_of(table.name, table.policies);
  if (keep) chosen.read_all.reset();
  return chosen;
}

std::vector<Policy> write_policies(const Draft& draft) {
  std::vector<Policy> policies;
  if (!draft.permissions.write) return policies;
  const std::string asks = permission_call(kRequire, *draft.permissions.write);
  for (const auto& [name, command] : kWritePolicies) {
    policies.push_back(policy_for(draft.table.name, name, false, command,
                                  condition_for(command, asks, false),
                                  condition_for(command, asks, true)));
  }
  return policies;
}

Policy read_all_policy(const Draft& draft) {
  return policy_for(draft.table.name, kReadAllPolicy, true, 'r',
                    read_all_condition(draft.chosen.isolation, *draft.permissions.read_all), {});
}

void remark_on_permissions(const Draft& draft, Plan* plan) {
  for (const std::string& before : writes_of(draft.table.policies)) {
    if (before == draft.permissions.write) continue;
    remark(plan, "writing to " + quoted(draft.table.name) + " took the permission " + before);
  }
  const Name before = read_all_of(draft.table.policies, draft.chosen.isolation);
  if (!before || before == draft.permissions.read_all) return;
  remark(plan, "the rows of all users in " + quoted(draft.table.name) +
                   " were open to whoever holds " + *before);
}

void remark_on_keys(const Draft& draft, Plan* plan) {
  const Table& table = draft.table;
  const Isolation& isolation = draft.chosen.isolation;
  if (!draft.permissions.read_all || read_all_of(table.policies, isolation)) return;
  const std::vector<std::string> isolating = columns_of(isolation);
  for (const Key& key : table.keys) {
    if (key.kind == Key::Kind::exclusion) continue;
    std::vector<std::string> items{quote_name(isolation.tenant.name)};
    for (size_t i = 0; i < key.items.size(); i++) {
      if (!contains(isolating, key.columns[i])) items.push_back(key.items[i]);
    }
    if (items.size() == 1) continue;
    remark(plan, "queries that name no user look for a key of \"" + key.name +
                     "\" through all users of the tenant: CREATE INDEX ON " + quoted(table.name) +
                     " (" + join(items) + ')');
  }
}

}  // namespace tenancy::core::policy
