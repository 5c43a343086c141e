// What happens when the library is loaded, in order.
#include <utility>

#include "pg/auto_protect/auto_protect.hpp"
#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/guard/guard.hpp"
#include "pg/planner/planner.hpp"
#include "pg/session/session.hpp"
#include "pg/trust/authenticator.hpp"

extern "C" {
TENANCY_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
}

void _PG_init(void) {
  // Adopting a token reads tables, whose types bring PostgreSQL here again while it still loads us.
  static bool called = false;
  if (std::exchange(called, true)) return;
  tenancy::pg::install_trust();
  tenancy::pg::install_planner();
  tenancy::pg::install_session();
  tenancy::pg::install_auto_protect();
  tenancy::pg::install_guard();
  MarkGUCPrefixReserved("tenancy");
}
