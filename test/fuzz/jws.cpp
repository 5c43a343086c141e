// Compact JWS: under the keys of the public vectors, only the tokens that their owners signed are
// accepted, and these to the letter. No change of any byte gives a second spelling.
#include "core/jws.hpp"

#include <fstream>
#include <set>
#include <string>
#include <vector>

#include "core/json.hpp"
#include "core/jwt.hpp"
#include "fuzz.hpp"

namespace tenancy::fuzz {
namespace {

struct Vectors {
  std::set<std::string, std::less<>> tokens;  // that verify
  std::vector<core::KeySet> keys;             // one set for each algorithm
};

Vectors read_vectors() {
  Vectors vectors;
  std::set<std::string> algorithms;
  std::ifstream lines(TENANCY_JWT_VECTORS);
  for (std::string line; std::getline(lines, line);) {
    const auto document = core::JsonDocument::parse(line);
    const core::Json vector = document.value().root();
    if (vector.member("expect")->string() != "accept") continue;
    const std::string_view token = vector.member("token")->string();
    auto keys = core::parse_jwks(vector.member("jwks")->text(), core::KeySetUse::stateless).value();
    if (!core::verify_jws(token, keys).ok()) continue;
    vectors.tokens.emplace(token);
    if (algorithms
            .insert(core::decode(token).ok() ? core::decode(token).value().alg
                                             : std::string(token.substr(0, 20)))
            .second) {
      vectors.keys.push_back(std::move(keys));
    }
  }
  PROPERTY(vectors.keys.size() >= 8);
  return vectors;
}

}  // namespace

void examine(std::string_view input) {
  static const Vectors vectors = read_vectors();
  bool accepted = false;
  for (const core::KeySet& keys : vectors.keys) {
    const auto verified = core::verify_jws(input, keys);
    if (!verified.ok()) continue;
    accepted = true;
    const auto parts = core::split_compact(input, core::kDefaultMaxTokenBytes);
    PROPERTY(parts.ok() && parts.value().payload == verified.value().payload);
    PROPERTY(parts.value().header == verified.value().header);
    PROPERTY(!core::verify_jws(input, keys, input.size() - 1).ok());
  }
  if (accepted) PROPERTY(vectors.tokens.contains(input));
  PROPERTY(!core::verify_jws(input, {}).ok());
}

}  // namespace tenancy::fuzz
