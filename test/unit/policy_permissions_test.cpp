// Rows by permission in plans, without a server.
#include <gtest/gtest.h>

#include "policy_tables.hpp"

namespace {

using namespace tenancy::core::policy;

const char* const kWrite = "tenancy.require('docs:doc:write'::tenancy.permission)";
const char* const kRead = "tenancy.can('docs:doc:read_all'::tenancy.permission)";
const char* const kTenant = "(tenant_id = tenancy.current_tenant_id())";

Protection asking(bool user, bool write, bool read) {
  Protection wishes;
  wishes.by_user = user;
  if (write) wishes.permissions.write = "docs:doc:write";
  if (read) wishes.permissions.read_all = "docs:doc:read_all";
  return wishes;
}

std::vector<Policy> writes(const std::string& asks = kWrite) {
  return {{kWriteInsertPolicy, "", false, true, "", asks, 'a'},
          {kWriteUpdatePolicy, "", false, true, asks, "true", 'w'},
          {kWriteDeletePolicy, "", false, true, asks, "", 'd'}};
}

Policy reads(const std::string& asks = kRead) {
  return {
      kReadAllPolicy, "", true, true, std::string("(") + kTenant + " AND " + asks + ")", "", 'r'};
}

Table with(Table table, const std::vector<Policy>& policies) {
  table.policies.insert(table.policies.end(), policies.begin(), policies.end());
  return table;
}

// As the catalogs describe it once the plan for plain(), by user, has run.
Table user_table() {
  Table table = protected_table();
  Column user = column("user_id", "tenancy.user_id", ColumnType::user_id);
  user.default_text = "tenancy.current_user_id()";
  table.columns.push_back(user);
  table.isolation->user = user;
  table.keys = {primary_key("t_pkey", {"tenant_id", "user_id", "id"})};
  const std::string mine = "(user_id = tenancy.current_user_id())";
  table.policies[0].using_text = std::string("(") + kTenant + " AND " + mine + ")";
  table.policies[0].check_text = mine;
  return table;
}

bool is_quiet(const Decision& decision) {
  const auto* plan = std::get_if<Plan>(&decision);
  return plan != nullptr && plan->steps.empty();
}

TEST(PolicyPermissions, WritingAsksForIt) {
  const Decision decision = decide({{plain()}, {}, {}}, asking(false, true, false));
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(
      has(decision, std::string("CREATE POLICY \"tenancy_write_insert\" ON \"app\".\"t\" AS "
                                "RESTRICTIVE FOR INSERT TO PUBLIC\n  WITH CHECK (") +
                        kWrite + ");\n"));
  EXPECT_TRUE(
      has(decision, std::string("CREATE POLICY \"tenancy_write_update\" ON \"app\".\"t\" AS "
                                "RESTRICTIVE FOR UPDATE TO PUBLIC\n  USING (") +
                        kWrite + ")\n  WITH CHECK (true);\n"));
  EXPECT_TRUE(
      has(decision, std::string("CREATE POLICY \"tenancy_write_delete\" ON \"app\".\"t\" AS "
                                "RESTRICTIVE FOR DELETE TO PUBLIC\n  USING (") +
                        kWrite + ");\n"));
  EXPECT_FALSE(has(decision, "tenancy_read_all"));
}

TEST(PolicyPermissions, ReadingAllOpensTheOwnTenantForReadingAlone) {
  const Decision decision = decide({{plain()}, {}, {}}, asking(true, false, true));
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(
      has(decision, std::string("CREATE POLICY \"tenancy_read_all\" ON \"app\".\"t\" AS PERMISSIVE "
                                "FOR SELECT TO PUBLIC\n  USING (((\"tenant_id\" = "
                                "tenancy.current_tenant_id()) AND ") +
                        kRead + "));\n"));
  EXPECT_FALSE(has(decision, "tenancy_write"));
}

TEST(PolicyPermissions, ReadingAllNeedsUsersAndOurAccess) {
  EXPECT_TRUE(
      refused(decide({{plain()}, {}, {}}, asking(false, false, true)), Objection::bad_argument));
  Protection keep = asking(true, true, true);
  keep.existing_policies = ExistingPolicies::keep;
  EXPECT_TRUE(refused(decide({{plain()}, {}, {}}, keep), Objection::bad_argument));
  keep.permissions.read_all.reset();
  const Decision decision = decide({{plain()}, {}, {}}, keep);
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(has(decision, "tenancy_write_insert"));
  EXPECT_FALSE(has(decision, "CREATE POLICY \"tenancy_access\""));
}

TEST(PolicyPermissions, AgainChangesNothingWhetherSaidOrNot) {
  std::vector<Policy> all = writes();
  all.push_back(reads());
  const World world{{with(user_table(), all)}, {}, {}};
  for (const bool said : {false, true}) {
    const Decision decision = decide(world, asking(true, said, said));
    EXPECT_TRUE(is_quiet(decision)) << text_of(decision);
  }
}

TEST(PolicyPermissions, AnotherPermissionReplacesAndTellsWhatWas) {
  std::vector<Policy> all = writes("tenancy.require('old:write'::tenancy.permission)");
  all.push_back(reads("tenancy.can('old:read'::tenancy.permission)"));
  const World world{{with(user_table(), all)}, {}, {}};
  const Decision decision = decide(world, asking(true, true, true));
  ASSERT_TRUE(planned(decision));
  for (const char* const name :
       {kWriteInsertPolicy, kWriteUpdatePolicy, kWriteDeletePolicy, kReadAllPolicy}) {
    EXPECT_LT(position(decision, std::string("DROP POLICY \"") + name),
              position(decision, std::string("CREATE POLICY \"") + name));
  }
  EXPECT_TRUE(has(decision, "took the permission old:write"));
  EXPECT_TRUE(has(decision, "open to whoever holds old:read"));
  EXPECT_FALSE(has(decision, "DROP POLICY \"tenancy_access\""));
}

TEST(PolicyPermissions, WhatIsMissingOrForSomeRolesIsCompleted) {
  std::vector<Policy> some = writes();
  some.pop_back();
  some[0].everyone = false;
  const Decision decision = decide({{with(protected_table(), some)}, {}, {}});
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(has(decision, "CREATE POLICY \"tenancy_write_delete\""));
  EXPECT_TRUE(has(decision, "DROP POLICY \"tenancy_write_insert\""));
  EXPECT_FALSE(has(decision, "tenancy_write_update"));
}

TEST(PolicyPermissions, DisagreeingPoliciesWantToBeTold) {
  std::vector<Policy> mixed = writes();
  mixed[1].using_text = "tenancy.require('docs:*'::tenancy.permission)";
  const World world{{with(protected_table(), mixed)}, {}, {}};
  EXPECT_TRUE(refused(decide(world), Objection::wrong_state));
  EXPECT_TRUE(planned(decide(world, asking(false, true, false))));
}

TEST(PolicyPermissions, PoliciesOfOurNamesThatSaySomethingElseAreNotOurs) {
  const std::vector<std::string> texts{
      "true",
      "",
      "(tenancy.require('docs:doc:write'::tenancy.permission) OR true)",
      "tenancy.can_all('docs:doc:write'::tenancy.permission)",
      "tenancy.require('docs:doc write'::tenancy.permission)",
      "tenancy.require('a'::tenancy.permission) OR tenancy.require('b'::tenancy.permission)",
      "other.require('docs:doc:write'::tenancy.permission)"};
  for (const std::string& text : texts) {
    for (size_t i = 0; i < 3; i++) {
      std::vector<Policy> edited = writes();
      (edited[i].command == 'a' ? edited[i].check_text : edited[i].using_text) = text;
      EXPECT_TRUE(
          refused(decide({{with(protected_table(), edited)}, {}, {}}), Objection::wrong_state))
          << text << i;
    }
    EXPECT_TRUE(refused(decide({{with(user_table(), {reads(text)})}, {}, {}}, by_user()),
                        Objection::wrong_state))
        << text;
  }
  std::vector<Policy> open = writes();
  open[0].permissive = true;
  EXPECT_TRUE(refused(decide({{with(protected_table(), open)}, {}, {}}), Objection::wrong_state));
  Policy all = reads();
  all.command = '*';
  EXPECT_TRUE(
      refused(decide({{with(user_table(), {all})}, {}, {}}, by_user()), Objection::wrong_state));
  EXPECT_TRUE(planned(decide({{with(user_table(), {reads()})}, {}, {}}, by_user())));

  Protection replace = asking(false, true, false);
  replace.existing_policies = ExistingPolicies::replace;
  const Decision replaced = decide({{with(protected_table(), open)}, {}, {}}, replace);
  EXPECT_LT(position(replaced, "DROP POLICY \"tenancy_write_insert\""),
            position(replaced, "CREATE POLICY \"tenancy_write_insert\""));
}

TEST(PolicyPermissions, KeepingTheTablesOwnPoliciesTakesReadAllAway) {
  Protection keep = by_user();
  keep.existing_policies = ExistingPolicies::keep;
  std::vector<Policy> all = writes();
  all.push_back(reads());
  const Decision decision = decide({{with(user_table(), all)}, {}, {}}, keep);
  EXPECT_TRUE(has(decision, "DROP POLICY \"tenancy_read_all\""));
  EXPECT_FALSE(has(decision, "DROP POLICY \"tenancy_write"));
}

TEST(PolicyPermissions, PartsAskForWhatTheirParentsDo) {
  Table part = plain("part");
  part.keys.clear();
  part.columns.push_back(column("tenant_id", "tenancy.tenant_id", ColumnType::tenant_id));
  part.columns.push_back(column("user_id", "tenancy.user_id", ColumnType::user_id));
  Parent parent{{"app", "t"}, {"app", "t"}, user_table().isolation, true, writes()};
  parent.policies.push_back(reads());
  part.parents = {parent};
  const Decision decision = decide({{part}, {}, {}});
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(has(decision, kWrite));
  EXPECT_TRUE(has(decision, kRead));

  Protection other = asking(true, true, true);
  EXPECT_TRUE(planned(decide({{part}, {}, {}}, other)));
  other.permissions.write = "docs:*";
  EXPECT_TRUE(refused(decide({{part}, {}, {}}, other), Objection::wrong_state));

  // Narrower than its parent it may stay, and not wider.
  part.parents[0].policies.clear();
  part = with(part, writes());
  part.policies.push_back(reads());
  const Decision narrowed = decide({{part}, {}, {}});
  EXPECT_TRUE(has(narrowed, "DROP POLICY \"tenancy_read_all\""));
  EXPECT_FALSE(has(narrowed, "DROP POLICY \"tenancy_write"));

  Parent second = part.parents[0];
  second.name.name = "second";
  part.parents.push_back(second);
  EXPECT_TRUE(planned(decide({{part}, {}, {}})));
  part.parents[1].policies = writes();
  EXPECT_TRUE(refused(decide({{part}, {}, {}}), Objection::wrong_state));
}

TEST(PolicyPermissions, UnprotectingDropsThem) {
  std::vector<Policy> all = writes();
  all.push_back(reads());
  const Decision decision = plan_unprotection({{with(user_table(), all)}, {}, {}}, {});
  for (const char* const name :
       {kWriteInsertPolicy, kWriteUpdatePolicy, kWriteDeletePolicy, kReadAllPolicy}) {
    EXPECT_TRUE(has(decision, std::string("DROP POLICY \"") + name)) << name;
  }
  EXPECT_TRUE(has(decision, "DISABLE ROW LEVEL SECURITY"));
}

TEST(PolicyPermissions, KeysThatNoQueryFindsARowByAreNamedOnce) {
  const std::string index = "CREATE INDEX ON \"app\".\"t\" (\"tenant_id\", ";
  EXPECT_TRUE(has(decide({{plain()}, {}, {}}, asking(true, false, true)), index));
  EXPECT_TRUE(has(decide({{user_table()}, {}, {}}, asking(true, false, true)), index));
  EXPECT_FALSE(has(decide({{user_table()}, {}, {}}, asking(true, true, false)), index));
  EXPECT_FALSE(
      has(decide({{with(user_table(), {reads()})}, {}, {}}, asking(true, true, true)), index));
}

}  // namespace
