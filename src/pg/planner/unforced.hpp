// Row security that is forced on owners stays forced in what foreign code calls.
//
// PostgreSQL lifts FORCE ROW LEVEL SECURITY while a foreign key looks up or cascades, and so do we
// while protect() works for an owner. Code of that owner then runs (triggers, expressions), and
// what it calls from another owner would meet that other one's tables without their policies too:
// functions with SECURITY DEFINER, and views. Whoever may make a table of his own would read every
// tenant through them.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// From now on, functions that run as their owner run with FORCE in force.
void install_forcing();

// Refuses a query whose views reach protected tables without the policies that bind the views'
// owners (TN010). May raise errors of PostgreSQL.
void demand_forced(Query* query);

}  // namespace tenancy::pg
