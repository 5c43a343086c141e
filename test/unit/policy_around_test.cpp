// Plans for what surrounds a table: exclusion constraints, sequences, views, indexes, remarks.
#include <gtest/gtest.h>

#include "policy_tables.hpp"

namespace {

using namespace tenancy::core::policy;

Key exclusion(std::vector<ColumnType> compares) {
  Key key = unique_index("no_overlap", {""}, "during WITH &&)");
  key.kind = Key::Kind::exclusion;
  key.head = "EXCLUDE USING gist (";
  key.method = "gist";
  key.where = " WHERE (x > 0) DEFERRABLE";
  key.tablespace = "fast";
  key.compares = std::move(compares);
  return key;
}

TEST(PolicyAround, ExclusionConstraintsCompareTheTenantFirst) {
  Table table = plain();
  table.keys = {exclusion({ColumnType::uuid})};
  Protection wishes;
  wishes.added_type = ColumnType::uuid;
  wishes.added_type_name = "uuid";
  EXPECT_TRUE(has(decide({{table}, {}, {}}, wishes),
                  "ADD CONSTRAINT \"no_overlap\" EXCLUDE USING gist (\"tenant_id\" WITH =, during "
                  "WITH &&) USING INDEX TABLESPACE \"fast\" WHERE (x > 0) DEFERRABLE"));
}

TEST(PolicyAround, ExclusionConstraintsThatCannotCompareItSayTheWayOut) {
  Table table = plain();
  table.keys = {exclusion({ColumnType::uuid, ColumnType::text})};
  const Decision own = decide({{table}, {}, {}});
  ASSERT_TRUE(refused(own, Objection::unsupported));
  EXPECT_NE(std::get<Refusal>(own).hint.find("tenant_column_type"), std::string::npos);
  table.keys = {exclusion({})};
  Protection wishes;
  wishes.added_type = ColumnType::text;
  wishes.added_type_name = "text";
  const Decision bare = decide({{table}, {}, {}}, wishes);
  ASSERT_TRUE(refused(bare, Objection::unsupported));
  EXPECT_EQ(std::get<Refusal>(bare).hint, "CREATE EXTENSION btree_gist");
  table.keys[0].method = "hash";
  EXPECT_TRUE(refused(decide({{table}, {}, {}}, wishes), Objection::unsupported));
}

TEST(PolicyAround, ExclusionConstraintsGoBack) {
  Table table = protected_table();
  Key key = exclusion({});
  key.columns = {"tenant_id", ""};
  key.items = {"tenant_id", "during"};
  key.body = "tenant_id WITH =, during WITH &&)";
  table.keys = {key};
  const Decision decision = plan_unprotection({{table}, {}, {}}, {true, ""});
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(has(decision, "EXCLUDE USING gist (during WITH &&)"));
  table.keys[0].body = "tenant_id some_ops WITH =, during WITH &&)";
  EXPECT_TRUE(refused(plan_unprotection({{table}, {}, {}}, {true, ""}), Objection::unsupported));
}

TEST(PolicyAround, OthersKeepUsageOfSequences) {
  Table table = plain();
  table.sequences = {{{"app", "s"}, {"reader", "mover", ""}, {"mover"}}};
  const Decision decision = decide({{table}, {}, {}});
  EXPECT_TRUE(has(decision, "GRANT USAGE ON SEQUENCE \"app\".\"s\" TO \"mover\""));
  EXPECT_TRUE(has(decision,
                  "REVOKE SELECT, UPDATE ON SEQUENCE \"app\".\"s\" FROM \"reader\", "
                  "\"mover\", PUBLIC CASCADE"));
  table.sequences = {{{"app", "s"}, {}, {}}};
  EXPECT_FALSE(has(decide({{table}, {}, {}}), "SEQUENCE"));
}

std::string settled(const View& view) {
  World world{{plain()}, {}, {}};
  world.views = {view};
  const std::string text = text_of(decide(world));
  const bool set = text.find("\nALTER VIEW") != std::string::npos;
  const bool said = text.find("\nview ") != std::string::npos;
  return std::string(set ? "set" : "kept") + (said ? ", said" : "");
}

TEST(PolicyAround, ViewsRunWithTheirUsersRightsWhereNobodyLoses) {
  View view{{"app", "v"}, "owner", true, false, {}};
  EXPECT_EQ(settled(view), "set");
  view.missing_rights = {"GRANT SELECT ON app.t TO app"};
  EXPECT_EQ(settled(view), "kept, said");
  view.owner_bypasses = true;
  EXPECT_EQ(settled(view), "set, said");
  view.same_owner = false;
  EXPECT_EQ(settled(view), "kept, said");
}

TEST(PolicyAround, RemarksAreMadeOnce) {
  Table table = protected_table();
  table.indexes = {{"i", "a", "a)"}};
  World world{{table}, {}, {}};
  world.views = {{{"app", "v"}, "somebody", false, false, {}}};
  EXPECT_EQ(text_of(decide(world)), "");
  table.isolation.reset();
  table.policies.clear();
  table.row_security = false;
  world.tables = {table};
  EXPECT_TRUE(has(decide(world), "CREATE INDEX ON \"app\".\"t\" (\"tenant_id\", a)"));
  table.indexes[0].first = "tenant_id";
  world.tables = {table};
  EXPECT_FALSE(has(decide(world), "CREATE INDEX"));
}

TEST(PolicyAround, ForeignKeysThatDoMoreThanTheySeem) {
  ForeignKey key = reference("t", "ref");
  World world{{plain()}, {{{"app", "ref"}, "owner", {}}}, {key}};
  world.foreign_keys[0].on_delete = 'c';
  EXPECT_FALSE(has(decide(world), "foreign key"));
  world.neighbours[0].deleters = {"", "app"};
  EXPECT_TRUE(has(decide(world),
                  "deletes rows of every tenant: REVOKE DELETE ON TABLE "
                  "\"app\".\"ref\" FROM PUBLIC, \"app\""));
  world.foreign_keys[0].on_delete = 'n';
  EXPECT_TRUE(has(decide(world), "changes rows of every tenant"));
  world.foreign_keys[0].on_delete = 'r';
  EXPECT_FALSE(has(decide(world), "foreign key"));
}

TEST(PolicyAround, ReplacedDefaultIsSaid) {
  Table table = plain();
  table.columns.push_back(by_tenant().tenant);
  table.columns.back().default_text = "'main'::text";
  EXPECT_TRUE(has(decide({{table}, {}, {}}),
                  "the default of \"tenant_id\" of \"app\".\"t\" was 'main'::text"));
}

}  // namespace
