// Every failure made to happen: the n-th allocation, of ours or of OpenSSL, or the n-th call of
// OpenSSL fails. A forged token is never accepted, a good one is accepted or refused with an error,
// and nothing crashes or leaks (AddressSanitizer looks on).
#include <gtest/gtest.h>

#include <functional>
#include <new>

#include "core/crypto.hpp"
#include "core/jwt.hpp"
#include "core/sign.hpp"
#include "failing.hpp"
#include "issuer_fixture.hpp"
#include "signer.hpp"

namespace tenancy::core {
namespace {

using test::call_until_failure;
using test::openssl_until_failure;
using test::ours_until_failure;
using test::Signer;

enum class Outcome { accepted, refused, error };

// Runs `attempt` with the first, second, … allocation failing, until none fails any more. Returns
// how many failures it took.
long each_failure(long& countdown, const std::function<Outcome()>& attempt,
                  const std::function<void(Outcome)>& check) {
  for (long n = 0; n < 100000; ++n) {
    countdown = n;
    Outcome outcome = Outcome::error;
    try {
      outcome = attempt();
    } catch (const std::bad_alloc&) {
    }
    const bool exhausted = countdown >= 0;
    countdown = -1;
    check(outcome);
    if (exhausted) return n;
  }
  ADD_FAILURE() << "never came to an end";
  return 0;
}

Outcome outcome_of(const std::string& jwks, const std::string& token) {
  const auto keys = parse_jwks(jwks, KeySetUse::store);
  if (!keys.ok()) return Outcome::error;
  const auto result = verify(token, keys.value(), {}, 1'000'000);
  if (result.ok()) return Outcome::accepted;
  return result.error().code == Errc::internal ? Outcome::error : Outcome::refused;
}

class Failing : public testing::TestWithParam<Algorithm> {
 protected:
  const std::string jwks = Signer::get().jwks(GetParam());
  const std::string good = Signer::get().token(GetParam(), R"({"exp":2000000})");
  const std::string forged = [this] {
    std::string token = good;
    const std::size_t at = token.rfind('.') + 10;
    token[at] = token[at] == 'A' ? 'B' : 'A';
    return token;
  }();

  void never_wrong(long& countdown) {
    EXPECT_EQ(outcome_of(jwks, good), Outcome::accepted);
    EXPECT_EQ(outcome_of(jwks, forged), Outcome::refused);
    Outcome last = Outcome::error;
    each_failure(
        countdown, [&] { return outcome_of(jwks, forged); },
        [&](Outcome outcome) { EXPECT_NE(last = outcome, Outcome::accepted); });
    EXPECT_EQ(last, Outcome::refused);
    const long failures = each_failure(
        countdown, [&] { return outcome_of(jwks, good); },
        [&](Outcome outcome) { last = outcome; });
    EXPECT_EQ(last, Outcome::accepted);
    EXPECT_GT(failures, 3);
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
};

TEST_P(Failing, AllocationOfOurs) {
  never_wrong(ours_until_failure);
}
TEST_P(Failing, CallOfOpenSsl) {
  never_wrong(call_until_failure);
}
TEST_P(Failing, AllocationOfOpenSsl) {
  ASSERT_TRUE(test::openssl_allocates_through_us);
  never_wrong(openssl_until_failure);
}

INSTANTIATE_TEST_SUITE_P(Fault, Failing, testing::ValuesIn(test::kAllAlgorithms),
                         [](const auto& info) { return std::string(name_of(info.param)); });

TEST(FailingSigner, NeverSignsHalf) {
  for (long* const countdown : {&ours_until_failure, &openssl_until_failure, &call_until_failure}) {
    std::string token, jwk;
    each_failure(
        *countdown,
        [&] {
          token.clear();
          const auto key = generate_signing_key();
          if (!key.ok()) return Outcome::error;
          const auto signed_token = sign_jwt(key.value().private_jwk, "{}");
          if (!signed_token.ok()) return Outcome::error;
          jwk = key.value().public_jwk;
          token = signed_token.value();
          return Outcome::accepted;
        },
        [&](Outcome outcome) {
          EXPECT_TRUE(outcome != Outcome::accepted || outcome_of(jwk, token) == outcome);
        });
    EXPECT_FALSE(token.empty());
  }
}

class FailingEntry : public test::IssuerTest {
 protected:
  // Who may not enter is never let in, whatever fails; who may is, once nothing fails any more.
  void never_wrong(const std::string& claims, bool may_enter) {
    const std::string compact = token(claims);
    long total = 0;  // with its key parsed, OpenSSL 3.5 verifies without allocating
    for (long* const countdown : {&ours_until_failure, &openssl_until_failure}) {
      Outcome last = Outcome::error;
      const long failures = each_failure(
          *countdown,
          [&] {
            const auto identity = authenticate(compact, issuer, directory, narrowing, test::kNow);
            if (identity.ok()) return Outcome::accepted;
            return identity.error().code == Errc::internal ? Outcome::error : Outcome::refused;
          },
          [&](Outcome outcome) {
            last = outcome;
            EXPECT_TRUE(may_enter || outcome != Outcome::accepted);
          });
      EXPECT_EQ(last, may_enter ? Outcome::accepted : Outcome::refused);
      total += failures;
    }
    EXPECT_GT(total, 0);
  }
};

TEST_F(FailingEntry, MembersOnly) {
  issuer.membership = Membership::required;
  directory.active = {"acme"};
  directory.members = {{"acme/u1", {Standing::State::active, test::kNow - 9}},
                       {"acme/u2", {Standing::State::suspended, std::nullopt}}};
  narrowing.tenant_id = "acme";
  never_wrong(R"("sub":"u1","iat":1799999992)", true);
  never_wrong(R"("sub":"u1","iat":1799999991)", false);
  never_wrong(R"("sub":"u2","iat":1799999992)", false);
  never_wrong(R"("sub":"u3","iat":1799999992)", false);
  directory.suspended = {"acme"};
  never_wrong(R"("sub":"u1","iat":1799999992)", false);
}

TEST(FailingWarmUp, IsHarmless) {
  for (long* const countdown : {&ours_until_failure, &openssl_until_failure, &call_until_failure}) {
    const long failures = each_failure(
        *countdown, [] { return warm_up_crypto(), Outcome::accepted; },
        [](Outcome outcome) { EXPECT_EQ(outcome, Outcome::accepted); });
    EXPECT_GT(failures, 3);
    EXPECT_EQ(ERR_peek_error(), 0U);
  }
}

}  // namespace
}  // namespace tenancy::core
