// Plans for partitions and inheritance children.
#include <gtest/gtest.h>

#include "policy_tables.hpp"

namespace {

using namespace tenancy::core::policy;

Table part_of(const Table& parent, const std::string& name, bool partition = true) {
  Table table = plain(name);
  table.partition = partition;
  table.parents = {{parent.name, parent.name, {}, false}};
  return table;
}

World partitioned() {
  Table root = plain("root");
  root.partitioned = true;
  Table leaf = part_of(root, "leaf");
  leaf.keys[0].attached_to = RelationName{"app", "root_pkey"};
  return {{root, leaf}, {}, {}};
}

TEST(PolicyTree, PartitionsMakeTheirKeysThemselvesAndAttachThem) {
  const Decision decision = decide(partitioned());
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(has(decision, "ALTER TABLE \"app\".\"root\" DROP CONSTRAINT \"root_pkey\";"));
  EXPECT_TRUE(has(decision, "ALTER TABLE ONLY \"app\".\"root\" ADD CONSTRAINT \"root_pkey\""));
  EXPECT_FALSE(has(decision, "DROP CONSTRAINT \"leaf_pkey\""));
  EXPECT_TRUE(has(decision, "ALTER TABLE \"app\".\"leaf\" ADD CONSTRAINT \"leaf_pkey\""));
  EXPECT_TRUE(has(decision,
                  "ALTER INDEX \"app\".\"root_pkey\" ATTACH PARTITION "
                  "\"app\".\"leaf_pkey\";"));
  EXPECT_LT(position(decision, "ADD CONSTRAINT \"leaf_pkey\""),
            position(decision, "ATTACH PARTITION"));
}

TEST(PolicyTree, WhatParentsDoToTheirPartsIsNotDoneAgain) {
  const Decision decision = decide(partitioned());
  EXPECT_TRUE(has(decision, "\"root\" ADD COLUMN"));
  EXPECT_FALSE(has(decision, "\"leaf\" ADD COLUMN"));
  EXPECT_TRUE(has(decision, "\"leaf\" ENABLE ROW LEVEL SECURITY"));
  EXPECT_TRUE(has(decision, "CREATE POLICY \"tenancy_floor\" ON \"app\".\"leaf\""));
  EXPECT_EQ(std::get<Plan>(decision).before.size(), 2u) << "each counts its own rows";
}

TEST(PolicyTree, OneUpdateFillsTheTree) {
  World world = partitioned();
  world.tables[1].triggers = {{"t", 'O'}};
  Protection wishes;
  wishes.backfill_using = "org";
  const Decision decision = decide(world, wishes);
  EXPECT_TRUE(has(decision, "UPDATE \"app\".\"root\" SET"));
  EXPECT_FALSE(has(decision, "UPDATE ONLY"));
  EXPECT_LT(position(decision, "ALTER TABLE ONLY \"app\".\"leaf\" DISABLE TRIGGER \"t\""),
            position(decision, "UPDATE \"app\""));
  EXPECT_GT(position(decision, "ENABLE TRIGGER \"t\""), position(decision, "UPDATE \"app\""));
}

TEST(PolicyTree, ChildrenByInheritanceChangeTheirOwnKeys) {
  const Table parent = plain("parent");
  const Decision decision = decide({{parent, part_of(parent, "child", false)}, {}, {}});
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(has(decision, "DROP CONSTRAINT \"child_pkey\""));
  EXPECT_FALSE(has(decision, "ATTACH"));
}

TEST(PolicyTree, PartOfAnUnprotectedParentIsRefusedAndTheRootNamed) {
  Table leaf = part_of(plain("mid"), "leaf");
  leaf.parents[0].root = {"app", "root"};
  const Decision decision = decide({{leaf}, {}, {}});
  ASSERT_TRUE(refused(decision, Objection::unsupported));
  EXPECT_NE(std::get<Refusal>(decision).hint.find("\"app\".\"root\""), std::string::npos);
}

TEST(PolicyTree, PartOfAProtectedParentIsIsolatedAsItIs) {
  Table leaf = part_of(plain("root"), "leaf");
  leaf.columns.push_back(column("org", "uuid", ColumnType::uuid));
  leaf.columns.push_back(column("who", "text", ColumnType::text));
  leaf.parents[0].isolation = Isolation{leaf.columns[2], std::optional<Column>(leaf.columns[3])};
  leaf.parents[0].has_access_policy = true;
  const Decision decision = decide({{leaf}, {}, {}});
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(has(decision, "\"org\" = tenancy.current_tenant_uuid()"));
  EXPECT_TRUE(has(decision, "\"who\" = tenancy.current_user_text()"));
  EXPECT_TRUE(has(decision, "tenancy_access"));

  leaf.parents[0].has_access_policy = false;
  EXPECT_FALSE(has(decide({{leaf}, {}, {}}), "tenancy_access"))
      << "a parent with access rules of its own is not opened through a part";
}

TEST(PolicyTree, ParentsMustAgree) {
  Table heir = part_of(plain("a"), "heir", false);
  heir.parents.push_back({{"app", "b"}, {"app", "b"}, by_tenant(), true});
  heir.parents[0].isolation = by_tenant();
  heir.columns.push_back(by_tenant().tenant);
  EXPECT_TRUE(planned(decide({{heir}, {}, {}})));
  heir.parents[1].isolation->tenant.name = "other";
  EXPECT_TRUE(refused(decide({{heir}, {}, {}}), Objection::wrong_state));
  heir.parents[1].isolation.reset();
  EXPECT_TRUE(refused(decide({{heir}, {}, {}}), Objection::unsupported));
}

TEST(PolicyTree, KeyOfAParentThatLacksTheTenantCannotChangeAlone) {
  World world = partitioned();
  Table leaf = world.tables[1];
  leaf.columns.push_back(by_tenant().tenant);
  leaf.parents[0].isolation = by_tenant();
  EXPECT_TRUE(refused(decide({{leaf}, {}, {}}), Objection::wrong_state));
  leaf.keys[0].attached_to.reset();
  EXPECT_TRUE(planned(decide({{leaf}, {}, {}})));
}

TEST(PolicyTree, OneOwnerHasTheTree) {
  World world = partitioned();
  world.tables[1].owner = "somebody";
  EXPECT_TRUE(refused(decide(world), Objection::no_owner));
}

TEST(PolicyTree, TreesAreUnprotectedTogether) {
  Table root = protected_table();
  root.partitioned = true;
  Table leaf = protected_table();
  leaf.name.name = "leaf";
  leaf.keys[0].name = "leaf_pkey";
  leaf.keys[0].attached_to = RelationName{"app", "t_pkey"};
  leaf.partition = true;
  leaf.parents = {{root.name, root.name, by_tenant(), true}};
  EXPECT_TRUE(refused(plan_unprotection({{leaf}, {}, {}}, {}), Objection::wrong_state));
  const Decision decision = plan_unprotection({{root, leaf}, {}, {}}, {true, "text"});
  ASSERT_TRUE(planned(decision));
  EXPECT_TRUE(has(decision, "DROP POLICY \"tenancy_floor\" ON \"app\".\"leaf\""));
  EXPECT_TRUE(has(decision, "\"app\".\"t\" ALTER COLUMN \"tenant_id\" TYPE text"));
  EXPECT_FALSE(has(decision, "\"app\".\"leaf\" ALTER COLUMN \"tenant_id\" TYPE text"));
  EXPECT_TRUE(has(decision, "ATTACH PARTITION \"app\".\"leaf_pkey\""));
}

}  // namespace
