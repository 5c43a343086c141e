// Columns and the types that can isolate rows.
#pragma once

#include "core/policy.hpp"

#include <string>
#include <vector>

#include "pg/postgres.hpp"

namespace tenancy::pg {

namespace policy = core::policy;

// The kind of column a type makes, as SQL over a type's number; column_type() reads it.
std::string kind_of(const std::string& type);
policy::ColumnType column_type(const std::string& kind);

std::vector<policy::Column> columns_of(const std::string& relation);

// Name of a type and the kind of isolation column it makes.
policy::Column describe_type(Oid type);

}  // namespace tenancy::pg
