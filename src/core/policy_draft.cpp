// Trees of tables: partitions and inheritance children follow their parents.
#include "core/policy_draft.hpp"

#include <algorithm>

#include "core/policy_text.hpp"

namespace tenancy::core::policy {

namespace {

bool is_parent(const Table& table, const RelationName& name) {
  return std::any_of(table.parents.begin(), table.parents.end(),
                     [&](const Parent& parent) { return parent.name == name; });
}

std::string described(const Table& table, const Parent& parent) {
  return quoted(table.name) + (table.partition ? " is a partition of " : " inherits from ") +
         quoted(parent.name);
}

bool agree(const Isolation& a, const Isolation& b) {
  return columns_of(a) == columns_of(b);
}

}  // namespace

const Draft* find_draft(const std::vector<Draft>& drafts, const RelationName& name) {
  for (const Draft& draft : drafts) {
    if (draft.table.name == name) return &draft;
  }
  return nullptr;
}

std::vector<const Draft*> parents_of(const std::vector<Draft>& drafts, const Table& table) {
  std::vector<const Draft*> found;
  for (const Parent& parent : table.parents) {
    if (const Draft* draft = find_draft(drafts, parent.name)) found.push_back(draft);
  }
  return found;
}

std::optional<Isolation> isolation_by_parents(const std::vector<Draft>& drafts,
                                              const Table& table) {
  std::optional<Isolation> found;
  for (const Parent& parent : table.parents) {
    const Draft* const draft = find_draft(drafts, parent.name);
    if (draft == nullptr && !parent.isolation) {
      throw Refusal{Objection::unsupported, described(table, parent) + ", which is not protected",
                    "Its rows would be read and written through " + quoted(parent.name) +
                        " without its policies.",
                    "Protect the whole tree: SELECT tenancy.protect(" +
                        quote_text(quoted(parent.root)) + ")"};
    }
    const Isolation& theirs = draft != nullptr ? draft->chosen.isolation : *parent.isolation;
    if (found && !agree(*found, theirs)) {
      throw Refusal{Objection::wrong_state,
                    "the parents of " + quoted(table.name) + " are isolated in different ways",
                    "Its rows are rows of each of them.",
                    "Isolate them by the same columns, or end the inheritance from one."};
    }
    found = theirs;
  }
  return found;
}

void keep_access_of_parents(const std::vector<Draft>& drafts, Draft* draft) {
  for (const Parent& parent : draft->table.parents) {
    const Draft* const theirs = find_draft(drafts, parent.name);
    const bool keeps = theirs != nullptr
                           ? theirs->wishes.existing_policies == ExistingPolicies::keep
                           : !parent.has_access_policy;
    if (keeps) draft->wishes.existing_policies = ExistingPolicies::keep;
  }
}

void inherit(const std::vector<Draft>& drafts, Draft* draft) {
  for (const Draft* parent : parents_of(drafts, draft->table)) {
    for (const auto* list : {&parent->changes, &parent->settings, &parent->inherited}) {
      draft->inherited.insert(draft->inherited.end(), list->begin(), list->end());
    }
    draft->filled |= parent->filled;
  }
}

std::vector<const Table*> family_of(const World& world, const Table& table) {
  std::vector<const Table*> family{&table};
  for (const Table& other : world.tables) {
    if (std::any_of(family.begin(), family.end(),
                    [&](const Table* member) { return is_parent(other, member->name); })) {
      family.push_back(&other);
    }
  }
  return family;
}

void require_one_owner(const World& world) {
  for (const Table& table : world.tables) {
    for (const Table& parent : world.tables) {
      if (!is_parent(table, parent.name) || table.owner == parent.owner) continue;
      throw Refusal{
          Objection::no_owner,
          quoted(table.name) + " and its parent " + quoted(parent.name) + " belong to two owners",
          quoted(table.name) + " belongs to " + quote_name(table.owner) + ", " +
              quoted(parent.name) + " to " + quote_name(parent.owner) + '.',
          "Give both to one owner: ALTER TABLE " + quoted(table.name) + " OWNER TO " +
              quote_name(parent.owner)};
    }
  }
}

}  // namespace tenancy::core::policy
