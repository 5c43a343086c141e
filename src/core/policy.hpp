// What protecting a table needs, as data: from the description of some tables to the DDL that
// isolates them, or to a refusal that names the way out.
//
// Nothing here reads a catalog or runs a statement, so every decision can be tested without a
// server. A plan is all or nothing: it is made for a set of tables at once, because the foreign
// keys among them have to come off before the keys they point to change.
#pragma once

#include "core/pure.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace tenancy::core::policy {

struct RelationName {
  std::string schema, name;
  bool operator==(const RelationName&) const = default;
};

// The types an isolation column may have. All integer types compare with the bigint accessor.
enum class ColumnType { tenant_id, user_id, uuid, text, integer, other };

struct Column {
  std::string name;
  std::string printed;    // the name as PostgreSQL prints it, quoted where needed
  std::string type_name;  // as PostgreSQL prints it
  ColumnType type = ColumnType::other;
  bool not_null = false;
  bool computed = false;          // generated, or an identity
  bool deterministic = true;      // its collation tells different strings apart
  std::string default_text = {};  // empty: none
};

// A unique index, alone or behind a constraint of the same name, or an exclusion constraint.
struct Key {
  enum class Kind { primary, unique, index, exclusion };
  std::string name;
  Kind kind = Kind::index;
  // Key columns in their order; "" is an expression, or compared by something else than "=".
  std::vector<std::string> columns;
  std::vector<std::string> items;  // the same as SQL text, expressions too
  std::vector<std::string> included;
  std::string head, body, where;     // kind index and exclusion: its definition, cut after
                                     // "USING … (" and before its WHERE
  std::string method;                // the access method
  std::vector<ColumnType> compares;  // kind exclusion: the types that its method finds equal
  std::string predicate;             // of a partial index, as SQL
  std::vector<std::string> storage;  // "fillfactor=70"
  std::string tablespace;            // empty: the database's
  bool nulls_not_distinct = false, deferrable = false, deferred = false;
  bool valid = true, clustered = false;
  bool replica_identity = false;  // by name
  bool identifies = false;        // what replication finds rows by: by name, or as primary key
  std::optional<RelationName> attached_to;  // index of the partitioned table whose part it is
  std::optional<std::string> comment, constraint_comment;
  std::vector<std::pair<int, int>> statistics;  // (index column, target)
  std::vector<std::string> extensions;          // it is dropped with them
  std::vector<std::string> dependents;          // what would be lost with it, described
};

// A btree index that is not unique.
struct PlainIndex {
  std::string name;
  std::string first;  // its first column; an expression is ""
  std::string body;   // its definition after "USING btree ("
};

struct ForeignKey {
  std::string name;
  RelationName child, parent;
  std::vector<std::string> child_columns, parent_columns;  // pairs
  std::string parent_key;                                  // the index it relies on
  char on_update = 'a', on_delete = 'a';                   // as in pg_constraint: a r c n d
  std::vector<std::string> set_columns;                    // of ON DELETE SET NULL / DEFAULT
  bool match_full = false, deferrable = false, deferred = false, validated = true;
  bool special = false;  // inherited, PERIOD or NOT ENFORCED
  std::optional<std::string> comment;
};

struct Policy {
  std::string name;
  std::string definition;  // CREATE POLICY …, without the semicolon
  bool permissive = true;
  bool everyone = false;  // TO PUBLIC
  std::string using_text, check_text;
  char command = '*';  // as in pg_policy: * r a w d
};

// What a table asks for beside the isolation; neither, where it does not.
struct Permissions {
  std::optional<std::string> write;     // to write to it at all
  std::optional<std::string> read_all;  // to read the rows of all users of the own tenant
  bool operator==(const Permissions&) const = default;
};

struct Sequence {
  RelationName name;
  std::vector<std::string>
      readers;  // others than its owner that hold SELECT or UPDATE; "" is PUBLIC
  std::vector<std::string> movers;  // those of them that hold UPDATE and not USAGE
};

// A view over a table of the set, directly or through views.
struct View {
  RelationName name;
  std::string owner;
  bool same_owner = false;      // as the table's
  bool owner_bypasses = false;  // row security: a superuser, or BYPASSRLS
  // GRANTs that its users would need to go on using it with their own rights.
  std::vector<std::string> missing_rights;
};

// How a table is isolated, read from its policies. No user column: by tenant.
struct Isolation {
  Column tenant;
  std::optional<Column> user;
  bool by_user() const { return user.has_value(); }
};

struct Trigger {
  std::string name;
  char enabled = 'O';  // as in pg_trigger: O D R A
};

// A table that this one is a partition or a child of.
struct Parent {
  RelationName name, root;             // root: of the whole tree
  std::optional<Isolation> isolation;  // as it is; of no use where the parent is in the set
  bool has_access_policy = false;      // ours
  std::vector<Policy> policies = {};
};

// Publishes only these columns, and updates or deletions.
struct Publication {
  std::string name;
  std::vector<std::string> columns;
};

struct Table {
  RelationName name;
  std::string owner;
  std::string unsupported;   // why it cannot be protected in this version; empty: it can
  bool partitioned = false;  // holds no rows itself
  bool partition = false;
  std::vector<Parent> parents;
  std::vector<Column> columns;
  std::vector<Key> keys;
  std::vector<PlainIndex> indexes;
  std::vector<std::string> temporal;  // keys WITHOUT OVERLAPS
  std::vector<Sequence> sequences;    // its own: of serial and identity columns
  std::vector<Policy> policies;       // all of them, ours too
  bool row_security = false, forced = false;
  std::vector<std::string> grantees;     // hold TRUNCATE, REFERENCES or TRIGGER; "" is PUBLIC
  std::vector<std::string> writers;      // hold these or INSERT, UPDATE or DELETE
  std::vector<std::string> maintainers;  // hold MAINTAIN, which PostgreSQL has from 17 on
  std::vector<Trigger> triggers;         // the users' own
  std::vector<std::string> update_rules;
  std::vector<Publication> publications;
  std::optional<Isolation> isolation;
};

// A table outside the set that a foreign key connects with one of it.
struct Neighbour {
  RelationName name;
  std::string owner;
  std::optional<Isolation> isolation;
  std::vector<std::string> deleters =
      {};  // others than its owner that may delete rows; "" is PUBLIC
};

struct World {
  std::vector<Table> tables;  // parents before their partitions and children
  std::vector<Neighbour> neighbours;
  std::vector<ForeignKey> foreign_keys;
  std::vector<View> views = {};  // those that run with their owner's rights
};

enum class ExistingPolicies { refuse, keep, replace };

struct Protection {
  bool by_user = false;
  std::string tenant_column = "tenant_id", user_column = "user_id";
  std::string added_type_name = "tenancy.tenant_id";
  ColumnType added_type = ColumnType::tenant_id;
  std::optional<std::string> backfill_tenant, backfill_using;
  ExistingPolicies existing_policies = ExistingPolicies::refuse;
  Permissions permissions;  // one that is not named stays as it is
  // Of a table that is protected: keys and foreign keys get what they lack, nothing else changes.
  bool keys_only = false;
};

struct Unprotection {
  bool restore_keys = false;
  std::string convert_to;  // type name; empty: columns keep their types
};

// Each becomes one SQLSTATE at the border.
enum class Objection {
  unsupported,      // 0A000
  wrong_state,      // 55000
  dependents,       // 2BP01
  no_owner,         // 42501
  missing_values,   // 23502
  not_unique,       // 23505
  ambiguous,        // 42702
  bad_argument,     // 22023
  too_many_columns  // 54011
};

struct Refusal {
  Objection objection;
  std::string message, detail, hint;  // "{count}" stands for what a check counted
};

struct Step {
  enum class Kind {
    ddl,       // a statement
    backfill,  // one statement holding the caller's own expression
    remark,    // a comment for the reader
    check      // a query counting offending rows; any is a refusal
  };
  Kind kind;
  std::string sql;
  std::optional<Refusal> refusal = {};  // of a check
};

struct Plan {
  std::vector<Step> before;  // checks that hold already before the first change
  std::vector<Step> steps;
};

using Decision = std::variant<Plan, Refusal>;

// `protections` runs parallel to world.tables.
//
// Partitions and children are isolated as their parents are, whatever their own protections say:
// parents in the set, or protected already. One whose parent is neither is refused.
Decision plan_protection(const World& world, const std::vector<Protection>& protections);
// world.tables holds the one table, or a tree from its root on.
Decision plan_unprotection(const World& world, const Unprotection& wishes);

// For a table the same for every tenant: nobody but its owner may write to it.
Plan plan_read_only(const Table& table);

std::string quote_name(std::string_view name);     // always quoted
std::string quote_text(std::string_view literal);  // safe whatever standard_conforming_strings says
std::string quoted(const RelationName& name);

inline constexpr const char* kFloorPolicy = "tenancy_floor";
inline constexpr const char* kAccessPolicy = "tenancy_access";
inline constexpr const char* kWriteInsertPolicy = "tenancy_write_insert";
inline constexpr const char* kWriteUpdatePolicy = "tenancy_write_update";
inline constexpr const char* kWriteDeletePolicy = "tenancy_write_delete";
inline constexpr const char* kReadAllPolicy = "tenancy_read_all";
inline constexpr std::array<const char*, 6> kPolicyNames{kFloorPolicy,       kAccessPolicy,
                                                         kWriteInsertPolicy, kWriteUpdatePolicy,
                                                         kWriteDeletePolicy, kReadAllPolicy};
bool is_our_policy_name(std::string_view name);

}  // namespace tenancy::core::policy
