// From a token to an identity, with the trust tables of this database as configuration.
//
// Reads tables only when a cache misses: a token seen before costs a comparison. Works inside a
// GUC check hook, in read-only transactions and on standbys, and never takes the transaction
// snapshot. Needs a transaction (catalog access); may throw PgError and Refused (55000 where the
// extension does not exist in this database).
#pragma once

#include "core/identity.hpp"
#include "core/issuer.hpp"
#include "core/result.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace tenancy::pg {

using IdentityPtr = std::shared_ptr<const core::Identity>;

// The identity `token` (a bare compact JWT: no scheme, no suffix) proves at `now`, or which check
// refused it.
core::Result<IdentityPtr> authenticate(std::string_view token, const core::Narrowing& narrowing,
                                       core::Seconds now);

// Increases whenever this backend has accepted an invalidation of a trust table. An identity is as
// old as the version from before authenticate() was called, as changes may arrive during the call;
// one that is older than the present version must be authenticated again before it is used.
std::uint64_t trust_version();

// clock_timestamp() in whole seconds.
core::Seconds wall_clock();

// How many verified tokens this backend remembers.
std::size_t remembered_tokens();

// Who loaded the library: "server", "session" for session_preload_libraries, or "no": loaded when
// it was first used, so that hooks start late.
const char* preloaded_how();

// Settings and the invalidation callback. Called once, by _PG_init.
void install_trust();

}  // namespace tenancy::pg
