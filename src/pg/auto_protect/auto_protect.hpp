// Tables are protected by the very command that makes them; keys and foreign keys that are added to
// protected tables later get the isolation columns.
//
// Event triggers without a tag filter call this after every DDL command. What is done here runs in
// the command's transaction and as the table's owner, through run_protection: the command and its
// protection happen together or not at all.
#pragma once

#include <vector>

#include "pg/boundary.hpp"

namespace tenancy::pg {

void install_auto_protect();

}  // namespace tenancy::pg

namespace tenancy::pg::auto_protect {

// Relations of one command, and what happened to them.
struct Touched {
  std::vector<Oid> made;      // created
  std::vector<Oid> attached;  // to a parent
  std::vector<Oid> typed;     // given a column of a tenant's type
  std::vector<Oid> keyed;     // keys, exclusion constraints or foreign keys were added
};

// Whether commands are left alone: switched off, a dump is being restored, our own DDL runs.
bool resting();

void protect_touched(const Touched& touched);

}  // namespace tenancy::pg::auto_protect
