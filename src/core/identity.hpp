// Who a verified credential says is calling: the value that the whole extension is about.
//
// Only the functions that verified a credential make one (core/issuer.hpp); everything else
// takes it as it is.
#pragma once

#include "core/pure.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace tenancy::core {

// Seconds since 1970-01-01 UTC, as in RFC 7519 section 2 (NumericDate, whole seconds).
using Seconds = std::int64_t;
inline constexpr Seconds kForever = std::numeric_limits<Seconds>::max();

struct Identity {
  std::string tenant_id;               // canonical text of the tenant_id type
  std::optional<std::string> user_id;  // canonical text of the user_id type; none: a job or a key
  std::optional<std::string> agent;
  std::vector<std::string> roles;
  std::optional<std::vector<std::string>> permissions;  // none: not bounded by the credential
  std::optional<std::string> tier;
  std::string issuer;
  std::string key_id;       // kid of the key that verified it; empty where the key has none
  std::string token_id;     // jti; empty where the token has none
  Seconds issued_at = 0;    // iat; 0 where the token has none
  Seconds expires_at = 0;   // exp; always present for configured issuers
  Seconds valid_until = 0;  // expires_at and the issuer's leeway: refused from this second on
  std::string claims;       // the verified claims, one JSON object
};

}  // namespace tenancy::core
