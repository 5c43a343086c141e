// The guard (tenancy.guard): what roles that use protected tables may not do, whatever SQL they
// run, and what nobody may do to a protected table by accident.
//
// It works where PostgreSQL lets an extension look: utility statements (utility.cpp), objects that
// are made, changed or dropped by whatever statement or function (objects.cpp).
#pragma once

namespace tenancy::pg {

// The setting and the hooks. Called by _PG_init.
void install_guard();

namespace guard {

bool enabled();

}  // namespace guard
}  // namespace tenancy::pg
