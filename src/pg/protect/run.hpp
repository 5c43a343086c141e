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
  bool made_now = false;  // by the running command: nobody else has seen the tables
};

// Whether one of these is at work: the DDL that event triggers see is its own.
bool protection_runs();

// Each returns the DDL, as run. The caller must have the rights of each table's owner (42501).
//
// A target stands for its whole tree: all partitions, at every level, and all children by
// inheritance are protected with it. A target that is itself a partition or child of a table that
// is protected (and not a target) is brought under its parent's isolation, whatever its own
// protection says of columns and of tenant or user; the parent and its other parts are neither
// changed nor locked, so this may run right after CREATE TABLE … PARTITION OF, INHERITS, ATTACH
// PARTITION and ALTER TABLE … INHERIT. One whose parent is not protected is refused (0A000, with
// the root to protect). Protecting again completes what is missing and returns nothing where
// nothing is.
std::vector<std::string> run_protection(const std::vector<Target>& targets, RunOptions options);
// Also of its whole tree.
std::vector<std::string> run_unprotection(Oid relation, bool restore_keys, Oid convert_columns,
                                          bool dry_run);
// For tables that hold nobody's data: only the owner may write to them.
std::vector<std::string> run_read_only(const std::vector<Oid>& relations, bool dry_run);

}  // namespace tenancy::pg
