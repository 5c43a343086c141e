// The identity that a function may answer from, or why there is none: the rules that all of those
// follow that speak for the caller.
#pragma once

#include "pg/session/block.hpp"
#include "pg/session/settings.hpp"

namespace tenancy::pg::session {

// nullptr where there is none and `missing` is empty; otherwise throws Refused: TN001, TN002,
// TN004, TN005, TN010, and TN009 where it is not the one that the running statement began with.
const Block* demand_identity(OnMissing missing = on_missing_identity());

}  // namespace tenancy::pg::session
