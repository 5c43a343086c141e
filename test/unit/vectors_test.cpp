// The public test vectors: every one of class `must` and `policy` comes out as its suite says.
#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

#include "core/bytes.hpp"
#include "core/crypto.hpp"
#include "core/json.hpp"
#include "core/jwt.hpp"

namespace tenancy::core {
namespace {

constexpr Seconds kNow = 1'800'000'000;  // 2027: the vectors' live tokens expire in 2100

struct Vector {
  std::string name, line;
};

std::vector<Vector> read_vectors(const std::string& file) {
  std::vector<Vector> vectors;
  std::ifstream lines(file);
  for (std::string line; std::getline(lines, line);) {
    const auto document = JsonDocument::parse(line);
    if (!document.ok()) throw std::runtime_error("vector " + line.substr(0, 80));
    std::string name(document.value().root().member("name")->string());
    vectors.push_back({std::move(name), std::move(line)});
  }
  return vectors;
}

void PrintTo(const Vector& vector, std::ostream* out) {
  *out << vector.name;
}

// GoogleTest takes letters, digits and underscores.
std::string test_name(const testing::TestParamInfo<Vector>& info) {
  std::string name = std::to_string(info.index) + "_" + info.param.name;
  for (char& c : name) {
    if (!std::isalnum(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

std::string text_of(Json object, std::string_view name) {
  return std::string(object.member(name)->string());
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

class JwtVector : public testing::TestWithParam<Vector> {};

TEST_P(JwtVector, ComesOutAsItsSuiteSays) {
  const auto document = JsonDocument::parse(GetParam().line);
  const Json vector = document.value().root();
  const std::string token = text_of(vector, "token");
  bool accepted = false;
  std::string reason;
  const auto keys = parse_jwks(vector.member("jwks")->text(), KeySetUse::stateless);
  if (!keys.ok()) {
    reason = keys.error().message;
  } else if (text_of(vector, "layer") == "jws") {
    const auto result = verify_jws(token, keys.value());
    accepted = result.ok();
    if (!result.ok()) reason = result.error().message;
  } else {
    const auto result = verify(token, keys.value(), {}, kNow);
    accepted = result.ok();
    if (!result.ok()) reason = result.error().message;
  }
  EXPECT_TRUE(accepted || !reason.empty());
  if (text_of(vector, "class") == "info") return;
  EXPECT_EQ(text_of(vector, "expect"), accepted ? "accept" : "reject")
      << text_of(vector, "why") << " / " << reason;
}

INSTANTIATE_TEST_SUITE_P(Public, JwtVector, testing::ValuesIn(read_vectors(TENANCY_JWT_VECTORS)),
                         test_name);

// HMAC secrets shorter than the hash (RFC 7518 section 3.2).
bool shorter_than_its_hash(Json vector) {
  const auto k = vector.member("jwk")->member("k");
  return k && decode_base64url(k->string())->size() <
                  shortest_secret(*algorithm_of(text_of(vector, "alg")));
}

// Keys that we refuse although the primitive would work: short HMAC secrets, and Ed448, which is
// EdDSA's other curve.
bool is_refused_as_a_key(Json vector, Algorithm algorithm) {
  if (algorithm == Algorithm::EdDSA) return text_of(*vector.member("jwk"), "crv") == "Ed448";
  return shorter_than_its_hash(vector);
}

class PrimitiveVector : public testing::TestWithParam<Vector> {};

TEST_P(PrimitiveVector, ComesOutAsItsSuiteSays) {
  const auto document = JsonDocument::parse(GetParam().line);
  const Json vector = document.value().root();
  const auto algorithm = algorithm_of(text_of(vector, "alg"));
  ASSERT_TRUE(algorithm.has_value());
  const std::string expected = text_of(vector, "expect");
  const auto keys = parse_jwks(vector.member("jwk")->text(), KeySetUse::stateless);
  bool accepted = false;
  std::string reason;
  if (is_refused_as_a_key(vector, *algorithm)) {
    // The suite tests the primitive alone; for us such a key verifies nothing.
    EXPECT_TRUE(!keys.ok() || keys.value().keys.empty() || shorter_than_its_hash(vector));
    if (!keys.ok() || keys.value().keys.empty()) return;
    EXPECT_FALSE(
        keys.value()
            .keys[0]
            .verifier
            ->verify(*algorithm, from_hex(text_of(vector, "msg")), from_hex(text_of(vector, "sig")))
            .value());
    return;
  }
  if (!keys.ok()) {
    reason = keys.error().message;
  } else {
    ASSERT_EQ(keys.value().keys.size(), 1U);
    const auto result = keys.value().keys[0].verifier->verify(
        *algorithm, from_hex(text_of(vector, "msg")), from_hex(text_of(vector, "sig")));
    ASSERT_TRUE(result.ok()) << result.error().message;
    accepted = result.value();
  }
  if (expected == "either") return;
  EXPECT_EQ(expected, accepted ? "accept" : "reject") << text_of(vector, "why") << " / " << reason;
}

INSTANTIATE_TEST_SUITE_P(Public, PrimitiveVector,
                         testing::ValuesIn(read_vectors(TENANCY_PRIMITIVE_VECTORS)), test_name);

// The files hold what they held when the tests were written.
TEST(Vectors, AreComplete) {
  EXPECT_EQ(read_vectors(TENANCY_JWT_VECTORS).size(), 493U);
  EXPECT_EQ(read_vectors(TENANCY_PRIMITIVE_VECTORS).size(), 4474U);
}

}  // namespace
}  // namespace tenancy::core
