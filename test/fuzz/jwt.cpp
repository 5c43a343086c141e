// JWT: the first line is a header, the rest is claims, and both are signed with the right key. What
// is accepted then keeps every condition that was asked for, checked once more by other means.
#include "core/jwt.hpp"

#include <algorithm>

#include "core/json.hpp"
#include "fuzz.hpp"
#include "tokens.hpp"

namespace tenancy::fuzz {
namespace {

constexpr core::Seconds kNow = 1'800'000'000;

core::Expected expectations() {
  core::Expected expected;
  expected.issuer = "https://a";
  expected.audience = {"api", "app"};
  expected.type = "at+jwt";
  expected.required_claims = {"sub"};
  expected.require_expiry = true;
  expected.leeway = 30;
  return expected;
}

bool names_us(core::Json aud) {
  if (aud.is_string()) return aud.string() == "api" || aud.string() == "app";
  return std::ranges::any_of(aud.elements(), names_us);
}

void examine_header(std::string_view text) {
  const auto document = core::JsonDocument::parse(text);
  PROPERTY(document.ok() && document.value().root().is_object());
  const core::Json header = document.value().root();
  PROPERTY(header.member("alg")->string() == "HS256");
  PROPERTY(!header.member("crit"));
  const auto b64 = header.member("b64");
  PROPERTY(!b64 || b64->boolean());
  const auto kid = header.member("kid");
  PROPERTY(!kid || kid->string() == test::kHs256Kid);
}

void examine_claims(const core::VerifiedToken& token) {
  const auto document = core::JsonDocument::parse(token.claims);
  PROPERTY(document.ok() && document.value().root().is_object());
  const core::Json claims = document.value().root();
  PROPERTY(claims.member("iss")->string() == "https://a" && token.issuer == "https://a");
  PROPERTY(claims.member("exp")->number() + 30 > kNow);
  for (const char* const name : {"nbf", "iat"}) {
    const auto time = claims.member(name);
    PROPERTY(!time || time->number() < kNow + 31);
  }
  PROPERTY(names_us(*claims.member("aud")));
  PROPERTY(claims.member("sub")->string() == token.subject);
}

}  // namespace

void examine(std::string_view input) {
  static const core::KeySet keys =
      core::parse_jwks(test::hs256_jwks(), core::KeySetUse::store).value();
  const auto [header, claims] = halves(input);
  const std::string token = test::hs256(std::string(claims), std::string(header));
  const std::string forged =
      test::hs256(std::string(claims), std::string(header), "another secret of exactly 32 byte");
  PROPERTY(!core::verify(forged, keys, {}, kNow).ok());
  PROPERTY(!core::verify_jws(forged, keys).ok());

  const auto verified = core::verify(token, keys, expectations(), kNow);
  const auto lenient = core::verify(token, keys, {}, kNow);
  if (lenient.ok()) {
    examine_header(lenient.value().header);
    PROPERTY(lenient.value().claims == claims);
    const auto decoded = core::decode(token);
    PROPERTY(decoded.ok() && decoded.value().issuer == lenient.value().issuer);
  }
  if (verified.ok()) {
    examine_header(verified.value().header);
    examine_claims(verified.value());
  }
}

}  // namespace tenancy::fuzz
