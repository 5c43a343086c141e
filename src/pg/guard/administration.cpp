#include "pg/guard/administration.hpp"

#include <string>

#include "pg/session/session.hpp"  // first: it brings headers of the core

#include "pg/boundary.hpp"

namespace tenancy::pg::guard {

void refuse_inside_identity(const char* what) {
  if (!inside_identity() || call([] { return superuser_arg(GetOuterUserId()); })) return;
  throw Refused(kGuardRefused, std::string(what) + " is refused inside an identity",
                "An identity acts for one tenant; this acts for all of them.",
                "Leave first: SELECT tenancy.logout().");
}

}  // namespace tenancy::pg::guard
