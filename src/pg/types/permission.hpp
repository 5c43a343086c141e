// tenancy.permission as a PostgreSQL value: a varlena of the pattern's text.
#pragma once

#include <string_view>

#include "core/permission.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

// A palloc'd value of a text that passed core::check_permission(). May raise when out of memory:
// call it inside call().
Datum make_permission(std::string_view pattern);

// The pattern of a value; detoasts, so call it inside call(). Valid as long as the value is.
std::string_view pattern_of(Datum permission);

}  // namespace tenancy::pg
