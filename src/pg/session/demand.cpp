#include "pg/session/demand.hpp"

#include "pg/boundary.hpp"
#include "pg/session/execution.hpp"
#include "pg/session/state.hpp"
#include "pg/trust/refusal.hpp"

namespace tenancy::pg::session {
namespace {

Refused no_identity(const char* detail) {
  return {kNoIdentity, "no identity", detail,
          "Enter in the transaction that needs it: SELECT tenancy.login($1). On connections that "
          "callers do not share, tenancy.scope = session keeps an identity until it is left."};
}

}  // namespace

const Block* demand_identity(OnMissing missing) {
  Execution* const execution = running();
  if (execution == nullptr) {
    refresh();
    demand_settled();
  } else {
    demand_same_caller(*execution);
  }
  const Standing now = standing();
  if (now == Standing::in_force) {
    if (execution != nullptr) execution->used = true;
    return held();
  }
  if (missing == OnMissing::empty) return nullptr;
  switch (now) {
    case Standing::refused:
      throw refusal_of({held()->reason, held()->detail});
    case Standing::earlier_transaction:
      throw no_identity("The identity was set in an earlier transaction.");
    default:
      throw no_identity("No identity was set, or it has ended.");
  }
}

}  // namespace tenancy::pg::session
