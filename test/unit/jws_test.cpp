// Compact JWS: what an attacker can do to a token, and that the untouched one passes.
#include "core/jws.hpp"

#include <gtest/gtest.h>

#include "signer.hpp"

namespace tenancy::core {
namespace {

using test::kAllAlgorithms;
using test::Signer;

KeySet keys_of(const std::string& jwks) {
  auto keys = parse_jwks(jwks, KeySetUse::stateless);
  EXPECT_TRUE(keys.ok()) << (keys.ok() ? "" : keys.error().message);
  return std::move(keys).value();
}

Errc refusal(const std::string& compact, const KeySet& keys) {
  const auto result = verify_jws(compact, keys);
  EXPECT_FALSE(result.ok());
  return result.ok() ? Errc::internal : result.error().code;
}

std::string name_of_case(const testing::TestParamInfo<Algorithm>& info) {
  return std::string(name_of(info.param));
}

class EachAlgorithm : public testing::TestWithParam<Algorithm> {
 protected:
  const Signer& signer = Signer::get();
  KeySet keys = keys_of(signer.jwks(GetParam()));
};

TEST_P(EachAlgorithm, VerifiesItsOwnSignatureAgainAndAgain) {
  for (int i = 0; i < 3; ++i) {
    const std::string payload = "payload " + std::to_string(i);
    const auto result = verify_jws(signer.token(GetParam(), payload), keys);
    ASSERT_TRUE(result.ok()) << result.error().message;
    EXPECT_EQ(result.value().payload, payload);
  }
}

TEST_P(EachAlgorithm, RefusesEveryChangedByte) {
  const std::string good = signer.token(GetParam(), "{\"tenant_id\":\"acme\"}");
  ASSERT_TRUE(verify_jws(good, keys).ok());
  for (std::size_t i = 0; i < good.size(); i += 1 + i % 3) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_FALSE(verify_jws(bad, keys).ok()) << "byte " << i;
  }
  EXPECT_TRUE(verify_jws(good, keys).ok());  // a refusal leaves the key as it was
}

TEST_P(EachAlgorithm, RefusesSignaturesOfOtherLengths) {
  const std::string good = signer.token(GetParam(), "x");
  const std::string head = good.substr(0, good.rfind('.') + 1);
  const std::string signature = signer.sign(GetParam(), head.substr(0, head.size() - 1));
  for (const std::string& other :
       {std::string(), signature.substr(1), signature.substr(0, signature.size() - 1),
        signature + '\0', '\0' + signature, std::string(signature.size(), '\0')}) {
    EXPECT_EQ(refusal(head + base64url(other), keys), Errc::bad_signature);
  }
  EXPECT_TRUE(verify_jws(head + base64url(signature), keys).ok());
}

TEST_P(EachAlgorithm, IsNotChosenByTheToken) {
  for (const Algorithm claimed : kAllAlgorithms) {
    if (claimed == GetParam()) continue;
    const std::string header = "{\"alg\":\"" + std::string(name_of(claimed)) + "\"}";
    EXPECT_EQ(refusal(signer.compact(GetParam(), header, "x"), keys), Errc::unknown_key);
  }
}

TEST_P(EachAlgorithm, LeavesNothingInOpenSslsErrorQueue) {
  std::string bad = signer.token(GetParam(), "x");
  bad.back() = bad.back() == 'A' ? 'E' : 'A';
  (void)verify_jws(bad, keys);
  EXPECT_EQ(ERR_peek_error(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Jws, EachAlgorithm, testing::ValuesIn(kAllAlgorithms), name_of_case);

class Header : public testing::Test {
 protected:
  const Signer& signer = Signer::get();
  KeySet keys = keys_of(signer.jwks(Algorithm::ES256, ",\"kid\":\"one\""));

  Result<VerifiedJws> with(const std::string& header) {
    return verify_jws(signer.compact(Algorithm::ES256, header, "x"), keys);
  }
};

TEST_F(Header, PlainIsAccepted) {
  EXPECT_TRUE(with(R"({"alg":"ES256"})").ok());
  EXPECT_TRUE(with(R"({"alg":"ES256","kid":"one","typ":"JWT"})").ok());
}

TEST_F(Header, ForeignKeysAreIgnored) {
  EXPECT_TRUE(with(R"({"alg":"ES256","jwk":{"kty":"oct","k":"AAAA"},"jku":"https://evil"})").ok());
  // With the attacker's key embedded and the attacker's signature: ignored means refused.
  const std::string header = "{\"alg\":\"ES384\",\"jwk\":" + signer.jwk(Algorithm::ES384) + "}";
  EXPECT_EQ(refusal(signer.compact(Algorithm::ES384, header, "x"), keys), Errc::unknown_key);
}

TEST_F(Header, RefusesWhatItCanNotHonour) {
  EXPECT_EQ(with(R"({"alg":"ES256","crit":["exp"],"exp":1})").error().code, Errc::unsupported);
  EXPECT_EQ(with(R"({"alg":"ES256","crit":[]})").error().code, Errc::unsupported);
  EXPECT_EQ(with(R"({"alg":"ES256","b64":false})").error().code, Errc::unsupported);
  EXPECT_TRUE(with(R"({"alg":"ES256","b64":true})").ok());
}

TEST_F(Header, RefusesNoneInEverySpelling) {
  for (const char* none : {"none", "None", "NONE", "nOnE", ""}) {
    const std::string header = "{\"alg\":\"" + std::string(none) + "\"}";
    const std::string text = base64url(header) + "." + base64url("x") + ".";
    EXPECT_EQ(refusal(text, keys), Errc::unsupported) << none;
    EXPECT_EQ(with(header).error().code, Errc::unsupported) << none;
  }
}

TEST_F(Header, IsOneStrictObject) {
  for (const char* header : {"", "[]", "null", R"({"alg":"ES256")",
                             R"({"alg":"ES256"} )"
                             "x",
                             R"({"alg":1})", R"({"kid":"one"})", R"({"alg":"ES256","alg":"ES256"})",
                             R"({"alg":"ES256","kid":7})", R"({"alg":"ES256","al\u0067":"none"})",
                             "\xef\xbb\xbf{\"alg\":\"ES256\"}"}) {
    EXPECT_EQ(with(header).error().code, Errc::malformed) << header;
  }
}

TEST_F(Header, KidMustFit) {
  EXPECT_EQ(with(R"({"alg":"ES256","kid":"two"})").error().code, Errc::unknown_key);
  EXPECT_EQ(with(R"({"alg":"ES256","kid":""})").error().code, Errc::unknown_key);
}

TEST(Compact, RefusesOtherForms) {
  const Signer& signer = Signer::get();
  const KeySet keys = keys_of(signer.jwks(Algorithm::HS256));
  const std::string good = signer.token(Algorithm::HS256, "x");
  ASSERT_TRUE(verify_jws(good, keys).ok());
  for (const std::string& bad :
       {std::string(), std::string("."), std::string(".."), std::string("..."), good + ".",
        good + "=", " " + good, good + "\n", "." + good, good.substr(0, good.rfind('.')),
        good + '\0'}) {
    EXPECT_EQ(refusal(bad, keys), Errc::malformed);
  }
  EXPECT_EQ(verify_jws(good, keys, good.size() - 1).error().code, Errc::malformed);
  EXPECT_TRUE(verify_jws(good, keys, good.size()).ok());
}

TEST(Compact, TriesFewKeysOnly) {
  const Signer& signer = Signer::get();
  std::string others;
  for (int i = 0; i < 4; ++i) {
    const std::string secret(32 + i, 'x');
    others += "{\"kty\":\"oct\",\"k\":\"" + base64url(secret) + "\"},";
  }
  const std::string ours = "{\"kty\":\"oct\",\"k\":\"" + base64url(signer.secret) + "\"}";
  const std::string token = signer.token(Algorithm::HS256, "x");
  EXPECT_EQ(refusal(token, keys_of("{\"keys\":[" + others + ours + "]}")), Errc::bad_signature);
  EXPECT_TRUE(verify_jws(token, keys_of("{\"keys\":[" + ours + "]}")).ok());
}

TEST(Confusion, PublicKeyIsNoHmacSecret) {
  const Signer& signer = Signer::get();
  const std::string jwks = signer.jwks(Algorithm::RS256);
  const std::string text = base64url(R"({"alg":"HS256"})") + "." + base64url("x");
  unsigned size = 32;
  std::string mac(size, '\0');
  HMAC(EVP_sha256(), jwks.data(), static_cast<int>(jwks.size()),
       reinterpret_cast<const unsigned char*>(text.data()), text.size(),
       reinterpret_cast<unsigned char*>(mac.data()), &size);
  EXPECT_EQ(refusal(text + "." + base64url(mac), keys_of(jwks)), Errc::unknown_key);
  EXPECT_TRUE(verify_jws(signer.token(Algorithm::RS256, "x"), keys_of(jwks)).ok());
}

}  // namespace
}  // namespace tenancy::core
