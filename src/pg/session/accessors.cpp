// tenancy.current_tenant_id() and its kin: what policies ask once per row.
//
// The fast path reads one answer that was prepared for the running execution. Inside the executor
// answers live until the transaction ends, so that no running query can hold freed memory; outside
// it (arguments of CALL, simple expressions of PL/pgSQL, planning) each call gets its own copy,
// because a procedure may COMMIT and still hold it.
#include <string>

#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/session/demand.hpp"
#include "pg/session/execution.hpp"
#include "pg/session/settings.hpp"
#include "pg/session/values.hpp"
#include "pg/trust/tables.hpp"

namespace tenancy::pg::session {
namespace {

// The last answer built for each slot, of which block and in which transaction; roles also come
// from tables, of which version.
struct Interned {
  std::uint64_t serial, version;
  LocalTransactionId transaction;
  Datum value;
};
Interned interned[kSlots];

// Whether the identity has what `slot` asks for. A user it lacks is as bad as no identity.
bool has(const Block& block, Slot slot) {
  switch (slot) {
    case kUserId:
    case kUserUuid:
    case kUserText:
    case kUserBigint:
      if (block.layout.user_id.present()) return true;
      if (on_missing_identity() == OnMissing::empty) return false;
      throw Refused(kNoIdentity, "the identity has no user",
                    "What was asked for needs a user; the credential names a tenant only.",
                    "Enter with a credential that has a user.");
    case kAgent:
      return block.layout.agent.present();
    default:
      return true;
  }
}

Datum look_up(FunctionCallInfo fcinfo, Slot slot) {
  return entry([&]() -> Datum {
    const Block* const block = demand_identity();
    if (block == nullptr || !has(*block, slot)) {
      fcinfo->isnull = true;
      return Datum{0};
    }
    if (running() == nullptr) return value_of(*block, slot);

    const LocalTransactionId transaction = local_transaction_of(MyProc);
    const std::uint64_t version = slot == kRoles ? authorization_version() : 0;
    Interned& known = interned[slot];
    if (known.serial != block->serial || known.transaction != transaction ||
        known.version != version) {
      known.serial = 0;
      const MemoryContext caller = MemoryContextSwitchTo(TopTransactionContext);
      struct Back {
        const MemoryContext context;
        ~Back() { MemoryContextSwitchTo(context); }
      } const back{caller};
      known.value = value_of(*block, slot);
      known.transaction = transaction;
      known.version = version;
      known.serial = block->serial;
    }
    ready_values[slot] = {true, known.value};
    return known.value;
  });
}

}  // namespace
}  // namespace tenancy::pg::session

#define TENANCY_ACCESSOR(name, slot)                                          \
  extern "C" {                                                                \
  PGDLLEXPORT Datum name(PG_FUNCTION_ARGS);                                   \
  PG_FUNCTION_INFO_V1(name);                                                  \
  Datum name(PG_FUNCTION_ARGS) {                                              \
    const tenancy::pg::session::Ready& ready =                                \
        tenancy::pg::session::ready_values[tenancy::pg::session::slot];       \
    if (likely(ready.known)) return ready.value;                              \
    return tenancy::pg::session::look_up(fcinfo, tenancy::pg::session::slot); \
  }                                                                           \
  }

TENANCY_ACCESSOR(tenancy_current_tenant_id, kTenantId)
TENANCY_ACCESSOR(tenancy_current_tenant_uuid, kTenantUuid)
TENANCY_ACCESSOR(tenancy_current_tenant_text, kTenantText)
TENANCY_ACCESSOR(tenancy_current_tenant_bigint, kTenantBigint)
TENANCY_ACCESSOR(tenancy_current_user_id, kUserId)
TENANCY_ACCESSOR(tenancy_current_user_uuid, kUserUuid)
TENANCY_ACCESSOR(tenancy_current_user_text, kUserText)
TENANCY_ACCESSOR(tenancy_current_user_bigint, kUserBigint)
TENANCY_ACCESSOR(tenancy_current_agent, kAgent)
TENANCY_ACCESSOR(tenancy_current_roles, kRoles)
TENANCY_ACCESSOR(tenancy_claims, kClaims)
