// Unique indexes, exclusion constraints, and the indexes beside them.
#pragma once

#include "core/policy.hpp"

#include <string>
#include <vector>

namespace tenancy::pg {

namespace policy = core::policy;

std::vector<policy::Key> keys_of(const std::string& relation);
std::vector<policy::PlainIndex> plain_indexes_of(const std::string& relation);

}  // namespace tenancy::pg
