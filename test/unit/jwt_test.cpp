// Claims: times, issuer, audience, type and required claims, each with its limit.
#include "core/jwt.hpp"

#include <gtest/gtest.h>

#include "core/sign.hpp"
#include "signer.hpp"

namespace tenancy::core {
namespace {

using test::Signer;

constexpr Seconds kNow = 1'000'000;

class JwtClaims : public testing::Test {
 protected:
  KeySet keys =
      std::move(parse_jwks(Signer::get().jwks(Algorithm::HS256), KeySetUse::store)).value();

  Result<VerifiedToken> with(const std::string& claims, const Expected& expected = {},
                             const std::string& header = R"({"alg":"HS256"})") {
    return verify(Signer::get().compact(Algorithm::HS256, header, claims), keys, expected, kNow);
  }
  std::string outcome(const std::string& claims, const Expected& expected = {}) {
    const auto result = with(claims, expected);
    return result.ok() ? "accepted" : result.error().message;
  }
};

TEST_F(JwtClaims, ExpiryIsExactAndLeewayMovesIt) {
  Expected leeway;
  leeway.leeway = 30;
  EXPECT_TRUE(with(R"({"exp":1000001})").ok());
  EXPECT_EQ(with(R"({"exp":1000000})").error().code, Errc::expired);
  EXPECT_EQ(with(R"({"exp":0})").error().code, Errc::expired);
  EXPECT_TRUE(with(R"({"exp":999971})", leeway).ok());
  EXPECT_EQ(with(R"({"exp":999970})", leeway).error().code, Errc::expired);
  EXPECT_TRUE(with(R"({"exp":1000001.9})").ok());
  EXPECT_EQ(with(R"({"exp":1000000.9})").error().code, Errc::expired);
}

TEST_F(JwtClaims, ExpiryIsRequiredWhereAskedFor) {
  Expected required;
  required.require_expiry = true;
  EXPECT_TRUE(with("{}").ok());
  EXPECT_EQ(with("{}", required).error().code, Errc::missing_claim);
  EXPECT_EQ(with(R"({"exp":null})", required).error().code, Errc::malformed);
}

TEST_F(JwtClaims, NotBeforeAndIssuedAtMayNotLieAhead) {
  Expected leeway;
  leeway.leeway = 5;
  for (const std::string name : {"nbf", "iat"}) {
    EXPECT_TRUE(with("{\"" + name + "\":1000000}").ok());
    EXPECT_EQ(with("{\"" + name + "\":1000001}").error().code, Errc::not_yet_valid);
    EXPECT_TRUE(with("{\"" + name + "\":1000005}", leeway).ok());
    EXPECT_EQ(with("{\"" + name + "\":1000006}", leeway).error().code, Errc::not_yet_valid);
  }
}

TEST_F(JwtClaims, TimesAreNumbersInRange) {
  for (const char* bad : {"\"1000001\"", "null", "true", "[]", "{}", "-1", "1e300", "253402300800",
                          "18446744073709551615"}) {
    for (const char* name : {"exp", "nbf", "iat"}) {
      EXPECT_EQ(with("{\"" + std::string(name) + "\":" + bad + "}").error().code, Errc::malformed)
          << name << " " << bad;
    }
  }
  EXPECT_TRUE(with(R"({"exp":253402300799})").ok());
}

TEST_F(JwtClaims, IssuerIsComparedWhole) {
  Expected expected;
  expected.issuer = "https://a";
  EXPECT_TRUE(with(R"({"iss":"https://a"})", expected).ok());
  for (const char* bad : {"{}", R"({"iss":"https://a/"})", R"({"iss":"https://A"})",
                          R"({"iss":""})", R"({"iss":"https://a\u0000"})"}) {
    EXPECT_EQ(with(bad, expected).error().code, Errc::wrong_issuer) << bad;
  }
  EXPECT_EQ(with(R"({"iss":["https://a"]})", expected).error().code, Errc::malformed);
  expected.issuer = "";
  EXPECT_EQ(with("{}", expected).error().code, Errc::wrong_issuer);
}

TEST_F(JwtClaims, OneAudienceMustMatch) {
  Expected expected;
  expected.audience = {"api", "app"};
  EXPECT_TRUE(with(R"({"aud":"api"})", expected).ok());
  EXPECT_TRUE(with(R"({"aud":["other","app"]})", expected).ok());
  for (const char* bad : {"{}", R"({"aud":"apis"})", R"({"aud":[]})", R"({"aud":["x","y"]})"}) {
    EXPECT_EQ(with(bad, expected).error().code, Errc::wrong_audience) << bad;
  }
  for (const char* bad : {R"({"aud":["api",1]})", R"({"aud":{"api":1}})", R"({"aud":null})"}) {
    EXPECT_EQ(with(bad, expected).error().code, Errc::malformed) << bad;
  }
}

TEST_F(JwtClaims, TypeIsAMediaType) {
  Expected expected;
  expected.type = "at+jwt";
  EXPECT_TRUE(with("{}", expected, R"({"alg":"HS256","typ":"at+jwt"})").ok());
  EXPECT_TRUE(with("{}", expected, R"({"alg":"HS256","typ":"application/AT+JWT"})").ok());
  EXPECT_EQ(with("{}", expected, R"({"alg":"HS256","typ":"JWT"})").error().code, Errc::wrong_type);
  EXPECT_EQ(with("{}", expected).error().code, Errc::wrong_type);
}

TEST_F(JwtClaims, RequiredClaimsMustBeThere) {
  Expected expected;
  expected.required_claims = {"sub", "org"};
  EXPECT_EQ(outcome(R"({"sub":"a","org":null})", expected), "accepted");
  EXPECT_EQ(outcome(R"({"sub":"a"})", expected), "the required claim `org` is missing");
}

TEST_F(JwtClaims, AreOneStrictObject) {
  EXPECT_TRUE(with(R"({"a":1})").ok());
  for (const char* bad :
       {"", "[]", "null", "\"a\"", "{\"a\":1}x", "{\"a\":1,\"a\":1}",
        "{\"sub\":\"a\",\"su\\u0062\":\"b\"}", "{\"a\":\"\xff\"}", "{'a':1}", "{\"a\":01}",
        "{\"a\":1e400}", "{\"a\":\"\\ud800\"}", "{\"a\":{\"b\":1,\"b\":2}}"}) {
    EXPECT_EQ(with(bad).error().code, Errc::malformed) << bad;
  }
  EXPECT_EQ(with("{\"a\":" + std::string(1000, '[') + std::string(1000, ']') + "}").error().code,
            Errc::malformed);
}

TEST_F(JwtClaims, ComeBackAsTheyWere) {
  const auto result = with(R"({"iss":"i","sub":"s","jti":"j","iat":1,"exp":2000000,"nbf":2})");
  ASSERT_TRUE(result.ok());
  const VerifiedToken& token = result.value();
  EXPECT_EQ(token.issuer + token.subject + token.token_id, "isj");
  EXPECT_EQ(token.issued_at, 1);
  EXPECT_EQ(token.not_before, 2);
  EXPECT_EQ(token.expires_at, 2000000);
  EXPECT_EQ(token.claims, R"({"iss":"i","sub":"s","jti":"j","iat":1,"exp":2000000,"nbf":2})");
}

TEST(Messages, ShowNothingOfTheToken) {
  const KeySet keys =
      std::move(parse_jwks(Signer::get().jwks(Algorithm::HS256), KeySetUse::store)).value();
  Expected expected;
  expected.issuer = "expected";
  expected.audience = {"expected"};
  for (const char* claims : {R"({"iss":"CANARY"})", R"({"iss":"expected","aud":"CANARY"})",
                             R"({"exp":"CANARY"})", R"({"CANARY":1,"CANARY":1})"}) {
    const auto result = verify(Signer::get().token(Algorithm::HS256, claims), keys, expected, kNow);
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().message.find("CANARY"), std::string::npos) << result.error().message;
  }
}

TEST(Decode, ShowsWithoutVerifying) {
  const std::string token =
      Signer::get().compact(Algorithm::HS256, R"({"alg":"none","kid":"k"})", R"({"iss":"i"})");
  const auto decoded = decode(token.substr(0, token.rfind('.') + 1));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded.value().issuer, "i");
  EXPECT_EQ(decoded.value().kid, "k");
  EXPECT_EQ(decoded.value().alg, "none");
  EXPECT_FALSE(decode("a.b").ok());
  EXPECT_FALSE(decode("e30.W10.").ok());  // claims that are an array
}

TEST(Signing, RoundTripsAndKeepsTheSecretApart) {
  const auto key = generate_signing_key();
  ASSERT_TRUE(key.ok());
  EXPECT_EQ(key.value().public_jwk.find("\"d\""), std::string::npos);
  const auto token = sign_jwt(key.value().private_jwk, R"({"sub":"a"})");
  ASSERT_TRUE(token.ok());
  const auto keys = parse_jwks(key.value().public_jwk, KeySetUse::store);
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(keys.value().keys[0].kid, keys.value().keys[0].thumbprint);
  EXPECT_TRUE(verify(token.value(), keys.value(), {}, kNow).ok());
  EXPECT_FALSE(parse_jwks(key.value().private_jwk, KeySetUse::store).ok());
  const auto other = generate_signing_key();
  const auto others = parse_jwks(other.value().public_jwk, KeySetUse::store);
  EXPECT_EQ(verify(token.value(), others.value(), {}, kNow).error().code, Errc::unknown_key);
  EXPECT_FALSE(sign_jwt(key.value().public_jwk, "{}").ok());
  EXPECT_FALSE(sign_jwt("x", "{}").ok());
}

}  // namespace
}  // namespace tenancy::core
