// JSON Web Signature, compact serialization (RFC 7515): strict form, signature first.
#pragma once

#include "core/pure.hpp"

#include <cstddef>
#include <string>
#include <string_view>

#include "core/jwk.hpp"
#include "core/result.hpp"

namespace tenancy::core {

inline constexpr std::size_t kDefaultMaxTokenBytes = 16384;

// The three parts of a compact serialization, decoded; nothing of them is verified.
struct CompactParts {
  std::string header, payload, signature;
  std::string_view signed_text;  // the first two parts as they were written
};
Result<CompactParts> split_compact(std::string_view compact, std::size_t max_bytes);

// Only verify_jws() makes one.
struct VerifiedJws {
  std::string header;   // JSON text
  std::string payload;  // bytes
  std::string kid;      // kid of the key that verified it
  std::string typ;      // header typ; empty where absent
};

Result<VerifiedJws> verify_jws(std::string_view compact, const KeySet& keys,
                               std::size_t max_bytes = kDefaultMaxTokenBytes);

}  // namespace tenancy::core
