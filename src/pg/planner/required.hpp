// Conditions of policies that ask for a permission and look at no row.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

// PostgreSQL keeps such a condition where the table is scanned, and asks it for each row. Here it
// becomes a condition of the whole query, which the executor asks once, before it reads anything:
// UPDATE, DELETE and SELECT FOR UPDATE are refused as for a privilege, also where no row is met.
// Plain PostgreSQL.
void ask_once(Query* query);

}  // namespace tenancy::pg
