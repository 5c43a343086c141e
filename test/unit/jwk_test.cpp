// Key sets: what is refused when it is stored, and why.
#include "core/jwk.hpp"

#include <gtest/gtest.h>

#include "core/crypto.hpp"
#include "signer.hpp"

namespace tenancy::core {
namespace {

using test::Signer;

std::string rsa(const std::string& n, const std::string& e) {
  return "{\"kty\":\"RSA\",\"n\":\"" + base64url(n) + "\",\"e\":\"" + base64url(e) + "\"}";
}
std::string oct(std::size_t size, const std::string& more = "") {
  return "{\"kty\":\"oct\",\"k\":\"" + base64url(std::string(size, 'k')) + "\"" + more + "}";
}
std::string okp(const std::string& x) {
  return "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"" + base64url(x) + "\"}";
}

std::string refusal(const std::string& json, KeySetUse use = KeySetUse::store) {
  const auto keys = parse_jwks(json, use);
  if (keys.ok()) return "accepted";
  EXPECT_EQ(keys.error().code, Errc::bad_key);
  return keys.error().message;
}

TEST(Jwk, GoodKeysOfEveryKindAreKept) {
  for (const Algorithm algorithm : test::kAllAlgorithms) {
    const auto keys = parse_jwks(Signer::get().jwks(algorithm, ",\"kid\":\"a\""), KeySetUse::store);
    ASSERT_TRUE(keys.ok()) << keys.error().message;
    ASSERT_EQ(keys.value().keys.size(), 1U);
    EXPECT_EQ(keys.value().keys[0].kid, "a");
    EXPECT_EQ(keys.value().keys[0].algorithms, std::vector<Algorithm>{algorithm});
  }
}

TEST(Jwk, ThumbprintIsTheOneOfRfc7638) {
  const auto keys =
      parse_jwks(R"({"kty":"RSA","n":")"
                 "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1"
                 "L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4"
                 "QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbO"
                 "pbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csF"
                 "Cur-kEgU8awapJzKnqDKgw"
                 R"(","e":"AQAB","alg":"RS256","kid":"2011-04-29"})",
                 KeySetUse::store);
  ASSERT_TRUE(keys.ok()) << keys.error().message;
  EXPECT_EQ(keys.value().keys[0].thumbprint, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
}

TEST(Jwk, WeakRsaIsRefused) {
  const std::string n = test::number_of(Signer::get().rsa.get(), OSSL_PKEY_PARAM_RSA_N);
  const std::string e("\x01\x00\x01", 3);
  EXPECT_EQ(refusal(rsa(n, e)), "accepted");
  EXPECT_NE(refusal(rsa(n.substr(128), e)).find("2048 bits"), std::string::npos);
  EXPECT_NE(refusal(rsa(n + std::string(2049, '\1'), e)).find("16384 bits"), std::string::npos);
  EXPECT_NE(refusal(rsa(n.substr(0, 255) + '\2', e)).find("even"), std::string::npos);
  EXPECT_NE(refusal(rsa(n, "\x01")).find("at least 3"), std::string::npos);
  EXPECT_NE(refusal(rsa(n, "\x04")).find("even"), std::string::npos);
  EXPECT_NE(refusal(rsa(n, std::string(9, '\1'))).find("too large"), std::string::npos);
  EXPECT_NE(refusal(rsa('\0' + n, e)).find("leading zero"), std::string::npos);
}

TEST(Jwk, EllipticPointsMustLieOnTheirCurve) {
  const auto point = [](std::string x, std::string y) {
    return "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"" + base64url(x) + "\",\"y\":\"" +
           base64url(y) + "\"}";
  };
  EVP_PKEY* const key = Signer::get().p256.get();
  const std::string x = test::number_of(key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
  std::string y = test::number_of(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);
  EXPECT_EQ(refusal(point(x, y)), "accepted");
  EXPECT_NE(refusal(point('\0' + x, y)).find("size of the field"), std::string::npos);
  y[31] = static_cast<char>(y[31] ^ 1);
  EXPECT_NE(refusal(point(x, y)).find("curve"), std::string::npos);
  EXPECT_NE(refusal(point(std::string(32, '\0'), std::string(32, '\0'))).find("curve"),
            std::string::npos);
}

TEST(Jwk, Ed25519PointsOfSmallOrderAreRefused) {
  std::string one(32, '\0');
  one[0] = 1;
  std::string sign = one;
  sign[31] = '\x80';
  const std::string second_spelling = "\xed" + std::string(30, '\xff') + "\x7f";
  EXPECT_NE(refusal(okp(std::string(32, '\0'))).find("small order"), std::string::npos);
  EXPECT_NE(refusal(okp(one)).find("small order"), std::string::npos);
  EXPECT_NE(refusal(okp(sign)).find("small order"), std::string::npos);
  EXPECT_NE(refusal(okp(second_spelling)).find("canonical"), std::string::npos);
  EXPECT_NE(refusal(okp(std::string(31, '\7'))).find("32 bytes"), std::string::npos);
}

TEST(Jwk, ShortSecretsVerifyNothing) {
  EXPECT_NE(refusal(oct(31)).find("32 bytes"), std::string::npos);
  EXPECT_NE(refusal(oct(47, ",\"alg\":\"HS384\"")).find("`alg`"), std::string::npos);
  EXPECT_EQ(refusal(oct(48, ",\"alg\":\"HS384\"")), "accepted");
  const auto keys = parse_jwks(oct(50), KeySetUse::store);
  ASSERT_TRUE(keys.ok());
  EXPECT_EQ(keys.value().keys[0].algorithms,
            (std::vector<Algorithm>{Algorithm::HS256, Algorithm::HS384}));
}

TEST(Jwk, OtherKindsAndPurposesArePassedOver) {
  const std::string good = oct(32, ",\"kid\":\"good\"");
  for (const std::string& other :
       {oct(32, ",\"use\":\"enc\""), oct(32, ",\"key_ops\":[\"sign\"]"),
        oct(32, ",\"alg\":\"A128GCM\""), std::string("{\"kty\":\"AKP\"}"),
        std::string("{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AAAA\"}"),
        std::string("{\"kty\":\"EC\",\"crv\":\"secp256k1\"}")}) {
    const auto keys = parse_jwks("{\"keys\":[" + other + "," + good + "]}", KeySetUse::store);
    ASSERT_TRUE(keys.ok()) << keys.error().message;
    ASSERT_EQ(keys.value().keys.size(), 1U);
    EXPECT_EQ(keys.value().keys[0].kid, "good");
    EXPECT_NE(refusal("{\"keys\":[" + other + "]}").find("no key of the set can verify"),
              std::string::npos);
  }
  EXPECT_EQ(refusal(oct(32, ",\"use\":\"sig\",\"key_ops\":[\"verify\"]")), "accepted");
}

TEST(Jwk, KeysOfOneSetFitTogether) {
  const std::string a = oct(32, ",\"kid\":\"a\""), b = oct(33, ",\"kid\":\"b\"");
  EXPECT_EQ(refusal("{\"keys\":[" + a + "," + b + "]}"), "accepted");
  EXPECT_NE(refusal("{\"keys\":[" + a + "," + oct(33, ",\"kid\":\"a\"") + "]}").find("same kid"),
            std::string::npos);
  EXPECT_NE(
      refusal("{\"keys\":[" + a + "," + Signer::get().jwk(Algorithm::ES256) + "]}").find("mixes"),
      std::string::npos);
}

TEST(Jwk, BadJsonIsRefused) {
  for (const char* json :
       {"", "null", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[]}", "{\"keys\":[1]}",
        "{\"keys\":[{}]}", "{\"kty\":\"oct\",\"k\":\"AA=\"}", "{\"kty\":\"oct\",\"k\":7}"}) {
    EXPECT_NE(refusal(json), "accepted") << json;
  }
  std::string many;
  for (int i = 0; i < 101; ++i) many += (i != 0 ? "," : "") + oct(32);
  EXPECT_NE(refusal("{\"keys\":[" + many + "]}").find("100 keys"), std::string::npos);
}

TEST(Jwk, PrivatePartsAreRefusedByName) {
  EXPECT_NE(refusal(Signer::get().jwk(Algorithm::ES256, ",\"kid\":\"mine\",\"d\":\"AAAA\""))
                .find("key 1 (kid \"mine\"): it holds the private part"),
            std::string::npos);
  const std::string published = Signer::get().jwk(Algorithm::ES256);
  const std::string other = Signer::get().jwk(Algorithm::ES384, ",\"use\":\"enc\"");
  const std::string lost = Signer::get().jwk(Algorithm::ES384, ",\"use\":\"enc\",\"d\":\"AAAA\"");
  EXPECT_EQ(refusal("{\"keys\":[" + published + "," + other + "]}"), "accepted");
  EXPECT_NE(refusal("{\"keys\":[" + published + "," + lost + "]}").find("private part"),
            std::string::npos);
}

}  // namespace
}  // namespace tenancy::core
