// Foreign keys in plans, protecting again, and unprotect(), without a server.
#include <gtest/gtest.h>

#include "policy_tables.hpp"

namespace {

using namespace tenancy::core::policy;

TEST(Policy, ForeignKeysOfTheSetBecomeComposite) {
  const World world{{plain("child"), plain("parent")}, {}, {reference("child", "parent")}};
  const Decision decision = decide(world);
  ASSERT_TRUE(planned(decision));
  const std::string add =
      "ADD CONSTRAINT \"child_parent_fkey\" FOREIGN KEY (\"tenant_id\", \"parent_id\") REFERENCES "
      "\"app\".\"parent\" (\"tenant_id\", \"id\")";
  EXPECT_TRUE(has(decision, add));
  EXPECT_LT(position(decision, "DROP CONSTRAINT \"child_parent_fkey\""),
            position(decision, "DROP CONSTRAINT \"parent_pkey\""));
  EXPECT_GT(position(decision, add), position(decision, "ADD CONSTRAINT \"parent_pkey\""));
}

TEST(Policy, SelfReferenceBecomesComposite) {
  EXPECT_TRUE(has(decide({{plain()}, {}, {reference("t", "t")}}),
                  "FOREIGN KEY (\"tenant_id\", \"parent_id\") REFERENCES \"app\".\"t\""));
}

TEST(Policy, ForeignKeyToAReferenceTableStays) {
  const World world{{plain("child")}, {{{"app", "ref"}, "x", {}}}, {reference("child", "ref")}};
  EXPECT_FALSE(has(decide(world), "child_ref_fkey"));
}

TEST(Policy, UnprotectedChildrenForbidRekeying) {
  World world{{plain("parent")}, {{{"app", "child"}, "owner", {}}}, {reference("child", "parent")}};
  EXPECT_TRUE(refused(decide(world), Objection::dependents));
  world.neighbours[0].isolation = by_tenant();
  EXPECT_TRUE(has(decide(world), "FOREIGN KEY (\"tenant_id\", \"parent_id\")"));
  world.neighbours[0].owner = "somebody else";
  EXPECT_TRUE(refused(decide(world), Objection::no_owner));
}

TEST(Policy, ForeignKeyActionsTouchOnlyTheirOwnColumns) {
  World world{{plain("child"), plain("parent")}, {}, {reference("child", "parent")}};
  world.foreign_keys[0].on_delete = 'n';
  world.foreign_keys[0].on_update = 'c';
  world.foreign_keys[0].deferrable = true;
  world.foreign_keys[0].validated = false;
  world.foreign_keys[0].comment = "why";
  EXPECT_TRUE(has(decide(world),
                  " ON UPDATE CASCADE ON DELETE SET NULL (\"parent_id\") DEFERRABLE NOT VALID"));
  EXPECT_TRUE(has(decide(world), "COMMENT ON CONSTRAINT \"child_parent_fkey\""));
  world.foreign_keys[0].on_delete = 'd';
  EXPECT_TRUE(has(decide(world), "ON DELETE SET DEFAULT (\"parent_id\")"));
  for (const char action : {'n', 'd'}) {
    world.foreign_keys[0].on_update = action;
    EXPECT_TRUE(refused(decide(world), Objection::unsupported));
  }
  world.foreign_keys[0].on_update = 'a';
  EXPECT_TRUE(planned(decide(world)));
  world.foreign_keys[0].match_full = true;
  EXPECT_TRUE(refused(decide(world), Objection::unsupported));
}

TEST(Policy, ForeignKeysNeedTheSameIsolationOnBothSides) {
  const World world{{plain("child"), plain("parent")}, {}, {reference("child", "parent")}};
  const Protection tenant;
  EXPECT_TRUE(planned(plan_protection(world, {by_user(), by_user()})));
  EXPECT_TRUE(planned(plan_protection(world, {by_user(), tenant})));
  EXPECT_TRUE(refused(plan_protection(world, {tenant, by_user()}), Objection::unsupported));

  World types = world;
  types.tables[0].columns.push_back(column("tenant_id", "uuid", ColumnType::uuid));
  EXPECT_TRUE(refused(decide(types), Objection::unsupported));
  types.tables[1].columns.push_back(column("tenant_id", "uuid", ColumnType::uuid));
  EXPECT_TRUE(planned(decide(types)));
}

TEST(Policy, ForeignKeyMayNotNameAnotherTenant) {
  World world{{plain("child"), plain("parent")}, {}, {reference("child", "parent")}};
  for (Table& table : world.tables) {
    table.columns.push_back(column("tenant_id", "uuid", ColumnType::uuid));
    table.keys = {primary_key(table.name.name + "_pkey", {"tenant_id", "id"})};
  }
  world.foreign_keys[0].child_columns = {"tenant_id", "parent_id"};
  world.foreign_keys[0].parent_columns = {"tenant_id", "id"};
  EXPECT_FALSE(has(decide(world), "child_parent_fkey"));  // it is composite already
  world.foreign_keys[0].child_columns = {"other_tenant", "parent_id"};
  EXPECT_TRUE(refused(decide(world), Objection::unsupported));
}

TEST(Policy, ProtectingAgainDoesNothing) {
  EXPECT_EQ(text_of(decide({{protected_table()}, {}, {}})), "");
}

TEST(Policy, ProtectingAgainCompletesWhatIsMissing) {
  Table table = protected_table();
  table.keys.push_back(unique_index("later", {"parent_id"}, "parent_id)"));
  table.forced = false;
  table.policies[1].using_text = "true";
  table.grantees = {"", "app\"role"};
  table.maintainers = {"app"};
  const Decision decision = decide({{table}, {}, {}});
  EXPECT_TRUE(has(decision, "USING btree (\"tenant_id\", parent_id)"));
  EXPECT_TRUE(has(decision, "ALTER TABLE \"app\".\"t\" FORCE ROW LEVEL SECURITY"));
  EXPECT_TRUE(has(decision, "DROP POLICY \"tenancy_floor\""));
  EXPECT_TRUE(has(decision, "CREATE POLICY \"tenancy_floor\""));
  EXPECT_FALSE(has(decision, "tenancy_access"));
  EXPECT_TRUE(has(decision,
                  "REVOKE TRUNCATE, REFERENCES, TRIGGER ON TABLE \"app\".\"t\" FROM PUBLIC, "
                  "\"app\"\"role\" CASCADE"));
  EXPECT_TRUE(has(decision, "REVOKE MAINTAIN ON TABLE \"app\".\"t\" FROM \"app\" CASCADE"));
}

TEST(Policy, OurNamesOnOtherPoliciesAreNotReplacedUnasked) {
  Table table = protected_table();
  table.policies[0].using_text = "(id = 1)";
  Protection wishes;
  for (const auto mode : {ExistingPolicies::refuse, ExistingPolicies::keep}) {
    wishes.existing_policies = mode;
    EXPECT_TRUE(refused(decide({{table}, {}, {}}, wishes), Objection::wrong_state));
  }
  wishes.existing_policies = ExistingPolicies::replace;
  EXPECT_TRUE(has(decide({{table}, {}, {}}, wishes), "CREATE POLICY \"tenancy_access\""));
  table = protected_table();
  table.policies[1].permissive = true;
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::wrong_state));
  table = protected_table();
  table.policies[1].using_text = "(id = 1)";
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::wrong_state));
}

TEST(Policy, AnIsolationColumnThatIsAForeignKeyElsewhereIsRefused) {
  World world{{plain("child"), plain("parent")}, {}, {reference("child", "parent")}};
  Protection wishes = by_user();
  EXPECT_TRUE(planned(plan_protection(world, {wishes, wishes})));
  Protection child = wishes;
  child.user_column = "parent_id";
  world.tables[0].columns[1].type = ColumnType::user_id;
  EXPECT_TRUE(refused(plan_protection(world, {child, wishes}), Objection::unsupported));
}

TEST(Policy, APublicationMayNotLeaveOutWhatReplicationFindsRowsBy) {
  Table table = plain();
  table.publications = {{"some", {"id"}}};
  EXPECT_TRUE(planned(decide({{table}, {}, {}})));
  table.keys[0].identifies = true;
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::dependents));
  table.publications = {{"some", {"id", "tenant_id"}}};
  EXPECT_TRUE(planned(decide({{table}, {}, {}})));
}

TEST(Policy, IsolationMayBecomeNarrowerButNotWider) {
  Table table = protected_table();
  EXPECT_TRUE(has(decide({{table}, {}, {}}, by_user()),
                  "PRIMARY KEY (\"tenant_id\", \"user_id\", \"id\")"));
  table.isolation->user = column("user_id", "tenancy.user_id", ColumnType::user_id);
  table.columns.push_back(*table.isolation->user);
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::wrong_state));
  EXPECT_TRUE(planned(decide({{table}, {}, {}}, by_user())));

  Protection other = by_user();
  other.tenant_column = "id";
  EXPECT_TRUE(refused(decide({{table}, {}, {}}, other), Objection::wrong_state));
}

TEST(Policy, ExistingIsolationIsFoundUnderAnotherName) {
  Table table = protected_table();
  table.isolation->tenant = table.columns.back() = column("org", "uuid", ColumnType::uuid);
  EXPECT_FALSE(has(decide({{table}, {}, {}}), "ADD COLUMN"));
}

TEST(Unprotect, DropsPoliciesDefaultsAndForceAndKeepsKeys) {
  const Decision decision = plan_unprotection({{protected_table()}, {}, {}}, {});
  EXPECT_EQ(text_of(decision),
            "DROP POLICY \"tenancy_floor\" ON \"app\".\"t\";\n"
            "DROP POLICY \"tenancy_access\" ON \"app\".\"t\";\n"
            "ALTER TABLE \"app\".\"t\" ALTER COLUMN \"tenant_id\" DROP DEFAULT,\n"
            "  NO FORCE ROW LEVEL SECURITY,\n"
            "  DISABLE ROW LEVEL SECURITY;\n");
  EXPECT_TRUE(refused(plan_unprotection({{plain()}, {}, {}}, {}), Objection::wrong_state));
}

TEST(Unprotect, RowSecurityStaysForPoliciesOfTheTable) {
  Table table = protected_table();
  table.policies.push_back({"theirs", "", true, true, "true", ""});
  EXPECT_FALSE(has(plan_unprotection({{table}, {}, {}}, {}), "DISABLE ROW LEVEL SECURITY"));
  table = protected_table();
  std::erase_if(table.policies, [](const Policy& policy) { return policy.permissive; });
  EXPECT_FALSE(has(plan_unprotection({{table}, {}, {}}, {}), "DISABLE ROW LEVEL SECURITY"));
}

TEST(Unprotect, RestoreKeysNarrowsKeysAndForeignKeysAfterCounting) {
  Table table = protected_table();
  Key index = unique_index("email", {"tenant_id", ""}, "tenant_id, lower(email))");
  index.items = {"tenant_id", "lower(email)"};
  table.keys.push_back(index);
  ForeignKey composite = reference("child", "t");
  composite.child_columns = {"tenant_id", "parent_id"};
  composite.parent_columns = {"tenant_id", "id"};
  const Decision decision = plan_unprotection({{table}, {}, {composite}}, {true, ""});
  ASSERT_TRUE(planned(decision));
  EXPECT_EQ(std::get<Plan>(decision).before.size(), 2u);
  EXPECT_EQ(std::get<Plan>(decision).before[0].refusal->objection, Objection::not_unique);
  EXPECT_TRUE(has(decision, "PRIMARY KEY (\"id\")"));
  EXPECT_TRUE(has(decision, "USING btree (lower(email))"));
  EXPECT_TRUE(has(decision, "FOREIGN KEY (\"parent_id\") REFERENCES \"app\".\"t\" (\"id\")"));

  composite.on_delete = 'n';
  composite.set_columns = {"parent_id"};
  EXPECT_TRUE(has(plan_unprotection({{table}, {}, {composite}}, {true, ""}),
                  "(\"id\") ON DELETE SET NULL;"));
  composite.child_columns.push_back("other");
  composite.parent_columns.push_back("other");
  EXPECT_TRUE(has(plan_unprotection({{table}, {}, {composite}}, {true, ""}),
                  "ON DELETE SET NULL (\"parent_id\");"));

  table.keys.back().body = "tenant_id DESC, lower(email))";
  EXPECT_TRUE(refused(plan_unprotection({{table}, {}, {}}, {true, ""}), Objection::unsupported));
}

TEST(Unprotect, ConvertColumnsNeedsForeignKeysOutOfTheWay) {
  ForeignKey composite = reference("child", "t");
  composite.child_columns = {"tenant_id", "parent_id"};
  composite.parent_columns = {"tenant_id", "id"};
  const World world{{protected_table()}, {}, {composite}};
  EXPECT_TRUE(refused(plan_unprotection(world, {false, "text"}), Objection::dependents));
  EXPECT_TRUE(has(plan_unprotection(world, {true, "text"}),
                  "ALTER COLUMN \"tenant_id\" TYPE text USING \"tenant_id\"::text::text"));
}

}  // namespace
