// tenancy.tenant_id and tenancy.user_id as PostgreSQL values, for the rest of src/pg.
//
// Both types share one representation: a varlena of the stored bytes of core/tenant_id.hpp.
#pragma once

#include <string_view>

#include "core/tenant_id.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// A palloc'd value of a text that passed core::check_identifier(). May raise when out of memory:
// call it inside call().
Datum make_identifier(std::string_view text);

// Stored bytes of a value; detoasts, so call it inside call(). Valid as long as the value is.
std::string_view stored_bytes(Datum identifier);

}  // namespace tenancy::pg
