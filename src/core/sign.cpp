#include "core/sign.hpp"

#include "core/bytes.hpp"
#include "core/crypto.hpp"
#include "core/json.hpp"
#include "core/jwk.hpp"

namespace tenancy::core {

Result<SigningKey> generate_signing_key() {
  auto pair = generate_p256();
  if (!pair.ok()) return pair.error();
  const std::string members = R"("kty":"EC","crv":"P-256","alg":"ES256","use":"sig","x":")" +
                              base64url(pair.value().x) + R"(","y":")" + base64url(pair.value().y) +
                              "\"";
  const auto read_back = parse_jwks("{" + members + "}", KeySetUse::store);
  if (!read_back.ok()) return read_back.error();
  SigningKey key;
  key.kid = read_back.value().keys.front().thumbprint;
  const std::string common = members + R"(,"kid":")" + key.kid + "\"";
  key.public_jwk = "{" + common + "}";
  key.private_jwk = "{" + common + ",\"d\":\"" + base64url(pair.value().d) + "\"}";
  return key;
}

Result<std::string> sign_jwt(std::string_view private_jwk, std::string_view claims) {
  const auto document = JsonDocument::parse(private_jwk);
  if (!document.ok()) return Error{Errc::bad_key, "the signing key is not a JWK"};
  const auto member = [&](std::string_view name) -> std::optional<std::string> {
    const auto value = document.value().root().member(name);
    if (!value || !value->is_string()) return std::nullopt;
    return std::string(value->string());
  };
  const auto coordinate = [&](std::string_view name) {
    const auto text = member(name);
    return text ? decode_base64url(*text) : std::nullopt;
  };
  const auto kid = member("kid");
  const auto x = coordinate("x"), y = coordinate("y"), d = coordinate("d");
  if (!kid || !x || !y || !d) return Error{Errc::bad_key, "the signing key is not a private JWK"};

  const std::string header = "{\"alg\":\"ES256\",\"kid\":" + json_quote(*kid) + ",\"typ\":\"JWT\"}";
  std::string compact = base64url(header) + "." + base64url(claims);
  const auto signature = sign_es256({*x, *y, *d}, compact);
  if (!signature.ok()) return signature.error();
  return compact + "." + base64url(signature.value());
}

}  // namespace tenancy::core
