// What the database's own issuer signs with: ES256 keys as private JWKs (RFC 7518 section 6.2.2).
#pragma once

#include "core/pure.hpp"

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tenancy::core {

struct SigningKey {
  std::string kid;          // the key's thumbprint (RFC 7638)
  std::string public_jwk;   // JSON text, with kid, alg and use
  std::string private_jwk;  // the same and `d`
};

Result<SigningKey> generate_signing_key();

// A compact JWS (RFC 7515 section 7.1) with the header {"alg":"ES256","kid":…,"typ":"JWT"}.
Result<std::string> sign_jwt(std::string_view private_jwk, std::string_view claims);

}  // namespace tenancy::core
