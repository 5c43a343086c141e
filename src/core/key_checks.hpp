// What must hold for a public key before OpenSSL sees it.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace tenancy::core {

// Why this RSA key cannot verify safely; nothing where it can. NIST SP 800-131A (size), RFC 8017
// section 3.1 (odd numbers), Nemec et al., "The Return of Coppersmith's Attack" (ROCA).
std::optional<std::string> rsa_weakness(std::string_view modulus, std::string_view exponent);

// The same of an Ed25519 public key: points of small order and second spellings of a point verify
// signatures that nobody made (RFC 8032 section 5.1.7).
std::optional<std::string> ed25519_weakness(std::string_view public_key);

}  // namespace tenancy::core
