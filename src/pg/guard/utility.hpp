// Every utility statement, also of functions and DO blocks, passes here before PostgreSQL runs it.
#pragma once

namespace tenancy::pg::guard {

void install_utility_hook();

}  // namespace tenancy::pg::guard
