// Which identity this backend has, and whether it may be used now.
//
// tenancy.token's assign hook decides what is held (hold()); this is where it is judged: scope,
// expiry, revocation. Nothing here is copied at the end of a transaction or of a function: the
// setting's own rules bring a block back or take it away, and a block knows where it is valid.
#pragma once

#include "pg/session/block.hpp"

namespace tenancy::pg::session {

enum class Standing {
  none,                 // never set, or left
  earlier_transaction,  // set, but in another transaction than this
  refused,              // expired, revoked or no longer proven: the block says why
  in_force
};

// What tenancy.token holds: the value (for parallel workers) and the block. The value's memory is
// PostgreSQL's; its verdict is written in place, because a worker sees nothing else.
extern char* token_value;
const Block* held();
void hold(Block* block);

// How a verdict that a worker was handed is reported.
core::Errc reason_of(core::Verdict verdict);

// Whether `block` belongs to this transaction, or is of a session scope that still is in force.
bool in_scope(const Block& block);

Standing standing();

// The generation of the identity in scope; 0 where there is none. Whoever reads under one
// generation and finds another later has met two callers.
std::uint64_t generation();

// The generation a new block of `who` begins with: the held one's, where that is the same caller.
std::uint64_t generation_for(std::string_view who);
std::uint64_t next_serial();

// Notes which role enters: after SET ROLE the identity is refused, however the role was changed.
// Who enters as superuser is trusted to step down.
void bind_to_role(Block& block);

// Whether an identity is in force that belongs to a role.
bool bound_to_role();

// Whether somebody entered in this transaction, still inside or not.
bool entered_in_this_transaction();

// Lets invalidations and the clock reach the identity that is held: expired, or the trust tables
// changed and it no longer passes, then it is refused from now on. Never raises for that; errors
// of PostgreSQL go through (PgError). In a parallel worker the leader has decided.
void refresh();

// Notes that `serial` entered as `who`, and found the session clean or its own.
void settle(std::uint64_t serial, std::string_view who);

// Whether the session is `who`'s: the last to find it clean, and nobody has left it since.
bool settled_as(std::string_view who);

// An identity of session scope may also come back without entering: at the end of a transaction,
// by RESET or ROLLBACK TO. Whatever another caller left meanwhile, it may not meet either: throws
// Refused (TN010) until that is cleaned up.
void demand_settled();

// The same where nothing may be refused, because it may be the clean-up: settles a session that is
// clean, so that what its caller makes next is not taken for another's.
void settle_if_clean();

// The rule that a transaction has one identity: what entered first, kept where ROLLBACK TO does
// not reach it. Throws Refused (TN011) for another caller; otherwise remembers.
void enter_once(std::string_view who);

}  // namespace tenancy::pg::session
