// The trigger of the authorization tables.
#include "pg/boundary.hpp"

using namespace tenancy::pg;

TENANCY_FUNCTION(tenancy_authorization_changed) {
  if (!CALLED_AS_TRIGGER(fcinfo)) {
    throw Refused(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
                  "authorization_changed() is a trigger function");
  }
  const TriggerData* const trigger = reinterpret_cast<TriggerData*>(fcinfo->context);
  call([&] { CacheInvalidateRelcacheByRelid(RelationGetRelid(trigger->tg_relation)); });
  return PointerGetDatum(nullptr);
}
