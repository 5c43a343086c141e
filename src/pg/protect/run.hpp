// Runs plans: as the owner of the tables, in a security-restricted operation, all or nothing.
#pragma once

#include "core/policy.hpp"

#include <string>
#include <vector>

#include "pg/postgres.hpp"

namespace tenancy::pg {

namespace policy = core::policy;

struct Target {
  Oid relation;
  policy::Protection protection;
};

struct RunOptions {
  bool dry_run = false;   // report the DDL and change nothing
  bool announce = false;  // say of each table how it ends up
};

// Each returns the DDL, as run. The caller must have the rights of each table's owner (42501).
std::vector<std::string> run_protection(const std::vector<Target>& targets, RunOptions options);
std::vector<std::string> run_unprotection(Oid relation, bool restore_keys, Oid convert_columns,
                                          bool dry_run);
// For tables that hold nobody's data: only the owner may write to them.
std::vector<std::string> run_read_only(const std::vector<Oid>& relations, bool dry_run);

}  // namespace tenancy::pg
