// MERGE into a protected table.
//
// PostgreSQL applies the policies for reading to the target of a MERGE only where the statement
// needs SELECT on it. One that reads no column (ON true) and has no DO NOTHING meets the rows of
// all tenants: the conditions of its actions count them, and an action on them fails loudly. Here
// the target of such a statement gets the conditions that any SELECT from it would get. They stand
// at its scan and not in the join condition, as rows that they drop must not count as NOT MATCHED
// BY SOURCE either.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Adds what is missing to `query`, a MERGE, in place. May raise errors of PostgreSQL.
void filter_merge_target(Query* query);

}  // namespace tenancy::pg
