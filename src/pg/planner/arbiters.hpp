// INSERT … ON CONFLICT (columns) on a protected table.
//
// protect() puts the isolation columns into every unique index, and clients go on naming the keys
// they know. Where the columns of the statement name no index any more and name one together with
// the isolation columns, these are added. Everything else stays as it was written: a statement that
// names a constraint, names nothing, or names an index as it is.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Completes the arbiter of `query`, which has one, in place. May raise errors of PostgreSQL.
void complete_arbiters(Query* query);

}  // namespace tenancy::pg
