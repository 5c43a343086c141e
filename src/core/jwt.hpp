// JSON Web Token (RFC 7519, RFC 8725): a verified JWS whose claims are in order.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/identity.hpp"
#include "core/jws.hpp"
#include "core/result.hpp"

namespace tenancy::core {

struct Expected {
  std::optional<std::string> issuer;  // iss must be exactly this
  std::vector<std::string> audience;  // empty: not asked for; else one of them must be in aud
  std::optional<std::string> type;    // typ of the header, RFC 8725 section 3.11
  std::vector<std::string> required_claims;  // names that must be present
  bool require_expiry = false;
  Seconds leeway = 0;
  std::size_t max_bytes = kDefaultMaxTokenBytes;
};

// Only verify() makes one: signature, form and time have been checked.
struct VerifiedToken {
  std::string header;                                     // JSON text
  std::string claims;                                     // JSON text, one object
  std::string issuer, subject, token_id, key_id;          // empty where absent
  Seconds issued_at = 0, expires_at = 0, not_before = 0;  // 0 where absent
};

Result<VerifiedToken> verify(std::string_view compact, const KeySet& keys, const Expected& expected,
                             Seconds now);

// What a token says about itself, not verified: to find its issuer's keys, or to look at it.
struct UnverifiedToken {
  std::string header, claims;    // JSON text, each one object
  std::string issuer, kid, alg;  // empty where absent
};

Result<UnverifiedToken> decode(std::string_view compact,
                               std::size_t max_bytes = kDefaultMaxTokenBytes);

}  // namespace tenancy::core
