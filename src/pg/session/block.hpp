// The identity as it lies in the `extra` of the setting tenancy.token: one flat block of memory,
// which PostgreSQL copies by pointer and frees without a destructor.
//
// The block is the only place where the credential itself stays, so that it can be authenticated
// again when an issuer, a key or a tenant changes.
#pragma once

#include "core/context.hpp"

#include <cstdint>
#include <string_view>
#include <type_traits>

#include "pg/postgres.hpp"

namespace tenancy::pg::session {

struct Block {
  std::uint64_t serial;            // of this block, never reused in this backend
  std::uint64_t generation;        // equal for blocks of one caller that follow each other; never 0
  std::uint64_t trust_version;     // under which it was last authenticated
  LocalTransactionId set_in;       // local transaction; in a worker: nothing but set or not
  Oid session_role, current_role;  // that entered; invalid: any role may use it
  bool of_session;                 // outlives its transaction while the scope is session
  bool refused;                    // it may no longer be used:
  core::Errc reason;               //   why,
  char detail[200];                //   in one sentence
  core::ContextLayout layout;      // of context()
  core::Slice credential_at, context_at;  // in bytes()

  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }
  std::string_view credential() const { return credential_at.of(bytes()); }
  std::string_view context() const { return context_at.of(bytes()); }
  std::string_view text(const core::Slice& field) const { return field.of(context().data()); }
  std::string_view who() const { return text(layout.who); }
};
static_assert(std::is_trivially_copyable_v<Block>);

// A block in memory that belongs to PostgreSQL's settings, with the flags still to be set.
// Refuses a context that it cannot read. Throws std::bad_alloc.
Block* make_block(std::string_view context, std::string_view credential);

}  // namespace tenancy::pg::session
