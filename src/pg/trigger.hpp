// Trigger functions: what they were called for. Everything here may throw Refused.
#pragma once

#include <string>

#include "pg/boundary.hpp"

namespace tenancy::pg {

// `function` as in "trust_changed()".
inline const TriggerData& trigger_of(FunctionCallInfo fcinfo, const char* function) {
  if (!CALLED_AS_TRIGGER(fcinfo)) {
    throw Refused(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED,
                  std::string(function) + " is a trigger function");
  }
  return *reinterpret_cast<const TriggerData*>(fcinfo->context);
}

// The row that is to be written, of a row trigger for INSERT or UPDATE.
inline HeapTuple new_row(const TriggerData& trigger) {
  return TRIGGER_FIRED_BY_UPDATE(trigger.tg_event) ? trigger.tg_newtuple : trigger.tg_trigtuple;
}

// For statement triggers: every session notices that the table has changed.
inline void announce_change(const TriggerData& trigger) {
  call([&] { CacheInvalidateRelcacheByRelid(RelationGetRelid(trigger.tg_relation)); });
}

}  // namespace tenancy::pg
