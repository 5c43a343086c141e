// One table of the set while its plan grows.
#pragma once

#include "core/policy.hpp"
#include "core/policy_columns.hpp"
#include "core/policy_keys.hpp"

namespace tenancy::core::policy {

struct Draft {
  const Table& table;
  Protection wishes;
  Chosen chosen;
  Work keys;
  // Subcommands of the table's own ALTER TABLE, and those that parents' do to it too.
  std::vector<std::string> changes, settings, inherited;
  Permissions permissions = {};
  bool filled = false;  // its rows got their tenants, maybe by a parent's UPDATE
};

const Draft* find_draft(const std::vector<Draft>& drafts, const RelationName& name);

// Drafts of the table's parents in the set.
std::vector<const Draft*> parents_of(const std::vector<Draft>& drafts, const Table& table);

// What its parents, in the set or protected already, ask of a partition or child; nothing for a
// table without any. Throws Refusal where one is neither, or where they disagree.
std::optional<Isolation> isolation_by_parents(const std::vector<Draft>& drafts, const Table& table);

// A parent that left access to its own policies must not be opened through a part of it.
void keep_access_of_parents(const std::vector<Draft>& drafts, Draft* draft);

// Takes over what the parents' ALTER TABLE and UPDATE do to their parts.
void inherit(const std::vector<Draft>& drafts, Draft* draft);

// The table and what it is made of, in the set.
std::vector<const Table*> family_of(const World& world, const Table& table);

// Throws Refusal unless one owner has it all.
void require_one_owner(const World& world);

}  // namespace tenancy::core::policy
