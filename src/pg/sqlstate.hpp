// The extension's SQLSTATEs (class TN), and which refusal of the core is reported as which.
#pragma once

#include "core/result.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {

inline constexpr int kNoIdentity = MAKE_SQLSTATE('T', 'N', '0', '0', '1');
inline constexpr int kCredentialRefused = MAKE_SQLSTATE('T', 'N', '0', '0', '2');
inline constexpr int kOtherTenantsRoute = MAKE_SQLSTATE('T', 'N', '0', '0', '3');
inline constexpr int kExpired = MAKE_SQLSTATE('T', 'N', '0', '0', '4');
inline constexpr int kRevoked = MAKE_SQLSTATE('T', 'N', '0', '0', '5');
inline constexpr int kRateLimited = MAKE_SQLSTATE('T', 'N', '0', '0', '6');
inline constexpr int kQuotaExhausted = MAKE_SQLSTATE('T', 'N', '0', '0', '7');
inline constexpr int kPermissionDenied = MAKE_SQLSTATE('T', 'N', '0', '0', '8');
inline constexpr int kIdentityChanged = MAKE_SQLSTATE('T', 'N', '0', '0', '9');
inline constexpr int kGuardRefused = MAKE_SQLSTATE('T', 'N', '0', '1', '0');
inline constexpr int kSecondIdentity = MAKE_SQLSTATE('T', 'N', '0', '1', '1');
inline constexpr int kNotIsolated = MAKE_SQLSTATE('T', 'N', '0', '1', '2');

inline int sqlstate_of(core::Errc code) {
  using core::Errc;
  switch (code) {
    case Errc::malformed:
    case Errc::unsupported:
    case Errc::unknown_issuer:
    case Errc::unknown_key:
    case Errc::bad_signature:
    case Errc::wrong_issuer:
    case Errc::wrong_audience:
    case Errc::wrong_type:
    case Errc::missing_claim:
    case Errc::wrong_tenant:
      return kCredentialRefused;
    case Errc::expired:
    case Errc::not_yet_valid:
      return kExpired;
    case Errc::revoked:
      return kRevoked;
    case Errc::other_role:
      return kGuardRefused;
    case Errc::denied:
      return kPermissionDenied;
    case Errc::bad_key:
    case Errc::bad_argument:
      return ERRCODE_INVALID_PARAMETER_VALUE;
    case Errc::out_of_memory:
      return ERRCODE_OUT_OF_MEMORY;
    case Errc::internal:
      break;
  }
  return ERRCODE_INTERNAL_ERROR;
}

}  // namespace tenancy::pg
