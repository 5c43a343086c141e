// Whose rights get around a table: grantees, sequences, views over it.
#pragma once

#include "core/policy.hpp"

#include <string>
#include <vector>

namespace tenancy::pg {

namespace policy = core::policy;

// Roles other than the owner that hold one of the privileges ("{SELECT,UPDATE}") on the relation or
// a column of it; "" is PUBLIC.
std::vector<std::string> grantees_of(const std::string& relation, const std::string& privileges);
std::vector<policy::Sequence> sequences_of(const std::string& relation);
// Views that run with their owner's rights over the relations ("{1,2}"), nearest first.
std::vector<policy::View> views_over(const std::string& relations);

}  // namespace tenancy::pg
