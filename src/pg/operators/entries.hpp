// What the table tenancy.operators lets the current role do.
#pragma once

#include "core/operators.hpp"

#include <vector>

namespace tenancy::pg {

// The entries of the roles whose privileges the current role has. A superuser has one that covers
// everything, whatever the table says.
std::vector<core::OperatorEntry> entries_of_current_role();

// The entry that covers the request; else throws Refused (42501), which names `what` is refused, as
// in "tenancy.issue_token()", and what is missing.
core::OperatorEntry require_entry(const char* what, const std::vector<core::OperatorEntry>& entries,
                                  const core::TokenRequest& request);

}  // namespace tenancy::pg
