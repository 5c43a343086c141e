#include "pg/session/state.hpp"

#include <optional>
#include <string>

#include "core/credential.hpp"
#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/guard/guard.hpp"
#include "pg/session/entry_check.hpp"
#include "pg/session/execution.hpp"
#include "pg/session/settings.hpp"
#include "pg/trust/authenticator.hpp"

namespace tenancy::pg::session {
namespace {

Block* block_held = nullptr;
std::uint64_t last_serial = 0, last_generation = 0;
bool refreshing = false;

struct FirstEntered {
  LocalTransactionId transaction = InvalidLocalTransactionId;
  std::string who;
} first_entered;

// The last caller that found the session clean, or whose session it already was.
struct Settled {
  std::uint64_t serial = 0;
  std::string who;
} settled;

// SECURITY DEFINER functions change neither.
bool role_changed(const Block& block) {
  return OidIsValid(block.session_role) &&
         (block.session_role != GetSessionUserId() || block.current_role != GetOuterUserId());
}

core::Verdict verdict_of(core::Errc reason) {
  switch (sqlstate_of(reason)) {
    case kExpired:
      return core::Verdict::expired;
    case kRevoked:
      return core::Verdict::revoked;
    default:
      return core::Verdict::refused;
  }
}

// Notes in the block and in the value for workers whether the identity may be used.
void rule(Block& block, const std::optional<core::Error>& error) {
  block.refused = error.has_value();
  block.reason = error ? error->code : core::Errc::internal;
  cut_to_fit(block.detail, error ? error->message.c_str() : "");
  if (token_value != nullptr && token_value[0] == core::kHandoverMark) {
    token_value[core::kVerdictAt] =
        static_cast<char>(error ? verdict_of(error->code) : core::Verdict::in_force);
  }
  forget_ready_values();
}

// Why the credential of `block` no longer proves what it did; nothing if it does.
std::optional<core::Error> objection(const Block& block, core::Seconds now) {
  const auto credential = core::read_credential(block.credential());
  if (!credential) return credential.error();
  const auto identity = authenticate(credential.value().token, credential.value().narrowing, now);
  if (!identity) return identity.error();
  const auto context = core::to_context(*identity.value());
  if (!context) return context.error();
  if (context.value() != block.context()) {
    return core::Error{core::Errc::revoked,
                       "The issuer's configuration changed; the token now means something else."};
  }
  return std::nullopt;
}

}  // namespace

char* token_value = nullptr;

const Block* held() {
  return block_held;
}

void hold(Block* block) {
  block_held = block;
  if (block == nullptr) settled.serial = 0;
  forget_ready_values();
}

core::Errc reason_of(core::Verdict verdict) {
  switch (verdict) {
    case core::Verdict::expired:
      return core::Errc::expired;
    case core::Verdict::revoked:
      return core::Errc::revoked;
    default:
      return core::Errc::wrong_tenant;
  }
}

bool in_scope(const Block& block) {
  if (block.of_session && scope() == Scope::session) return true;
  if (block.set_in == InvalidLocalTransactionId) return false;
  return IsParallelWorker() || block.set_in == local_transaction_of(MyProc);
}

Standing standing() {
  if (block_held == nullptr) return Standing::none;
  if (!in_scope(*block_held)) return Standing::earlier_transaction;
  return block_held->refused ? Standing::refused : Standing::in_force;
}

std::uint64_t generation() {
  return block_held != nullptr && in_scope(*block_held) ? block_held->generation : 0;
}

std::uint64_t generation_for(std::string_view who) {
  if (generation() != 0 && block_held->who() == who) return block_held->generation;
  return ++last_generation;
}

std::uint64_t next_serial() {
  return ++last_serial;
}

void refresh() {
  if (block_held == nullptr || refreshing || IsParallelWorker()) return;
  call([] { AcceptInvalidationMessages(); });
  if (!in_scope(*block_held)) return;
  if (role_changed(*block_held)) {
    rule(*block_held, core::Error{core::Errc::other_role,
                                  "The session changed its role after it "
                                  "entered."});
    return;
  }
  const core::Seconds now = wall_clock();
  if (now >= block_held->layout.valid_until) {
    if (!block_held->refused || block_held->reason != core::Errc::expired) {
      rule(*block_held, core::Error{core::Errc::expired, "The token has expired."});
    }
    return;
  }
  if (block_held->trust_version == trust_version()) return;

  struct Refreshing {
    Refreshing() { refreshing = true; }
    ~Refreshing() { refreshing = false; }
  } const guard;
  Block& block = *block_held;
  const std::uint64_t version = trust_version();
  rule(block, objection(block, now));
  block.trust_version = version;
}

void bind_to_role(Block& block) {
  const Oid role = GetOuterUserId();
  if (!guard::enabled() || superuser_arg(role)) return;
  block.session_role = GetSessionUserId();
  block.current_role = role;
}

bool bound_to_role() {
  return standing() == Standing::in_force && OidIsValid(block_held->session_role);
}

bool entered_in_this_transaction() {
  return generation() != 0 || first_entered.transaction == local_transaction_of(MyProc);
}

void settle(std::uint64_t serial, std::string_view who) {
  settled.serial = 0;
  settled.who = who;
  settled.serial = serial;
}

bool settled_as(std::string_view who) {
  return settled.serial != 0 && settled.who == who;
}

namespace {

// Whether the identity in scope came back without entering, after another caller or nobody.
bool may_meet_leftovers() {
  if (block_held == nullptr || block_held->serial == settled.serial || IsParallelWorker()) {
    return false;
  }
  return block_held->of_session && in_scope(*block_held) && !settled_as(block_held->who()) &&
         entry_check();
}

}  // namespace

void demand_settled() {
  if (!may_meet_leftovers()) return;
  refuse_leftovers();
  settle(block_held->serial, block_held->who());
}

void settle_if_clean() {
  if (may_meet_leftovers() && !find_leftover()) settle(block_held->serial, block_held->who());
}

void enter_once(std::string_view who) {
  const LocalTransactionId transaction = local_transaction_of(MyProc);
  if (first_entered.transaction == transaction && first_entered.who != who) {
    throw Refused(kSecondIdentity, "this transaction already had another identity",
                  "A transaction has one caller: the first issuer, tenant, user, agent and key.",
                  "COMMIT or ROLLBACK first, then enter.");
  }
  first_entered.who = who;
  first_entered.transaction = transaction;
}

}  // namespace tenancy::pg::session
