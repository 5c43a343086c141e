// Who may enter which tenant, by what the tables say of the tenant and of the user in it.
#include <gtest/gtest.h>

#include <set>
#include <string>

#include "issuer_fixture.hpp"

namespace tenancy::core {
namespace {

using test::kNow;
using test::kUser;
using test::kWho;
class MembershipTest : public test::IssuerTest {};

const Standing kActive = {Standing::State::active, std::nullopt};
const Standing kSuspended = {Standing::State::suspended, std::nullopt};

TEST_F(MembershipTest, MembersOnlyWhereMembershipIsRequired) {
  EXPECT_EQ(refusal(kWho), std::nullopt);
  issuer.membership = Membership::required;
  EXPECT_EQ(refusal(kWho), Errc::wrong_tenant);
  directory.members = {{"acme/u2", kActive}, {"globex/u1", kActive}};
  EXPECT_EQ(refusal(kWho), Errc::wrong_tenant);
  directory.members["acme/u1"] = kActive;
  EXPECT_EQ(enter(kWho).value().tenant_id, "acme");
  directory.members["acme/u1"] = kSuspended;
  EXPECT_EQ(refusal(kWho), Errc::revoked);
  issuer.membership = Membership::claims;
  EXPECT_EQ(refusal(kWho), Errc::revoked);
}

TEST_F(MembershipTest, TheUserThatIsLookedUpHasThePrefix) {
  issuer.membership = Membership::required;
  issuer.user_prefix = "idp2:";
  directory.members = {{"acme/u1", kActive}};
  EXPECT_EQ(refusal(kWho), Errc::wrong_tenant);
  directory.members = {{"acme/idp2:u1", kActive}};
  EXPECT_EQ(enter(kWho).value().user_id, "idp2:u1");
}

TEST_F(MembershipTest, MembersOfSeveralTenantsPickOne) {
  directory.members = {{"globex/u1", kActive}, {"initech/u1", kSuspended}, {"hooli/u2", kActive}};
  directory.active = {"globex"};
  narrowing.tenant_id = "globex";
  EXPECT_EQ(refusal(kUser), Errc::wrong_tenant);
  EXPECT_EQ(refusal(kWho), Errc::wrong_tenant);
  issuer.membership = Membership::required;
  EXPECT_EQ(enter(kUser).value().tenant_id, "globex");
  EXPECT_EQ(enter(kWho).value().tenant_id, "globex");
  issuer.tenant_id = "acme";
  EXPECT_EQ(refusal(kUser), Errc::wrong_tenant);
  issuer.tenant_id.reset();
  issuer.tenants = Tenants::listed;
  EXPECT_EQ(refusal(kUser), Errc::wrong_tenant);
  directory.listed_tenants = {"globex"};
  EXPECT_EQ(refusal(kUser), std::nullopt);
  issuer.tenants = Tenants::registered;
  EXPECT_EQ(refusal(kUser), std::nullopt);
  directory.suspended = {"globex"};
  EXPECT_EQ(refusal(kUser), Errc::revoked);
  narrowing.tenant_id = "initech";
  EXPECT_EQ(refusal(kUser), Errc::revoked);
  for (const char* const other : {"hooli", "acme", "nowhere"}) {
    narrowing.tenant_id = other;
    EXPECT_EQ(refusal(kUser), Errc::wrong_tenant) << other;
  }
  issuer.tenants_claim = "orgs";  // the token's list makes nobody a member
  EXPECT_EQ(refusal(kUser + R"(,"orgs":["nowhere"])"), Errc::wrong_tenant);
  narrowing.tenant_id.reset();
  EXPECT_EQ(refusal(kUser), Errc::missing_claim);
}

// A suspended, an unregistered and an active tenant answer alike to those who are not members.
TEST_F(MembershipTest, WhoIsNoMemberLearnsNothingOfATenant) {
  issuer.membership = Membership::required;
  issuer.tenants = Tenants::registered;
  directory.active = {"active"};
  directory.suspended = {"suspended"};
  directory.valid_after = {{"active", kNow}};
  std::set<std::string> answers;
  for (const char* const tenant : {"active", "suspended", "nowhere"}) {
    narrowing.tenant_id = tenant;
    const auto identity = enter(kUser);
    ASSERT_FALSE(identity.ok());
    EXPECT_EQ(identity.error().code, Errc::wrong_tenant);
    answers.insert(identity.error().message);
  }
  EXPECT_EQ(answers, std::set<std::string>{"The user is not a member of the tenant."});
}

TEST_F(MembershipTest, WithoutAUserNobodyIsAMember) {
  issuer.own = true;
  directory.members = {{"acme/", kActive}};
  EXPECT_EQ(refusal(R"("tenant_id":"acme")"), std::nullopt);
  issuer.membership = Membership::required;
  EXPECT_EQ(refusal(R"("tenant_id":"acme")"), Errc::wrong_tenant);
}

TEST_F(MembershipTest, EarlierTokensAreRefused) {
  const auto issued = [&](Seconds at) {
    return refusal(kWho + R"(,"iat":)" + std::to_string(at));
  };
  const Seconds cut = kNow - 100;
  for (const bool of_tenant : {true, false}) {
    directory.valid_after.clear();
    directory.members.clear();
    if (of_tenant) {
      directory.valid_after = {{"acme", cut}};
    } else {
      directory.members = {{"acme/u1", {Standing::State::active, cut}}};
    }
    EXPECT_EQ(issued(cut + 1), std::nullopt);
    EXPECT_EQ(issued(cut), Errc::revoked);
    EXPECT_EQ(issued(cut - 1), Errc::revoked);
    EXPECT_EQ(refusal(kWho + R"(,"iat":1799999900.9)"), Errc::revoked);
    EXPECT_EQ(refusal(kWho), Errc::revoked) << "no iat";
    EXPECT_EQ(refusal(kUser + R"(,"tenant_id":"globex","iat":1)"), std::nullopt);
  }
  EXPECT_EQ(refusal(R"("sub":"u2","tenant_id":"acme","iat":1)"), std::nullopt);
}

}  // namespace
}  // namespace tenancy::core
