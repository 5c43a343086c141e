// How the guard says no to a role.
#pragma once

#include <string>

#include "pg/boundary.hpp"

namespace tenancy::pg::guard {

// "<what> is refused to roles that use protected tables", why, and the way out.
inline Refused refused_to_role(const std::string& what, std::string why, std::string way_out) {
  return Refused(kGuardRefused, what + " is refused to roles that use protected tables",
                 std::move(why), std::move(way_out));
}

}  // namespace tenancy::pg::guard
