// What the tests of authenticate() share: an issuer, tables made of maps, and tokens of that
// issuer.
#pragma once

#include "core/issuer.hpp"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tokens.hpp"

namespace tenancy::test {

using namespace core;

using Texts = std::vector<std::string>;
inline constexpr Seconds kNow = 1'800'000'000;

struct Directory final : TenantDirectory {
  std::map<std::string, std::string> aliases;
  std::set<std::string> listed_tenants, active, suspended;
  std::map<std::string, Seconds> valid_after;  // by tenant
  std::map<std::string, Standing> members;     // by tenant/user

  std::optional<std::string> alias(std::string_view, std::string_view value) const override {
    const auto found = aliases.find(std::string(value));
    return found == aliases.end() ? std::nullopt : std::optional(found->second);
  }
  bool listed(std::string_view, std::string_view tenant) const override {
    return listed_tenants.contains(std::string(tenant));
  }
  Standing tenant(std::string_view tenant) const override {
    const std::string name(tenant);
    Standing standing;
    if (active.contains(name)) standing.state = Standing::State::active;
    if (suspended.contains(name)) standing.state = Standing::State::suspended;
    if (const auto found = valid_after.find(name); found != valid_after.end()) {
      standing.tokens_valid_after = found->second;
    }
    return standing;
  }
  Standing member(std::string_view tenant, std::string_view user) const override {
    const auto found = members.find(std::string(tenant) + "/" + std::string(user));
    return found == members.end() ? Standing() : found->second;
  }
};

class IssuerTest : public testing::Test {
 protected:
  IssuerTest() {
    issuer.issuer = "https://idp";
    issuer.audience = {"db"};
    auto keys = parse_jwks(hs256_jwks(), KeySetUse::store);
    EXPECT_TRUE(keys.ok());
    if (keys.ok()) issuer.keys = std::move(keys).value();
  }

  // A token of the issuer with these claims beside the ones every token needs.
  std::string token(const std::string& claims) const {
    return hs256(R"({"iss":"https://idp","aud":"db","exp":1800000600)" +
                 (claims.empty() ? "" : "," + claims) + "}");
  }
  Result<Identity> enter(const std::string& claims) const {
    return authenticate(token(claims), issuer, directory, narrowing, kNow);
  }
  std::optional<Errc> refusal(const std::string& claims) const {
    const auto identity = enter(claims);
    return identity.ok() ? std::nullopt : std::optional(identity.error().code);
  }

  Issuer issuer;
  Directory directory;
  Narrowing narrowing;
};

inline const std::string kUser = R"("sub":"u1")";
inline const std::string kWho = R"("sub":"u1","tenant_id":"acme")";

}  // namespace tenancy::test
