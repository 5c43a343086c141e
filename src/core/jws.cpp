#include "core/jws.hpp"

#include <algorithm>
#include <array>

#include "core/bytes.hpp"
#include "core/crypto.hpp"
#include "core/jose_header.hpp"

namespace tenancy::core {
namespace {

// Keys that an unauthenticated caller can make us try with one token.
constexpr int kMaxTries = 4;

bool fits(const Key& key, const JoseHeader& header) {
  if (std::ranges::find(key.algorithms, header.algorithm) == key.algorithms.end()) return false;
  // A key without a kid fits every token; a token without one fits every key.
  return !header.kid || key.kid.empty() || key.kid == *header.kid;
}

}  // namespace

Result<CompactParts> split_compact(std::string_view compact, std::size_t max_bytes) {
  if (compact.size() > max_bytes) return Error{Errc::malformed, "the token is too long"};
  const std::size_t first = compact.find('.');
  const std::size_t second = first == std::string_view::npos ? first : compact.find('.', first + 1);
  if (second == std::string_view::npos || compact.find('.', second + 1) != std::string_view::npos) {
    return Error{Errc::malformed, "the token does not have three parts"};
  }
  auto header = decode_base64url(compact.substr(0, first));
  auto payload = decode_base64url(compact.substr(first + 1, second - first - 1));
  auto signature = decode_base64url(compact.substr(second + 1));
  if (!header || !payload || !signature) {
    return Error{Errc::malformed, "a part of the token is not strict base64url"};
  }
  return CompactParts{std::move(*header), std::move(*payload), std::move(*signature),
                      compact.substr(0, second)};
}

Result<VerifiedJws> verify_jws(std::string_view compact, const KeySet& keys,
                               std::size_t max_bytes) {
  auto split = split_compact(compact, max_bytes);
  if (!split.ok()) return split.error();
  CompactParts& parts = split.value();
  auto read = read_jose_header(parts.header);
  if (!read.ok()) return read.error();
  const JoseHeader& header = read.value();

  int tries = 0;
  for (const Key& key : keys.keys) {
    if (!fits(key, header)) continue;
    if (++tries > kMaxTries) break;
    const auto valid = key.verifier->verify(header.algorithm, parts.signed_text, parts.signature);
    if (!valid.ok()) return valid.error();
    if (valid.value()) {
      return VerifiedJws{std::move(parts.header), std::move(parts.payload), key.kid,
                         header.typ.value_or("")};
    }
  }
  if (tries == 0) {
    return Error{Errc::unknown_key, "no key of the set has the token's kid and algorithm"};
  }
  return Error{Errc::bad_signature, "the signature does not match"};
}

}  // namespace tenancy::core
