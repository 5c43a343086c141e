// tenancy.routes: which tenant a route belongs to.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tenancy::pg {

// The tenant that `route` belongs to, in canonical text; nothing where no pattern matches.
// Errc::bad_argument where it is malformed. May throw PgError and Refused (55000).
core::Result<std::optional<std::string>> tenant_of_route(std::string_view route);

}  // namespace tenancy::pg
