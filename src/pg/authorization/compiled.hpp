// What the current caller may do, gathered once and kept until a table changes or time passes.
#pragma once

#include "core/authorization.hpp"

#include <string_view>

#include "pg/session/block.hpp"

namespace tenancy::pg {

// Of the identity in `block`; valid until the next call. May throw PgError.
const core::Authorization& authorization_of(const session::Block& block);

// The same question asked often: the answer is remembered.
bool may(const session::Block& block, std::string_view permission);

// Of a user who is not inside, by the tables alone: no credential adds to it or bounds it. Users
// and tenants that are suspended may nothing.
bool user_may(std::string_view tenant_id, std::string_view user_id, std::string_view permission);

}  // namespace tenancy::pg
