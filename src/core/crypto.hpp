// The cryptography we need, from OpenSSL 3: signatures verified with checked keys, and the few
// things the database's own issuer signs with. Only crypto*.cpp see OpenSSL.
//
// A Verifier can be made only from a key that can verify safely (RFC 8725 section 3.5). It keeps
// its OpenSSL contexts, so a verification parses and allocates nothing.
#pragma once

#include "core/pure.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/jwk.hpp"
#include "core/result.hpp"

namespace tenancy::core {

class Verifier {
 public:
  virtual ~Verifier() = default;

  // Whether `signature` (in the form of RFC 7518 section 3) is this key's over `message`. False
  // for a signature of a wrong length; an error only where OpenSSL could not do its work.
  virtual Result<bool> verify(Algorithm algorithm, std::string_view message,
                              std::string_view signature) const = 0;
};

using VerifierPtr = std::shared_ptr<const Verifier>;

// Numbers are big-endian bytes as in a JWK; coordinates have the exact size of the field.
enum class Curve { P256, P384, P521 };
Result<VerifierPtr> rsa_verifier(std::string_view modulus, std::string_view exponent);
Result<VerifierPtr> ec_verifier(Curve curve, std::string_view x, std::string_view y);
Result<VerifierPtr> ed25519_verifier(std::string_view public_key);
Result<VerifierPtr> hmac_verifier(std::string_view secret);

// Shortest HMAC secret for an algorithm, in bytes: the hash's size (RFC 7518 section 3.2).
std::size_t shortest_secret(Algorithm algorithm);

Result<std::string> sha256(std::string_view bytes);   // 32 bytes
Result<std::string> random_bytes(std::size_t count);  // from OpenSSL's private generator

struct EcKeyPair {
  std::string x, y, d;  // 32 bytes each, P-256
};
Result<EcKeyPair> generate_p256();
Result<std::string> sign_es256(const EcKeyPair& key, std::string_view message);  // r‖s, 64 bytes

// Loads the algorithms, so that a process forked later finds them ready. Failing is harmless.
void warm_up_crypto() noexcept;

}  // namespace tenancy::core
