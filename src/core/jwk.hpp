// JSON Web Keys (RFC 7517, 7518 section 6, 8037): public keys and HMAC secrets that can verify.
//
// A Key is parsed and checked once and can then verify any number of signatures without parsing
// or allocating an OpenSSL context again. Its algorithm is pinned: a token's header `alg` is
// compared with it and decides nothing.
#pragma once

#include "core/pure.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tenancy::core {

enum class Algorithm {
  HS256,
  HS384,
  HS512,
  RS256,
  RS384,
  RS512,
  PS256,
  PS384,
  PS512,
  ES256,
  ES384,
  ES512,
  EdDSA
};

std::optional<Algorithm> algorithm_of(std::string_view name);  // exact spelling of RFC 7518
std::string_view name_of(Algorithm algorithm);

class Verifier;  // crypto.hpp: one key prepared for one algorithm

struct Key {
  std::string kid;                    // empty where the JWK has none
  std::vector<Algorithm> algorithms;  // one where the JWK says `alg`, else what kty/crv allows
  std::string thumbprint;             // RFC 7638, SHA-256, base64url
  std::shared_ptr<const Verifier> verifier;
};

struct KeySet {
  std::vector<Key> keys;
};

enum class KeySetUse {
  store,      // for keeping: at least one key must be able to verify
  stateless,  // given by the caller of one verification
};

// A key that could never verify safely (weak RSA, off-curve, short HMAC, private part) is an error
// that names it. Keys of other kinds or for other purposes are passed over (RFC 7517 section 5).
// Reads a JWK Set ({"keys":[…]}) or one JWK.
Result<KeySet> parse_jwks(std::string_view json, KeySetUse use);

}  // namespace tenancy::core
