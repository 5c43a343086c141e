// The trigger of the authorization tables.
#include "pg/trigger.hpp"

using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_authorization_changed) {
  announce_change(trigger_of(fcinfo, "authorization_changed()"));
  return PointerGetDatum(nullptr);
}
