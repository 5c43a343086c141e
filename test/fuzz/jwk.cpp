// Key sets: what is accepted can verify, is named once, holds no private part and no key that
// takes a signature nobody made.
#include "core/jwk.hpp"

#include <set>

#include "core/bytes.hpp"
#include "core/crypto.hpp"
#include "core/json.hpp"
#include "fuzz.hpp"

namespace tenancy::fuzz {
namespace {

// RFC 7518 sections 6.2.2 and 6.3.2, RFC 8037 section 2: of these kinds `d` is private. What it is
// to a kind of key that nobody here knows, nobody here can say.
bool holds_private_part(core::Json jwk) {
  const auto kty = jwk.member("kty");
  if (!kty || !kty->is_string() || !jwk.member("d")) return false;
  return kty->string() == "RSA" || kty->string() == "EC" || kty->string() == "OKP";
}

void examine_key(const core::Key& key) {
  PROPERTY(key.verifier != nullptr && !key.algorithms.empty());
  const auto thumbprint = core::decode_base64url(key.thumbprint);
  PROPERTY(thumbprint && thumbprint->size() == 32);
  for (const core::Algorithm algorithm : key.algorithms) {
    for (const std::size_t size : {0, 32, 48, 64, 96, 132, 256, 512}) {
      for (const char filling : {'\x00', '\x01', '\xff'}) {
        const auto valid = key.verifier->verify(algorithm, "text", std::string(size, filling));
        PROPERTY(valid.ok() && !valid.value());
      }
    }
  }
}

}  // namespace

void examine(std::string_view input) {
  const auto kept = core::parse_jwks(input, core::KeySetUse::store);
  const auto given = core::parse_jwks(input, core::KeySetUse::stateless);
  if (!kept.ok()) {
    PROPERTY(kept.error().code == core::Errc::bad_key);
    PROPERTY(!given.ok() || given.value().keys.empty());
    return;
  }
  PROPERTY(given.ok() && given.value().keys.size() == kept.value().keys.size());
  PROPERTY(!kept.value().keys.empty());

  std::set<std::string_view> kids;
  for (const core::Key& key : kept.value().keys) {
    if (!key.kid.empty()) PROPERTY(kids.insert(key.kid).second);
    examine_key(key);
  }
  const auto document = core::JsonDocument::parse(input);
  PROPERTY(document.ok());
  const auto keys = document.value().root().member("keys");
  for (const core::Json jwk :
       keys ? keys->elements() : std::vector<core::Json>{document.value().root()}) {
    PROPERTY(!holds_private_part(jwk));
  }
}

}  // namespace tenancy::fuzz
