// Rows by permission: one to write to a table at all, one to read what all users of the tenant
// have.
#pragma once

#include "core/policy_draft.hpp"

namespace tenancy::core::policy {

// Whether protect() made this policy, for whatever permission.
bool asks_for_permission(const Policy& policy, const Isolation& isolation);

// What the table is to ask for: what its parents do, else what is wished, else what it does
// already. Throws Refusal where that cannot be, or cannot be told.
Permissions choose_permissions(const std::vector<Draft>& drafts, const Draft& draft);

// None where the table asks for no permission.
std::vector<Policy> write_policies(const Draft& draft);
// Of a table that asks for one.
Policy read_all_policy(const Draft& draft);

// Which permissions it asked for until now, where that changes.
void remark_on_permissions(const Draft& draft, Plan* plan);
// Keys that find a row by its user, where the policies do not name one any more.
void remark_on_keys(const Draft& draft, Plan* plan);

}  // namespace tenancy::core::policy
