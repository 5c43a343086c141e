// Which utility statements the guard refuses to roles that use protected tables.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg::guard {

// Throws Refused (TN010). Returns at once for what the guard has nothing against.
void judge_statement(const Node* utility);

}  // namespace tenancy::pg::guard
