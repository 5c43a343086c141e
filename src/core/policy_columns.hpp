// Which columns isolate a table, and how rows that are already there get their tenant.
//
// These functions throw Refusal; plan_protection catches it.
#pragma once

#include "core/policy.hpp"

namespace tenancy::core::policy {

struct Chosen {
  Isolation isolation;  // as it will be, with the columns that are to be added
  bool adds_tenant = false, adds_user = false;
  bool comes_from_parent = false;  // a parent adds them, and gave or will give their names
};

// By name, else by type, else to be added. With `parents`, the columns that they are isolated by.
Chosen choose(const Table& table, const Protection& wishes,
              const std::optional<Isolation>& parents);

struct Draft;

// The steps that give every row its tenant, in front of the ALTER TABLE that relies on it; the
// subcommands that add columns or forbid nulls go into the draft's changes, the defaults into its
// settings, except what its parents do to it already. An UPDATE of `family`, the table and all that
// is made of it, fills them at once. `deferrable` are foreign keys over the tenant column that may
// be checked late.
void prepare(const std::vector<const Table*>& family, const std::vector<ForeignKey>& deferrable,
             Draft* draft, Plan* plan);

}  // namespace tenancy::core::policy
