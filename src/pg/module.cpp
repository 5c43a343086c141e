// What happens when the library is loaded, in order.
#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/planner/planner.hpp"
#include "pg/trust/authenticator.hpp"

extern "C" {
TENANCY_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
  tenancy::pg::install_trust();
  tenancy::pg::install_planner();
}
