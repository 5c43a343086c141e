// Whom the guard watches: roles that can reach protected tables of others.
//
// Guarded is who is no superuser, has no BYPASSRLS, and holds some right on a protected table that
// is not its own: itself, by membership (also one that it would have to SET ROLE for), through
// PUBLIC, or by reading or writing all data. A member of the table's owner counts as the owner.
// One such table is enough: who protects a table of their own does not get out.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg::guard {

// Whether the guard is on and watches the role that runs now: in a SECURITY DEFINER function, its
// owner. Plain PostgreSQL: call() it. Remembered until roles or tables change.
bool watches_caller();

// Whether `relation` is protected and not the current role's own.
bool is_of_others(Oid relation);

// Whether `relation` is a table of this extension that tenants share and row security binds the
// current role on it: PUBLIC may use it, so no right on a protected table is asked for.
bool watches_use_of(Oid relation);

void watch_roles();

}  // namespace tenancy::pg::guard
