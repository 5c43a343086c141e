// The decision: what counts for a caller, who wins, and that running out of memory allows nothing.
#include "core/authorization.hpp"

#include <gtest/gtest.h>

#include <map>
#include <new>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "core/permission.hpp"
#include "failing.hpp"

namespace tenancy::core {
namespace {

using Texts = std::vector<std::string>;

struct World final : PermissionDirectory {
  std::map<std::pair<std::string, std::string>, Role> known_roles;
  std::map<std::pair<std::string, std::string>, Texts> members;
  std::map<std::pair<std::string, std::string>, std::vector<Permission>> users;
  std::map<std::string, std::string> tenants_tier;
  std::map<std::string, Texts> known_tiers;
  std::optional<std::string> standard;

  template <typename Map, typename Key>
  static auto value(const Map& map, const Key& key) {
    const auto found = map.find(key);
    return found == map.end() ? typename Map::mapped_type() : found->second;
  }
  static std::pair<std::string, std::string> pair(std::string_view a, std::string_view b) {
    return {std::string(a), std::string(b)};
  }

  std::optional<Role> role(std::string_view scope, std::string_view name) const override {
    const auto found = known_roles.find(pair(scope, name));
    if (found == known_roles.end()) return std::nullopt;
    return found->second;
  }
  Texts member_roles(std::string_view tenant, std::string_view user) const override {
    return value(members, pair(tenant, user));
  }
  std::vector<Permission> user_permissions(std::string_view tenant,
                                           std::string_view user) const override {
    return value(users, pair(tenant, user));
  }
  std::optional<std::string> tier_of(std::string_view tenant) const override {
    const auto found = tenants_tier.find(std::string(tenant));
    if (found == tenants_tier.end()) return std::nullopt;
    return found->second;
  }
  Tiers tiers() const override { return {!known_tiers.empty(), standard}; }
  Texts tier_permissions(std::string_view tier) const override {
    return value(known_tiers, std::string(tier));
  }
};

constexpr Seconds kNow = 1'000'000;

Holder alice(Texts roles = {}) {
  Holder holder;
  holder.tenant_id = "acme";
  holder.user_id = "alice";
  holder.roles = std::move(roles);
  return holder;
}

bool allowed(const World& world, const Holder& holder, const char* asked) {
  return gather(holder, world, kNow).allows(asked);
}

// The explanation in one line, `>` before what decides.
std::string why(const World& world, const Holder& holder, const char* asked) {
  std::string text;
  for (const Reason& reason : gather(holder, world, kNow).explain(asked)) {
    text += (text.empty() ? "" : ", ") + std::string(reason.decides ? "> " : "") + reason.source +
            (reason.denies ? " deny" : " allow") + (reason.pattern ? " " + *reason.pattern : "");
  }
  return text;
}

TEST(Authorization, GrantsNothingByDefault) {
  const World world;
  EXPECT_FALSE(allowed(world, alice({"editor"}), "a"));
  EXPECT_EQ(why(world, alice({"editor"}), "a"), "> default deny");
}

TEST(Authorization, RolesInheritWithinTheirScope) {
  World world;
  world.known_roles[{"", "a"}] = {{"b", "own"}, {{"a:x"}}};
  world.known_roles[{"", "b"}] = {{"a"}, {{"b:x"}, {"a:x", true}}};
  world.known_roles[{"acme", "own"}] = {{"b", "other"}, {{"own:x"}}};
  world.known_roles[{"acme", "other"}] = {{}, {{"other:x"}}};
  world.known_roles[{"globex", "own"}] = {{}, {{"globex:x"}}};
  EXPECT_TRUE(allowed(world, alice({"a"}), "b:x"));
  EXPECT_FALSE(allowed(world, alice({"a"}), "own:x"));
  EXPECT_EQ(why(world, alice({"a"}), "a:x"),
            "> role b (inherited by a) deny a:x, role a allow a:x");
  EXPECT_TRUE(allowed(world, alice({"own"}), "own:x"));
  EXPECT_TRUE(allowed(world, alice({"own"}), "other:x"));
  EXPECT_TRUE(allowed(world, alice({"own"}), "b:x"));
  EXPECT_FALSE(allowed(world, alice({"own"}), "globex:x"));
  EXPECT_EQ(why(world, alice({"a", "b"}), "b:x"), "> role b allow b:x");
}

TEST(Authorization, LongChainsAndCirclesEnd) {
  World world;
  for (int i = 0; i < 2000; ++i) {
    world.known_roles[{"", std::to_string(i)}] = {{std::to_string((i + 1) % 2000)}, {}};
  }
  world.known_roles[{"", "1999"}].permissions = {{"deep"}};
  EXPECT_TRUE(allowed(world, alice({"0"}), "deep"));
  EXPECT_FALSE(allowed(world, alice({"2000"}), "deep"));
}

TEST(Authorization, MembersRolesJoinTheCredentials) {
  World world;
  world.members[{"acme", "alice"}] = {"x", "y"};
  world.members[{"globex", "alice"}] = {"z"};
  EXPECT_EQ(gather(alice({"t", "x"}), world, kNow).roles, (Texts{"t", "x", "y"}));
  Holder job = alice({"t"});
  job.user_id.reset();
  EXPECT_EQ(gather(job, world, kNow).roles, (Texts{"t"}));
}

TEST(Authorization, SinglePermissionsEnd) {
  World world;
  world.users[{"acme", "alice"}] = {{"for:good"},
                                    {"later", false, kNow + 1},
                                    {"now", false, kNow},
                                    {"over", false, kNow - 1},
                                    {"for:good", true, kNow - 1},
                                    {"later", true, -5}};
  EXPECT_TRUE(allowed(world, alice(), "for:good"));
  EXPECT_TRUE(allowed(world, alice(), "later"));
  EXPECT_FALSE(allowed(world, alice(), "now"));
  EXPECT_FALSE(allowed(world, alice(), "over"));
  EXPECT_EQ(gather(alice(), world, kNow).changes_at, kNow + 1);
  EXPECT_FALSE(gather(alice(), world, kNow + 1).allows("later"));
  EXPECT_EQ(gather(alice(), world, kNow + 1).changes_at, kForever);
  // A denial counts until its last second is over.
  world.users[{"acme", "alice"}].push_back({"for:*", true, kNow});
  EXPECT_FALSE(allowed(world, alice(), "for:good"));
  EXPECT_TRUE(gather(alice(), world, kNow + 1).allows("for:good"));
  world.users[{"acme", "alice"}].push_back({"for:*", true, kForever});
  EXPECT_FALSE(gather(alice(), world, kForever - 1).allows("for:good"));
}

TEST(Authorization, TiersBound) {
  World world;
  world.users[{"acme", "alice"}] = {{"a:x"}, {"b:x"}};
  Holder holder = alice();
  holder.tier = "gold";
  EXPECT_TRUE(allowed(world, holder, "a:x"));
  EXPECT_EQ(gather(holder, world, kNow).tier, "gold");
  world.known_tiers["silver"] = {"a:*"};
  EXPECT_EQ(why(world, holder, "a:x"), "> tier gold deny, user permission allow a:x");
  EXPECT_EQ(why(world, alice(), "a:x"), "> no tier deny, user permission allow a:x");
  world.standard = "silver";
  EXPECT_FALSE(allowed(world, holder, "a:x"));
  EXPECT_EQ(why(world, alice(), "a:x"), "> user permission allow a:x, tier silver allow a:*");
  EXPECT_FALSE(allowed(world, alice(), "b:x"));
  world.tenants_tier["acme"] = "silver";
  EXPECT_TRUE(allowed(world, holder, "a:x"));
  EXPECT_EQ(gather(holder, world, kNow).tier, "silver");
}

TEST(Authorization, CredentialsBoundUsersAndGrantJobs) {
  World world;
  world.users[{"acme", "alice"}] = {{"a:*"}};
  Holder holder = alice();
  holder.permissions = {"a:x", "c:x"};
  EXPECT_TRUE(allowed(world, holder, "a:x"));
  EXPECT_EQ(why(world, holder, "a:*"), "> credential deny, user permission allow a:*");
  EXPECT_FALSE(allowed(world, holder, "c:x"));
  holder.permissions->clear();
  EXPECT_FALSE(allowed(world, holder, "a:x"));
  holder.permissions = {"c:x"};
  holder.user_id.reset();
  EXPECT_EQ(why(world, holder, "c:x"), "> credential allow c:x");
  EXPECT_FALSE(allowed(world, holder, "a:x"));
  holder.permissions.reset();
  EXPECT_FALSE(allowed(world, holder, "c:x"));
}

// The rules again, permission by permission.
bool stands_for(const std::string& pattern, const std::string& permission) {
  return covers(pattern, permission);  // of one without stars, which permission_test.cpp compares
}

TEST(Authorization, AgreesWithTheRulesInSmallWorlds) {
  const Texts single = {"a", "b",   "a:a", "a:b", "b:a", "b:b",
                        "x", "a:x", "x:x", "x:a", "x:b", "b:x"};
  const Texts patterns = {"a", "b", "*", "a:a", "a:b", "a:*", "*:a", "*:b", "*:*", "b:*"};
  std::mt19937 random(11);
  const auto some = [&](unsigned most) {
    Texts texts(random() % (most + 1));
    for (auto& text : texts) text = patterns[random() % patterns.size()];
    return texts;
  };
  const auto any = [](const Texts& in, const std::string& permission) {
    for (const auto& pattern : in) {
      if (stands_for(pattern, permission)) return true;
    }
    return false;
  };
  const auto any_covers = [](const Texts& in, const std::string& asked) {
    for (const auto& pattern : in) {
      if (covers(pattern, asked)) return true;
    }
    return false;
  };
  int allowed_count = 0;
  for (int round = 0; round < 20'000; ++round) {
    const Texts grants = some(3), denials = some(1), tier = some(3), bound = some(3);
    const bool has_tiers = random() % 2, has_bound = random() % 2;
    World world;
    for (const auto& p : grants) world.known_roles[{"", "r"}].permissions.push_back({p, false});
    for (const auto& p : denials) world.users[{"acme", "alice"}].push_back({p, true});
    if (has_tiers) world.known_tiers["t"] = tier;
    Holder holder = alice({"r"});
    holder.tier = "t";
    if (has_bound) holder.permissions = bound;
    const std::string& asked = patterns[random() % patterns.size()];
    bool expected = any_covers(grants, asked) && (!has_tiers || any_covers(tier, asked)) &&
                    (!has_bound || any_covers(bound, asked));
    for (const auto& permission : single) {
      if (stands_for(asked, permission) && any(denials, permission)) expected = false;
    }
    const Authorization found = gather(holder, world, kNow);
    ASSERT_EQ(found.allows(asked), expected) << round;
    allowed_count += expected;
    int deciding = 0;
    for (const Reason& reason : found.explain(asked)) {
      if (!reason.decides) continue;
      ++deciding;
      ASSERT_NE(reason.denies, expected) << round;
    }
    ASSERT_EQ(deciding, 1) << round;
  }
  EXPECT_GT(allowed_count, 500);
}

TEST(FailingAuthorization, NeverAllowsWhatIsDenied) {
  World world;
  world.known_roles[{"", "r"}] = {{"s"}, {{"*"}}};
  world.known_roles[{"", "s"}] = {{}, {{"denied:by:a:role:with:a:long:name", true}}};
  world.users[{"acme", "alice"}] = {{"denied:to:the:user:under:a:long:name", true}};
  world.known_tiers["t"] = {"denied:*", "allowed:*"};
  Holder holder = alice({"r"});
  holder.tier = "t";
  const auto count = [&](const char* asked, bool expected) {
    long failures = 0;
    for (;; ++failures) {
      test::ours_until_failure = failures;
      bool answer = false;
      try {
        const Authorization found = gather(holder, world, kNow);
        answer = found.allows(asked);
        EXPECT_EQ(answer, expected);
        (void)found.explain(asked);
      } catch (const std::bad_alloc&) {
      }
      const bool exhausted = test::ours_until_failure >= 0;
      test::ours_until_failure = -1;
      EXPECT_FALSE(answer && !expected) << failures;
      if (exhausted) return failures;
    }
  };
  EXPECT_GT(count("allowed:x", true), 10);
  EXPECT_GT(count("denied:by:a:role:with:a:long:name", false), 10);
  EXPECT_GT(count("denied:to:the:user:under:a:long:name", false), 10);
  EXPECT_GT(count("outside:of:the:tier", false), 10);
}

}  // namespace
}  // namespace tenancy::core
