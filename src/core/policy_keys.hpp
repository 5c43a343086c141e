// Re-keying: unique keys get the isolation columns in front, foreign keys between protected tables
// become composite; and the way back.
//
// These functions throw Refusal; plan_protection and plan_unprotection catch it.
#pragma once

#include "core/policy.hpp"

namespace tenancy::core::policy {

// The statements a table's changed keys need, by when they run.
struct Work {
  std::vector<std::string> drops;     // statements, before the table changes
  std::vector<std::string> changes;   // subcommands of the one ALTER TABLE that scans
  std::vector<std::string> creates;   // statements after it
  std::vector<std::string> attaches;  // statements after those of all tables
  std::vector<std::string> settings;  // subcommands that only change the catalog
  std::vector<std::string> remarks;   // COMMENT ON, statistics targets
};

// Whether the key lacks an isolation column, so that tenants would meet in it.
bool must_widen(const Key& key, const Isolation& isolation);
void widen(const Table& table, const Key& key, const Isolation& isolation, Work* work);

// Whether the key begins with the isolation columns and goes on after them.
bool can_narrow(const Key& key, const Isolation& isolation);
void narrow(const Table& table, const Key& key, const Isolation& isolation, Work* work);
// Counts the groups of rows that only the isolation columns keep apart.
std::string count_collisions(const Table& table, const Key& key, const Isolation& isolation);

// Whether a foreign key of a protected child could cross tenants.
bool must_compose(const ForeignKey& key, const Isolation& child, const Isolation& parent);
ForeignKey compose(const ForeignKey& key, const Isolation& child, const Isolation& parent);
bool is_composed(const ForeignKey& key, const Isolation& parent);
ForeignKey decompose(const ForeignKey& key, const Isolation& parent);

// A foreign key that comes off and goes back on in another form.
struct ForeignKeyChange {
  ForeignKey before, after;
};
// One ALTER TABLE for each table that holds some of them.
void drop_foreign_keys(const std::vector<ForeignKeyChange>& changes, Plan* plan);
void create_foreign_keys(const std::vector<ForeignKeyChange>& changes, Plan* plan);

}  // namespace tenancy::core::policy
