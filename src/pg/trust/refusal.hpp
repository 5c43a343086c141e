// How a refusal of the core is told to a caller: SQLSTATE, message, DETAIL and HINT.
#pragma once

#include <string>

#include "core/result.hpp"
#include "pg/boundary.hpp"

namespace tenancy::pg {

inline const char* message_of(core::Errc code) {
  using core::Errc;
  switch (code) {
    case Errc::expired:
      return "credential has expired";
    case Errc::not_yet_valid:
      return "credential is not valid yet";
    case Errc::revoked:
      return "credential is revoked or its tenant suspended";
    case Errc::other_role:
      return "identity belongs to another role";
    case Errc::denied:
      return "permission denied";
    case Errc::bad_key:
      return "key is not usable";
    case Errc::bad_argument:
      return "argument is not valid";
    case Errc::out_of_memory:
      return "out of memory";
    case Errc::internal:
      return "internal error of pg_tenancy";
    default:
      return "credential refused";
  }
}

inline const char* hint_of(core::Errc code) {
  using core::Errc;
  switch (code) {
    case Errc::malformed:
      return "Pass the access token exactly as the issuer gave it.";
    case Errc::unknown_issuer:
      return "An administrator can add the issuer with tenancy.add_issuer.";
    case Errc::unknown_key:
    case Errc::bad_signature:
      return "If the issuer has changed its keys, store them with tenancy.set_jwks.";
    case Errc::wrong_audience:
      return "The token was issued for another application; ask the issuer for one for this "
             "database's audience.";
    case Errc::other_role:
      return "Change the role before tenancy.login(), and enter again.";
    case Errc::expired:
      return "Get a new token from the issuer.";
    case Errc::bad_key:
      return "Give a JWK Set, {\"keys\": [...]}, or one JWK (RFC 7517).";
    case Errc::not_yet_valid:
      return "Compare the clocks of the issuer and of this server.";
    default:
      return "";
  }
}

// A reason of the core as the sentence that a DETAIL is.
inline std::string sentence_of(std::string reason) {
  if (reason.empty()) return reason;
  if (reason.front() >= 'a' && reason.front() <= 'z') {
    reason.front() = static_cast<char>(reason.front() - 'a' + 'A');
  }
  if (reason.back() != '.') reason += '.';
  return reason;
}

inline Refused refusal_of(const core::Error& error) {
  return Refused(sqlstate_of(error.code), message_of(error.code), sentence_of(error.message),
                 hint_of(error.code));
}

}  // namespace tenancy::pg
