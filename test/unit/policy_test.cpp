// The plans of protect(), without a server.
#include <gtest/gtest.h>

#include "policy_tables.hpp"

namespace {

using namespace tenancy::core::policy;

TEST(Policy, NamesAndTextsAreQuotedWhateverTheyHold) {
  EXPECT_EQ(quote_name("a\"b; DROP"), "\"a\"\"b; DROP\"");
  EXPECT_EQ(quote_text("it's"), "'it''s'");
  EXPECT_EQ(quote_text("a\\'b"), "E'a\\\\''b'");
}

TEST(Policy, PlainTableGetsColumnKeyFloorAndAccess) {
  const Decision decision = decide({{plain()}, {}, {}});
  ASSERT_TRUE(planned(decision));
  EXPECT_EQ(text_of(decision),
            "ALTER TABLE \"app\".\"t\" ADD COLUMN \"tenant_id\" tenancy.tenant_id NOT NULL,\n"
            "  DROP CONSTRAINT \"t_pkey\",\n"
            "  ADD CONSTRAINT \"t_pkey\" PRIMARY KEY (\"tenant_id\", \"id\");\n"
            "ALTER TABLE \"app\".\"t\" ALTER COLUMN \"tenant_id\" SET DEFAULT "
            "tenancy.current_tenant_id(),\n"
            "  ENABLE ROW LEVEL SECURITY,\n"
            "  FORCE ROW LEVEL SECURITY;\n"
            "CREATE POLICY \"tenancy_floor\" ON \"app\".\"t\" AS RESTRICTIVE FOR ALL TO PUBLIC\n"
            "  USING ((\"tenant_id\" = tenancy.current_tenant_id()))\n"
            "  WITH CHECK ((\"tenant_id\" = tenancy.current_tenant_id()));\n"
            "CREATE POLICY \"tenancy_access\" ON \"app\".\"t\" AS PERMISSIVE FOR ALL TO PUBLIC\n"
            "  USING ((\"tenant_id\" = tenancy.current_tenant_id()))\n"
            "  WITH CHECK (true);\n");
}

TEST(Policy, AddingAColumnChecksThatNoRowLacksATenant) {
  const Decision decision = decide({{plain()}, {}, {}});
  ASSERT_EQ(std::get<Plan>(decision).before.size(), 1u);
  EXPECT_EQ(std::get<Plan>(decision).before[0].refusal->objection, Objection::missing_values);

  Protection wishes;
  wishes.backfill_tenant = "acme";
  const Decision filled = decide({{plain()}, {}, {}}, wishes);
  EXPECT_TRUE(std::get<Plan>(filled).before.empty());
  EXPECT_TRUE(has(filled, "ADD COLUMN \"tenant_id\" tenancy.tenant_id DEFAULT 'acme' NOT NULL"));
  EXPECT_FALSE(has(filled, "UPDATE"));
}

TEST(Policy, BackfillExpressionRunsWithUserTriggersOffAndTheirStatesComeBack) {
  Table table = plain();
  table.triggers = {{"plain", 'O'}, {"always", 'A'}, {"replica", 'R'}, {"off", 'D'}};
  Protection wishes;
  wishes.backfill_using = "org";
  const Decision decision = decide({{table}, {}, {}}, wishes);
  EXPECT_LT(position(decision, "DISABLE TRIGGER \"plain\""), position(decision, "UPDATE ONLY"));
  EXPECT_GT(position(decision, "ENABLE TRIGGER \"plain\""), position(decision, "UPDATE ONLY"));
  EXPECT_TRUE(has(decision, "ENABLE ALWAYS TRIGGER \"always\""));
  EXPECT_TRUE(has(decision, "ENABLE REPLICA TRIGGER \"replica\""));
  EXPECT_FALSE(has(decision, "\"off\""));

  table.update_rules = {"r"};
  EXPECT_TRUE(refused(decide({{table}, {}, {}}, wishes), Objection::unsupported));
  EXPECT_TRUE(planned(decide({{table}, {}, {}})));
}

TEST(Policy, BothBackfillsAreOneTooMany) {
  Protection wishes;
  wishes.backfill_tenant = "acme";
  EXPECT_TRUE(planned(decide({{plain()}, {}, {}}, wishes)));
  wishes.backfill_using = "org";
  EXPECT_TRUE(refused(decide({{plain()}, {}, {}}, wishes), Objection::bad_argument));
}

TEST(Policy, ColumnIsFoundByNameThenByType) {
  Table table = plain();
  table.columns.push_back(column("org", "tenancy.tenant_id", ColumnType::tenant_id));
  EXPECT_TRUE(has(decide({{table}, {}, {}}), "(\"org\" = tenancy.current_tenant_id())"));
  EXPECT_FALSE(has(decide({{table}, {}, {}}), "ADD COLUMN"));
  table.columns.push_back(column("tenant_id", "uuid", ColumnType::uuid));
  EXPECT_TRUE(has(decide({{table}, {}, {}}), "(\"tenant_id\" = tenancy.current_tenant_uuid())"));
  table.columns.back().name = "other";
  table.columns.back().type = ColumnType::tenant_id;
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::ambiguous));
}

TEST(Policy, EachTypeComparesWithItsOwnAccessor) {
  const std::pair<ColumnType, const char*> cases[] = {
      {ColumnType::tenant_id, "current_tenant_id()"},
      {ColumnType::uuid, "current_tenant_uuid()"},
      {ColumnType::text, "current_tenant_text()"},
      {ColumnType::integer, "current_tenant_bigint()"}};
  for (const auto& [type, accessor] : cases) {
    Table table = plain();
    table.columns.push_back(column("tenant_id", "x", type));
    EXPECT_TRUE(has(decide({{table}, {}, {}}), accessor)) << accessor;
  }
  for (const ColumnType type : {ColumnType::other, ColumnType::user_id}) {
    Table table = plain();
    table.columns.push_back(column("tenant_id", "x", type));
    EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::unsupported));
  }
}

TEST(Policy, UnusableColumnsAreRefused) {
  Table table = plain();
  table.columns.push_back(column("tenant_id", "text", ColumnType::text));
  EXPECT_TRUE(planned(decide({{table}, {}, {}})));
  table.columns.back().deterministic = false;
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::unsupported));
  table.columns.back().deterministic = true;
  table.columns.back().computed = true;
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::unsupported));
}

TEST(Policy, TextColumnsAreCheckedForSpellings) {
  Table table = plain();
  table.columns.push_back(column("tenant_id", "text", ColumnType::text));
  EXPECT_EQ(std::get<Plan>(decide({{table}, {}, {}})).before.size(), 2u);
  table.columns.back().type = ColumnType::uuid;
  EXPECT_TRUE(std::get<Plan>(decide({{table}, {}, {}})).before.empty());
}

TEST(Policy, UserIsolationPutsBothColumnsInFront) {
  const Decision decision = decide({{plain()}, {}, {}}, by_user());
  EXPECT_TRUE(has(decision, "PRIMARY KEY (\"tenant_id\", \"user_id\", \"id\")"));
  EXPECT_TRUE(has(decision,
                  "USING (((\"tenant_id\" = tenancy.current_tenant_id()) AND (\"user_id\" = "
                  "tenancy.current_user_id())))\n  WITH CHECK ((\"user_id\" = "
                  "tenancy.current_user_id()))"));
}

TEST(Policy, KeepLeavesAccessToTheTableAndStillSeparatesUsers) {
  Table table = plain();
  table.policies = {{"theirs", "CREATE POLICY theirs", true, true, "true", ""}};
  EXPECT_TRUE(refused(decide({{table}, {}, {}}, by_user()), Objection::wrong_state));
  Protection wishes = by_user();
  wishes.existing_policies = ExistingPolicies::keep;
  const Decision kept = decide({{table}, {}, {}}, wishes);
  EXPECT_TRUE(has(kept, "tenancy_floor"));
  EXPECT_TRUE(has(kept, "current_user_id()"));
  EXPECT_FALSE(has(kept, "tenancy_access"));
  EXPECT_FALSE(has(kept, "DROP POLICY"));
  wishes.existing_policies = ExistingPolicies::replace;
  const Decision replaced = decide({{table}, {}, {}}, wishes);
  EXPECT_TRUE(has(replaced, "DROP POLICY \"theirs\""));
  EXPECT_TRUE(has(replaced, "CREATE POLICY theirs;"));
  EXPECT_EQ(std::get<Plan>(replaced).steps[0].kind, Step::Kind::remark);
}

TEST(Policy, RowSecurityWithoutPoliciesIsNotOpened) {
  Table table = plain();
  table.row_security = true;
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::wrong_state));
  Protection wishes;
  wishes.existing_policies = ExistingPolicies::replace;
  EXPECT_TRUE(planned(decide({{table}, {}, {}}, wishes)));
}

TEST(Policy, KeysKeepWhatTheyHave) {
  Table table = plain();
  Key& key = table.keys[0];
  key.included = {"parent_id"};
  key.storage = {"fillfactor=70"};
  key.tablespace = "fast";
  key.nulls_not_distinct = false;
  key.deferrable = key.deferred = true;
  key.clustered = key.replica_identity = true;
  key.comment = "it's a key";
  key.constraint_comment = "c";
  key.statistics = {{1, 500}};
  const Decision decision = decide({{table}, {}, {}});
  EXPECT_TRUE(has(decision,
                  "ADD CONSTRAINT \"t_pkey\" PRIMARY KEY (\"tenant_id\", \"id\") INCLUDE "
                  "(\"parent_id\") WITH (\"fillfactor\" = '70') USING INDEX TABLESPACE \"fast\" "
                  "DEFERRABLE INITIALLY DEFERRED"));
  EXPECT_TRUE(has(decision, "CLUSTER ON \"t_pkey\""));
  EXPECT_TRUE(has(decision, "REPLICA IDENTITY USING INDEX \"t_pkey\""));
  EXPECT_TRUE(has(decision, "COMMENT ON INDEX \"app\".\"t_pkey\" IS 'it''s a key'"));
  EXPECT_TRUE(has(decision, "COMMENT ON CONSTRAINT \"t_pkey\" ON \"app\".\"t\" IS 'c'"));
  EXPECT_TRUE(has(decision, "ALTER COLUMN 2 SET STATISTICS 500"));
}

TEST(Policy, IndexDefinitionsAreKeptWord) {
  Table table = plain();
  Key index = unique_index("t_lower", {""}, "lower(name) COLLATE \"C\" DESC) INCLUDE (id)");
  index.predicate = "(id > 0)";
  index.where = " WHERE (id > 0)";
  index.tablespace = "fast";
  table.keys = {index};
  const Decision decision = decide({{table}, {}, {}});
  EXPECT_TRUE(has(decision, "DROP INDEX \"app\".\"t_lower\""));
  EXPECT_TRUE(has(decision,
                  "CREATE UNIQUE INDEX t_lower ON app.t USING btree (\"tenant_id\", lower(name) "
                  "COLLATE \"C\" DESC) INCLUDE (id) TABLESPACE \"fast\" WHERE (id > 0)"));
}

TEST(Policy, KeysThatHoldTheColumnsStay) {
  Table table = plain();
  table.columns.push_back(column("tenant_id", "uuid", ColumnType::uuid));
  table.keys = {primary_key("t_pkey", {"id", "tenant_id"})};
  EXPECT_FALSE(has(decide({{table}, {}, {}}), "t_pkey"));
  EXPECT_TRUE(has(decide({{table}, {}, {}}, by_user()),
                  "PRIMARY KEY (\"tenant_id\", \"user_id\", \"id\")"));
}

TEST(Policy, KeysThatCannotFollowAreRefused) {
  Table table = plain();
  table.keys[0].dependents = {"view v"};
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::dependents));
  table = plain();
  table.keys[0].valid = false;
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::wrong_state));
  table = plain();
  table.keys[0].columns.assign(31, "id");
  EXPECT_TRUE(planned(decide({{table}, {}, {}})));
  table.keys[0].columns.assign(32, "id");
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::too_many_columns));
}

TEST(Policy, OtherKindsOfTablesAreRefused) {
  Table table = plain();
  table.unsupported = "it is partitioned";
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::unsupported));
  table = plain();
  table.temporal = {"no_overlap"};
  EXPECT_TRUE(refused(decide({{table}, {}, {}}), Objection::unsupported));
}

}  // namespace
