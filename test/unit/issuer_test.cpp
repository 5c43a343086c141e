// Claims become identities: what is read, what is refused, and that narrowing only narrows.
#include "core/issuer.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

#include "core/presets.hpp"
#include "issuer_fixture.hpp"

namespace tenancy::core {
namespace {

using test::IssuerTest;
using test::kNow;
using test::kUser;
using test::kWho;
using test::Texts;

TEST_F(IssuerTest, ReadsTheStandardClaims) {
  const auto identity = enter(kWho + R"(,"jti":"t1","iat":1799999000)");
  ASSERT_TRUE(identity.ok()) << identity.error().message;
  EXPECT_EQ(identity.value().tenant_id, "acme");
  EXPECT_EQ(identity.value().user_id, "u1");
  EXPECT_EQ(identity.value().issuer, "https://idp");
  EXPECT_EQ(identity.value().key_id, test::kHs256Kid);
  EXPECT_EQ(identity.value().token_id, "t1");
  EXPECT_EQ(identity.value().issued_at, 1799999000);
  EXPECT_EQ(identity.value().expires_at, 1800000600);
  EXPECT_EQ(identity.value().valid_until, 1800000630);
  EXPECT_EQ(identity.value().permissions, std::nullopt);
  EXPECT_TRUE(identity.value().roles.empty());
}

TEST_F(IssuerTest, TenantAndUserMustBeThereAndBeOneString) {
  EXPECT_EQ(refusal(kUser), Errc::missing_claim);
  EXPECT_EQ(refusal(R"("tenant_id":"acme")"), Errc::missing_claim);
  EXPECT_EQ(refusal(kUser + R"(,"tenant_id":["acme"])"), Errc::missing_claim);
  EXPECT_EQ(refusal(kUser + R"(,"tenant_id":"a b")"), Errc::malformed);
  EXPECT_EQ(refusal(R"("sub":"a'b","tenant_id":"acme")"), Errc::malformed);
  EXPECT_EQ(refusal(kWho), std::nullopt);
}

TEST_F(IssuerTest, OwnTokensMayLackUserAndPermissions) {
  issuer.own = true;
  issuer.permissions_claim = "permissions";
  const auto job = enter(R"("tenant_id":"acme")");
  ASSERT_TRUE(job.ok());
  EXPECT_EQ(job.value().user_id, std::nullopt);
  EXPECT_EQ(job.value().permissions, std::nullopt);
  EXPECT_EQ(enter(kWho + R"(,"permissions":[])").value().permissions, Texts{});
}

TEST_F(IssuerTest, AudiencePartyRequiredClaimsAndTimeAreChecked) {
  const auto code = [&](const std::string& claims) {
    const auto identity = authenticate(test::hs256(claims), issuer, directory, narrowing, kNow);
    return identity.ok() ? std::nullopt : std::optional(identity.error().code);
  };
  EXPECT_EQ(code(R"({"iss":"https://idp","aud":"db","exp":1800000600,)" + kWho + "}"),
            std::nullopt);
  EXPECT_EQ(code(R"({"iss":"https://idp","aud":"other","exp":1800000600,)" + kWho + "}"),
            Errc::wrong_audience);
  EXPECT_EQ(code(R"({"iss":"https://idp","exp":1800000600,)" + kWho + "}"), Errc::wrong_audience);
  EXPECT_EQ(code(R"({"iss":"https://other","aud":"db","exp":1800000600,)" + kWho + "}"),
            Errc::wrong_issuer);
  EXPECT_EQ(code(R"({"iss":"https://idp","aud":"db",)" + kWho + "}"), Errc::missing_claim);
  EXPECT_EQ(code(R"({"iss":"https://idp","aud":"db","exp":1799999970,)" + kWho + "}"),
            Errc::expired);
  EXPECT_EQ(code(R"({"iss":"https://idp","aud":"db","exp":1799999971,)" + kWho + "}"),
            std::nullopt);
  EXPECT_EQ(refusal(kWho + R"(,"iat":1800000031)"), Errc::not_yet_valid);
  EXPECT_EQ(refusal(kWho + R"(,"iat":1800000030)"), std::nullopt);

  issuer.authorized_parties = {"app"};
  EXPECT_EQ(refusal(kWho), Errc::wrong_audience);
  EXPECT_EQ(refusal(kWho + R"(,"azp":"other","client_id":"app")"), Errc::wrong_audience);
  EXPECT_EQ(refusal(kWho + R"(,"azp":"app")"), std::nullopt);
  EXPECT_EQ(refusal(kWho + R"(,"client_id":"app")"), std::nullopt);

  issuer.authorized_parties.clear();
  issuer.required_claims = R"({"token_use":"access"})";
  EXPECT_EQ(refusal(kWho + R"(,"token_use":"id")"), Errc::missing_claim);
  EXPECT_EQ(refusal(kWho + R"(,"token_use":"access")"), std::nullopt);
}

TEST_F(IssuerTest, AlgorithmsRestrictTheKeys) {
  issuer.algorithms = {Algorithm::RS256};
  EXPECT_EQ(refusal(kWho), Errc::unknown_key);
  issuer.algorithms = {Algorithm::RS256, Algorithm::HS256};
  EXPECT_EQ(refusal(kWho), std::nullopt);
}

TEST_F(IssuerTest, AnIssuerBoundToOneTenantSpeaksForNoOther) {
  issuer.tenant_id = "acme";
  EXPECT_EQ(refusal(kWho), std::nullopt);
  EXPECT_EQ(enter(kUser).value().tenant_id, "acme");
  EXPECT_EQ(refusal(kUser + R"(,"tenant_id":"globex")"), Errc::wrong_tenant);
  narrowing.tenant_id = "globex";
  EXPECT_EQ(refusal(kUser), Errc::wrong_tenant);
  issuer.tenants_claim = "orgs";
  EXPECT_EQ(refusal(kUser + R"(,"orgs":["globex"])"), Errc::wrong_tenant);
}

TEST_F(IssuerTest, TenantsMayHaveToBeListedOrRegisteredAndNotSuspended) {
  EXPECT_EQ(refusal(kWho), std::nullopt);
  directory.suspended = {"acme"};
  EXPECT_EQ(refusal(kWho), Errc::revoked);
  directory.suspended.clear();
  issuer.tenants = Tenants::registered;
  EXPECT_EQ(refusal(kWho), Errc::wrong_tenant);
  directory.active = {"acme"};
  EXPECT_EQ(refusal(kWho), std::nullopt);
  issuer.tenants = Tenants::listed;
  EXPECT_EQ(refusal(kWho), Errc::wrong_tenant);
  directory.listed_tenants = {"acme"};
  EXPECT_EQ(refusal(kWho), std::nullopt);
}

TEST_F(IssuerTest, AliasesTranslateAndNothingElseDoes) {
  issuer.tenant_lookup = TenantLookup::alias;
  directory.aliases = {{"Acme Corp. EU", "acme"}};
  EXPECT_EQ(enter(kUser + R"(,"tenant_id":"Acme Corp. EU")").value().tenant_id, "acme");
  EXPECT_EQ(refusal(kWho), Errc::wrong_tenant);
}

TEST_F(IssuerTest, SeveralTenantsNeedAChoice) {
  issuer.tenants_claim = "orgs";
  const std::string claims = kUser + R"(,"orgs":["acme","globex",7])";
  EXPECT_EQ(refusal(claims), Errc::missing_claim);
  narrowing.tenant_id = "globex";
  EXPECT_EQ(enter(claims).value().tenant_id, "globex");
  narrowing.tenant_id = "initech";
  EXPECT_EQ(refusal(claims), Errc::wrong_tenant);
  EXPECT_EQ(refusal(kUser + R"(,"orgs":"initech")"), Errc::missing_claim);
  narrowing.tenant_id.reset();
  EXPECT_EQ(enter(claims + R"(,"tenant_id":"acme")").value().tenant_id, "acme");
}

TEST_F(IssuerTest, NarrowingOnlyNarrows) {
  narrowing.tenant_id = "acme";
  EXPECT_EQ(refusal(kWho), std::nullopt);
  narrowing.tenant_id = "globex";
  EXPECT_EQ(refusal(kWho), Errc::wrong_tenant);
  narrowing.tenant_id = "a b";
  EXPECT_EQ(refusal(kWho), Errc::malformed);
  narrowing.tenant_id = "550E8400-E29B-41D4-A716-446655440000";
  EXPECT_EQ(
      enter(kUser + R"(,"tenant_id":"550e8400-e29b-41d4-a716-446655440000")").value().tenant_id,
      "550e8400-e29b-41d4-a716-446655440000");
}

TEST_F(IssuerTest, PrefixKeepsEqualSubjectsApart) {
  const auto plain = enter(kWho).value().user_id;
  issuer.user_prefix = "idp2:";
  EXPECT_EQ(enter(kWho).value().user_id, "idp2:u1");
  EXPECT_EQ(plain, "u1");
}

TEST_F(IssuerTest, PermissionsAreNeverWidened) {
  issuer.permissions_claim = "permissions";
  EXPECT_EQ(enter(kWho).value().permissions, Texts{});
  EXPECT_EQ(enter(kWho + R"(,"permissions":null)").value().permissions, Texts{});
  EXPECT_EQ(enter(kWho + R"(,"permissions":["a:b","a b","", "x:*"])").value().permissions,
            (Texts{"a:b", "x:*"}));
  EXPECT_EQ(enter(kWho + R"(,"permissions":"a:b c:d")").value().permissions, (Texts{"a:b", "c:d"}));
  issuer.permission_prefix = "db:";
  EXPECT_EQ(enter(kWho + R"(,"permissions":"openid db:a:b db: a:c")").value().permissions,
            (Texts{"a:b"}));
}

TEST_F(IssuerTest, RolesAndTier) {
  issuer.roles_claim = "realm_access.roles";
  issuer.tier_claim = "plan";
  const auto identity = enter(kWho + R"(,"realm_access":{"roles":["a","b"]},"plan":"pro")");
  EXPECT_EQ(identity.value().roles, (Texts{"a", "b"}));
  EXPECT_EQ(identity.value().tier, "pro");
  EXPECT_EQ(enter(kWho).value().tier, std::nullopt);
  EXPECT_EQ(refusal(kWho + R"(,"plan":["pro"])"), Errc::missing_claim);
}

TEST_F(IssuerTest, AgentIsTheActorElseTheAuthorizedParty) {
  EXPECT_EQ(enter(kWho).value().agent, std::nullopt);
  EXPECT_EQ(enter(kWho + R"(,"azp":"web")").value().agent, "web");
  EXPECT_EQ(enter(kWho + R"(,"azp":"web","act":{"sub":"bot"})").value().agent, "bot");

  narrowing.agent = "bot";
  EXPECT_EQ(enter(kWho).value().agent, "bot");
  EXPECT_EQ(enter(kWho + R"(,"azp":"web")").value().agent, "bot");
  EXPECT_EQ(refusal(kWho + R"(,"act":{"sub":"other"})"), Errc::denied);
  EXPECT_EQ(refusal(kWho + R"(,"act":{"sub":"bot"})"), std::nullopt);

  issuer.permissions_claim = "permissions";
  EXPECT_EQ(refusal(kWho), Errc::denied);
  EXPECT_EQ(refusal(kWho + R"(,"permissions":["agent:other:*"])"), Errc::denied);
  EXPECT_EQ(enter(kWho + R"(,"permissions":["agent:bot:*"])").value().agent, "bot");
  EXPECT_EQ(refusal(kWho + R"(,"permissions":["*"])"), std::nullopt);
  for (const char* const name : {"*", "bot:*", "bot:x", ""}) {
    narrowing.agent = name;
    EXPECT_EQ(refusal(kWho + R"(,"permissions":["agent:bot:*"])"), Errc::denied) << name;
  }
  narrowing.agent = "*";
  EXPECT_EQ(refusal(kWho + R"(,"permissions":["agent:bot:*"])"), Errc::denied);
}

TEST_F(IssuerTest, ExplainStopsAtTheFirstFailure) {
  const auto passed = explain(token(kWho), issuer, directory, narrowing, kNow);
  EXPECT_EQ(passed.size(), 12u);
  for (const Step& step : passed) EXPECT_TRUE(step.passed) << step.name;
  const auto failed = explain(token(kUser), issuer, directory, narrowing, kNow);
  ASSERT_FALSE(failed.empty());
  EXPECT_EQ(failed.back().name, "tenant");
  EXPECT_FALSE(failed.back().passed);
}

TEST_F(IssuerTest, ConfigurationsThatLetTooMuchInAreRefused) {
  const auto argument = [&] {
    const auto complaint = check(issuer);
    return complaint ? complaint->argument : "";
  };
  EXPECT_EQ(argument(), "");
  issuer.audience.clear();
  EXPECT_EQ(argument(), "audience");
  issuer.required_claims = "{}";
  EXPECT_EQ(argument(), "audience");
  issuer.required_claims = R"({"token_use":"access"})";
  EXPECT_EQ(argument(), "");
  issuer.required_claims = "[]";
  EXPECT_EQ(argument(), "required_claims");
  issuer.required_claims.clear();
  issuer.authorized_parties = {"app"};
  EXPECT_EQ(argument(), "");
  issuer.authorized_parties = {""};
  EXPECT_EQ(argument(), "authorized_parties");
  issuer.authorized_parties = {"app"};
  issuer.leeway = 301;
  EXPECT_EQ(argument(), "leeway");
  issuer.leeway = 300;
  issuer.user_prefix = "a b";
  EXPECT_EQ(argument(), "user_prefix");
  issuer.user_prefix.clear();
  issuer.roles_claim = "a..b";
  EXPECT_EQ(argument(), "roles_claim");
  issuer.roles_claim.clear();
  issuer.algorithms = {Algorithm::EdDSA};
  EXPECT_EQ(argument(), "algorithms");
  issuer.algorithms.clear();
  issuer.keys.keys.push_back(issuer.keys.keys.front());
  EXPECT_EQ(argument(), "jwks");
}

TEST(Presets, HaveDistinctNamesAndSources) {
  std::set<std::string_view> names;
  for (const Preset& preset : kPresets) {
    EXPECT_TRUE(names.insert(preset.name).second) << preset.name;
    EXPECT_TRUE(preset.source.starts_with("https://")) << preset.name;
    EXPECT_TRUE(preset.algorithm.empty() || algorithm_of(preset.algorithm)) << preset.name;
  }
  EXPECT_GE(names.size(), 10u);
}

}  // namespace
}  // namespace tenancy::core
