// Which columns isolate a table, and how rows that are already there get their tenant.
//
// These functions throw Refusal; plan_protection catches it.
#pragma once

#include "core/policy.hpp"

namespace tenancy::core::policy {

struct Chosen {
  Isolation isolation;  // as it will be, with the columns that are to be added
  bool adds_tenant = false, adds_user = false;
};

// By name, else by type, else to be added.
Chosen choose(const Table& table, const Protection& wishes);

// The steps that give every row its tenant, in front of the ALTER TABLE that relies on it; the
// subcommands that add columns or forbid nulls go into `changes`, the defaults into `settings`.
// `deferrable` are the table's foreign keys over its tenant column that may be checked late.
void prepare(const Table& table, const Protection& wishes, const Chosen& chosen,
             const std::vector<ForeignKey>& deferrable, Plan* plan,
             std::vector<std::string>* changes, std::vector<std::string>* settings);

}  // namespace tenancy::core::policy
