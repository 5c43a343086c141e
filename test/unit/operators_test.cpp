// Entries of tenancy.operators: one has to cover all of a request, and each part counts.
#include "core/operators.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace tenancy::core {
namespace {

using List = std::vector<std::string>;

TEST(Operators, OneEntryCoversAllOrNone) {
  const OperatorEntry support{"support", List{"acme", "globex"}, List{"docs:*", "ticket:read"}, 60};
  const struct {
    TokenRequest request;
    Lacking lacking;
    std::string permission;
  } cases[] = {
      {{"acme", List{"docs:doc:read"}, 60}, Lacking::nothing, ""},
      {{"globex", List{"docs:*", "ticket:read"}, 1}, Lacking::nothing, ""},
      {{"acme", std::nullopt, 60}, Lacking::nothing, ""},
      {{"acme", List{}, 60}, Lacking::nothing, ""},
      {{"initech", List{}, 60}, Lacking::tenant, ""},
      {{"acm", List{}, 60}, Lacking::tenant, ""},
      {{"acme", List{}, 61}, Lacking::ttl, ""},
      {{"acme", List{"docs:doc:read", "ticket:write"}, 60}, Lacking::permission, "ticket:write"},
      {{"acme", List{"ticket:*"}, 60}, Lacking::permission, "ticket:*"},
      {{"acme", List{"*"}, 60}, Lacking::permission, "*"},
  };
  for (const auto& each : cases) {
    const OperatorRuling ruling = rule_on({support}, each.request);
    EXPECT_EQ(ruling.lacking, each.lacking) << each.request.tenant_id;
    EXPECT_EQ(ruling.permission, each.permission);
  }
}

TEST(Operators, NothingIsCoveredByNoEntry) {
  const OperatorRuling ruling = rule_on({}, {"acme", List{}, 1});
  EXPECT_EQ(ruling.lacking, Lacking::entry);
  EXPECT_EQ(ruling.entry, nullptr);
}

TEST(Operators, AnEmptyListNamesNothing) {
  EXPECT_EQ(rule_on({{"r", List{}, std::nullopt, 60}}, {"acme", {}, 1}).lacking, Lacking::tenant);
  EXPECT_EQ(rule_on({{"r", {}, List{}, 60}}, {"acme", List{"a"}, 1}).lacking, Lacking::permission);
  EXPECT_EQ(rule_on({{"r", {}, List{}, 60}}, {"acme", List{}, 1}).lacking, Lacking::nothing);
}

// Halves of two entries do not make one.
TEST(Operators, EntriesAreNotAddedUp) {
  const std::vector<OperatorEntry> entries = {{"a", List{"acme"}, List{"read"}, 60},
                                              {"b", List{"globex"}, List{"write"}, 3600}};
  EXPECT_EQ(rule_on(entries, {"acme", List{"read"}, 60}).lacking, Lacking::nothing);
  EXPECT_EQ(rule_on(entries, {"acme", List{"write"}, 60}).lacking, Lacking::permission);
  EXPECT_EQ(rule_on(entries, {"acme", List{"read"}, 61}).lacking, Lacking::ttl);
  EXPECT_EQ(rule_on(entries, {"globex", List{"read", "write"}, 60}).lacking, Lacking::permission);
}

TEST(Operators, TheOrderOfEntriesDoesNotMatter) {
  std::vector<OperatorEntry> entries = {{"b", {}, List{"read"}, 60},
                                        {"c", {}, List{"write"}, 60},
                                        {"z", List{"acme"}, std::nullopt, 60}};
  const auto by_role = [](const auto& left, const auto& right) {
    return left.role < right.role;
  };
  do {
    EXPECT_EQ(rule_on(entries, {"acme", std::nullopt, 60}).entry->role, "z");
    EXPECT_EQ(rule_on(entries, {"globex", std::nullopt, 60}).entry->role, "b");
    EXPECT_EQ(rule_on(entries, {"globex", List{"write"}, 60}).entry->role, "c");
    EXPECT_EQ(rule_on(entries, {"globex", List{"admin"}, 60}).entry->role, "b");
  } while (std::next_permutation(entries.begin(), entries.end(), by_role));
}

}  // namespace
}  // namespace tenancy::core
