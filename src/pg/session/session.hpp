// The current identity, for C++ code of the other parts.
#pragma once

#include "core/context.hpp"

#include <optional>
#include <string>

#include "pg/postgres.hpp"

namespace tenancy::pg {

// Whether a caller is inside: an identity is in force now. Lets expiry and revocation arrive.
bool inside_identity();

// For functions that act for all tenants: throws Refused (TN010) inside an identity.
void demand_nobody_inside(const std::string& function, const char* why);

// The tenant and the user of the identity in force, in canonical text. No tenant: no identity.
struct Caller {
  std::string tenant_id;
  std::optional<std::string> user_id;
};
std::optional<Caller> current_caller();

// As tenancy.login() with nothing but a token, and as tenancy.logout().
void enter(const std::string& token);
void leave();

// Settings, hooks, and the adoption of what was set before. Called by _PG_init after
// install_trust(), because adopting may have to verify.
void install_session();

}  // namespace tenancy::pg
