// Tables, keys and wishes for the tests of plans, and what plans say.
#pragma once

#include "core/policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace tenancy::core::policy {

inline Column column(const std::string& name, const std::string& type, ColumnType kind,
                     bool not_null = true) {
  Column made;
  made.name = made.printed = name;
  made.type_name = type;
  made.type = kind;
  made.not_null = not_null;
  return made;
}

inline Column number(const std::string& name) {
  return column(name, "bigint", ColumnType::integer);
}

inline Key primary_key(const std::string& name, std::vector<std::string> columns) {
  Key key;
  key.name = name;
  key.kind = Key::Kind::primary;
  key.columns = key.items = std::move(columns);
  return key;
}

inline Key unique_index(const std::string& name, std::vector<std::string> columns,
                        const std::string& body) {
  Key key = primary_key(name, std::move(columns));
  key.kind = Key::Kind::index;
  key.head = "CREATE UNIQUE INDEX " + name + " ON app.t USING btree (";
  key.body = body;
  return key;
}

inline Table plain(const std::string& name = "t") {
  Table table;
  table.name = {"app", name};
  table.owner = "owner";
  table.columns = {number("id"), number("parent_id")};
  table.keys = {primary_key(name + "_pkey", {"id"})};
  return table;
}

inline Isolation by_tenant() {
  return {column("tenant_id", "tenancy.tenant_id", ColumnType::tenant_id), {}};
}

inline ForeignKey reference(const std::string& child, const std::string& parent) {
  ForeignKey key;
  key.name = child + "_" + parent + "_fkey";
  key.child = {"app", child};
  key.parent = {"app", parent};
  key.child_columns = {"parent_id"};
  key.parent_columns = {"id"};
  key.parent_key = parent + "_pkey";
  return key;
}

inline Protection by_user() {
  Protection wishes;
  wishes.by_user = true;
  return wishes;
}

inline Decision decide(const World& world, const Protection& wishes = {}) {
  return plan_protection(world, std::vector<Protection>(world.tables.size(), wishes));
}

inline std::string text_of(const Decision& decision) {
  if (const auto* refusal = std::get_if<Refusal>(&decision)) return "refused: " + refusal->message;
  std::string out;
  for (const Step& step : std::get<Plan>(decision).steps) out += step.sql + ";\n";
  return out;
}

inline bool has(const Decision& decision, const std::string& text) {
  return text_of(decision).find(text) != std::string::npos;
}

inline testing::AssertionResult refused(const Decision& decision, Objection objection) {
  const auto* refusal = std::get_if<Refusal>(&decision);
  if (refusal == nullptr) return testing::AssertionFailure() << "planned:\n" << text_of(decision);
  if (refusal->objection != objection) return testing::AssertionFailure() << refusal->message;
  return testing::AssertionSuccess();
}

inline testing::AssertionResult planned(const Decision& decision) {
  if (std::holds_alternative<Plan>(decision)) return testing::AssertionSuccess();
  return testing::AssertionFailure() << text_of(decision);
}

inline size_t position(const Decision& decision, const std::string& text) {
  return text_of(decision).find(text);
}

// The table as the catalogs describe it once the plan for plain() has run.
inline Table protected_table() {
  Table table = plain();
  table.isolation = by_tenant();
  table.isolation->tenant.default_text = "tenancy.current_tenant_id()";
  table.columns.push_back(table.isolation->tenant);
  table.keys = {primary_key("t_pkey", {"tenant_id", "id"})};
  table.row_security = table.forced = true;
  const std::string condition = "(tenant_id = tenancy.current_tenant_id())";
  table.policies = {{kAccessPolicy, "", true, true, condition, "true"},
                    {kFloorPolicy, "", false, true, condition, condition}};
  return table;
}

}  // namespace tenancy::core::policy
