#include "core/jwt.hpp"

#include <algorithm>
#include <cmath>

#include "core/jose_header.hpp"
#include "core/json.hpp"

namespace tenancy::core {
namespace {

Error malformed(std::string why) {
  return {Errc::malformed, std::move(why)};
}

// Times up to the year 9999 (253402300799); nothing else is a date we can compare.
constexpr double kLatest = 253402300799.0;

// A NumericDate (RFC 7519 section 2), whole seconds; a fraction is cut off downwards.
Result<std::optional<Seconds>> date(Json claims, std::string_view name) {
  using Date = std::optional<Seconds>;
  const auto value = claims.member(name);
  if (!value) return Date();
  const bool is_number = value->type() == JsonType::number;
  const double seconds = is_number ? value->number() : 0;
  if (!is_number || !std::isfinite(seconds) || seconds < 0 || seconds > kLatest) {
    return malformed("claim `" + std::string(name) + "` is not a time in seconds");
  }
  return Date(static_cast<Seconds>(std::floor(seconds)));
}

Result<std::string> text(Json claims, std::string_view name) {
  const auto value = claims.member(name);
  if (!value) return std::string();
  if (!value->is_string()) {
    return malformed("claim `" + std::string(name) + "` is not a string");
  }
  return std::string(value->string());
}

// RFC 7519 section 4.1.3: one string, or an array of strings.
Result<bool> has_audience(Json claims, const std::vector<std::string>& wanted) {
  const auto aud = claims.member("aud");
  if (!aud) return false;
  const std::vector<Json> values = aud->is_array() ? aud->elements() : std::vector<Json>{*aud};
  bool found = false;
  for (const Json& value : values) {
    if (!value.is_string()) return malformed("claim `aud` is neither a string nor strings");
    found = found || std::ranges::find(wanted, value.string()) != wanted.end();
  }
  return found;
}

// RFC 7515 section 4.1.9: media types compare without case, `application/` may be left out.
std::string media_type(std::string_view typ) {
  std::string lower(typ);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (lower.find('/') == std::string::npos) lower.insert(0, "application/");
  return lower;
}

// RFC 7519 sections 4.1.4 to 4.1.6. A token ends the moment `exp` is reached.
std::optional<Error> check_times(const VerifiedToken& token, bool has_expiry,
                                 const Expected& expected, Seconds now) {
  if (expected.require_expiry && !has_expiry)
    return Error{Errc::missing_claim, "there is no `exp`"};
  if (has_expiry && now >= token.expires_at + expected.leeway) {
    return Error{Errc::expired, "`exp` has passed"};
  }
  if (token.not_before > now + expected.leeway) {
    return Error{Errc::not_yet_valid, "`nbf` lies in the future"};
  }
  if (token.issued_at > now + expected.leeway) {
    return Error{Errc::not_yet_valid, "`iat` lies in the future"};
  }
  return std::nullopt;
}

}  // namespace

Result<VerifiedToken> verify(std::string_view compact, const KeySet& keys, const Expected& expected,
                             Seconds now) {
  auto verified = verify_jws(compact, keys, expected.max_bytes);
  if (!verified.ok()) return verified.error();
  VerifiedJws& jws = verified.value();
  if (expected.type && (jws.typ.empty() || media_type(jws.typ) != media_type(*expected.type))) {
    return Error{Errc::wrong_type, "`typ` of the header is not the expected one"};
  }

  const auto document = JsonDocument::parse(jws.payload);
  if (!document.ok()) return malformed("the claims are not strict JSON");
  const Json claims = document.value().root();
  if (!claims.is_object()) return malformed("the claims are not a JSON object");

  VerifiedToken token;
  for (const auto& [name, into] :
       {std::pair{"iss", &token.issuer}, std::pair{"sub", &token.subject},
        std::pair{"jti", &token.token_id}}) {
    auto value = text(claims, name);
    if (!value.ok()) return value.error();
    *into = std::move(value).value();
  }
  bool has_expiry = false;
  for (const auto& [name, into] :
       {std::pair{"exp", &token.expires_at}, std::pair{"nbf", &token.not_before},
        std::pair{"iat", &token.issued_at}}) {
    const auto value = date(claims, name);
    if (!value.ok()) return value.error();
    *into = value.value().value_or(0);
    if (into == &token.expires_at) has_expiry = value.value().has_value();
  }
  if (auto error = check_times(token, has_expiry, expected, now)) return std::move(*error);

  if (expected.issuer && (!claims.member("iss") || token.issuer != *expected.issuer)) {
    return Error{Errc::wrong_issuer, "`iss` is not the expected issuer"};
  }
  const auto meant_for_us = has_audience(claims, expected.audience);
  if (!meant_for_us.ok()) return meant_for_us.error();
  if (!expected.audience.empty() && !meant_for_us.value()) {
    return Error{Errc::wrong_audience, "`aud` does not name the expected audience"};
  }
  for (const std::string& name : expected.required_claims) {
    if (!claims.member(name)) {
      return Error{Errc::missing_claim, "the required claim `" + name + "` is missing"};
    }
  }
  token.header = std::move(jws.header);
  token.claims = std::move(jws.payload);
  token.key_id = std::move(jws.kid);
  return token;
}

Result<UnverifiedToken> decode(std::string_view compact, std::size_t max_bytes) {
  auto split = split_compact(compact, max_bytes);
  if (!split.ok()) return split.error();
  const auto header = JsonDocument::parse(split.value().header);
  const auto claims = JsonDocument::parse(split.value().payload);
  if (!header.ok() || !header.value().root().is_object()) {
    return malformed("the header is not a strict JSON object");
  }
  if (!claims.ok() || !claims.value().root().is_object()) {
    return malformed("the claims are not a strict JSON object");
  }
  UnverifiedToken token;
  const auto read = [](Json object, std::string_view name) {
    const auto value = object.member(name);
    return value && value->is_string() ? std::string(value->string()) : std::string();
  };
  token.issuer = read(claims.value().root(), "iss");
  token.kid = read(header.value().root(), "kid");
  token.alg = read(header.value().root(), "alg");
  token.header = std::move(split.value().header);
  token.claims = std::move(split.value().payload);
  return token;
}

}  // namespace tenancy::core
