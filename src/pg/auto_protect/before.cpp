#include "core/policy_text.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "pg/auto_protect/before.hpp"
#include "pg/boundary.hpp"
#include "pg/planner/isolation_columns.hpp"

namespace tenancy::pg::auto_protect {
namespace {

namespace policy = core::policy;

struct Protected {
  policy::RelationName name;
  std::vector<std::string> isolating;  // its isolation columns
  std::vector<std::string> primary;    // the columns of its primary key
};

struct Found {
  NameData schema, name, isolating[2], primary[INDEX_MAX_KEYS];
  int isolating_count, primary_count;
};

void name_column(Relation relation, AttrNumber number, NameData* names, int* count) {
  names[(*count)++] = TupleDescAttr(RelationGetDescr(relation), number - 1)->attname;
}

// Nothing where the name means no protected table. Locks as reading does, and holds no lock on.
std::optional<Protected> find_protected(const RangeVar* written) {
  Found found{};
  call([&] {
    const Oid relation = RangeVarGetRelid(written, NoLock, true);
    if (!OidIsValid(relation)) return;
    const Relation open = try_relation_open(relation, AccessShareLock);
    if (open == nullptr) return;
    const IsolationColumns columns = isolation_columns_of(open);
    if (columns.tenant != InvalidAttrNumber) {
      name_column(open, columns.tenant, found.isolating, &found.isolating_count);
      if (columns.user != InvalidAttrNumber) {
        name_column(open, columns.user, found.isolating, &found.isolating_count);
      }
      namestrcpy(&found.schema, get_namespace_name(RelationGetNamespace(open)));
      namestrcpy(&found.name, RelationGetRelationName(open));
      Bitmapset* const key = RelationGetIndexAttrBitmap(open, INDEX_ATTR_BITMAP_PRIMARY_KEY);
      for (int bit = -1; (bit = bms_next_member(key, bit)) >= 0;) {
        const AttrNumber number = static_cast<AttrNumber>(bit + FirstLowInvalidHeapAttributeNumber);
        if (number > 0) name_column(open, number, found.primary, &found.primary_count);
      }
    }
    relation_close(open, AccessShareLock);
  });
  if (found.isolating_count == 0) return std::nullopt;
  Protected table{{NameStr(found.schema), NameStr(found.name)}, {}, {}};
  for (int i = 0; i < found.isolating_count; i++) {
    table.isolating.emplace_back(NameStr(found.isolating[i]));
  }
  for (int i = 0; i < found.primary_count; i++) {
    table.primary.emplace_back(NameStr(found.primary[i]));
  }
  return table;
}

bool holds(const std::vector<std::string>& columns, const std::vector<std::string>& wanted) {
  return std::all_of(wanted.begin(), wanted.end(),
                     [&](const std::string& name) { return policy::contains(columns, name); });
}

// The isolation columns that are not there yet, then the others as they were written.
std::string list(const std::vector<std::string>& isolating, const std::vector<std::string>& given) {
  std::string text;
  const auto add = [&](const std::string& item) {
    text += (text.empty() ? "" : ", ") + item;
  };
  for (const std::string& name : isolating) {
    if (!policy::contains(given, name)) add(policy::quote_name(name));
  }
  for (const std::string& name : given) add(name.empty() ? "(...)" : policy::quote_name(name));
  return text;
}

void check_index(const IndexStmt* statement) {
  if (!statement->unique || !statement->concurrent) return;
  const auto table = find_protected(statement->relation);
  if (!table) return;
  std::vector<std::string> columns;
  for (int i = 0; i < list_length(statement->indexParams); i++) {
    const auto* const item = static_cast<IndexElem*>(list_nth(statement->indexParams, i));
    columns.emplace_back(item->name == nullptr ? "" : item->name);
  }
  if (holds(columns, table->isolating)) return;
  const std::string name =
      statement->idxname == nullptr ? "" : policy::quote_name(statement->idxname) + ' ';
  throw Refused(ERRCODE_FEATURE_NOT_SUPPORTED,
                "cannot create a unique index on " + policy::quoted(table->name) +
                    " without its isolation columns",
                "Tenants would meet in it, and an index that is built concurrently cannot be "
                "re-keyed by the command that makes it.",
                "CREATE UNIQUE INDEX CONCURRENTLY " + name + "ON " + policy::quoted(table->name) +
                    " (" + list(table->isolating, columns) + ')');
}

std::vector<std::string> names_of(const List* strings) {
  std::vector<std::string> names;
  for (int i = 0; i < list_length(strings); i++) {
    names.emplace_back(strVal(static_cast<Node*>(list_nth(strings, i))));
  }
  return names;
}

// `column`: the constraint stands behind this column's definition; null: on its own.
void check_constraint(const Constraint* constraint, const char* column) {
  if (constraint->contype != CONSTR_FOREIGN) return;
  const auto parent = find_protected(constraint->pktable);
  if (!parent) return;
  std::vector<std::string> ours = names_of(constraint->fk_attrs);
  if (column != nullptr) ours = {column};
  std::vector<std::string> theirs = names_of(constraint->pk_attrs);
  const bool by_primary_key = theirs.empty();
  if (by_primary_key) theirs = parent->primary;
  const bool complete =
      by_primary_key ? ours.size() == theirs.size() : holds(theirs, parent->isolating);
  if (complete) return;
  if (by_primary_key) {
    std::erase_if(theirs,
                  [&](const auto& name) { return policy::contains(parent->isolating, name); });
  }
  throw Refused(ERRCODE_INVALID_FOREIGN_KEY,
                "a foreign key to " + policy::quoted(parent->name) + " needs its isolation columns",
                "It is protected: the same key may exist for every tenant.",
                "FOREIGN KEY (" + list(parent->isolating, ours) + ") REFERENCES " +
                    policy::quoted(parent->name) + " (" + list(parent->isolating, theirs) + ')');
}

void check_column(const ColumnDef* column) {
  for (int i = 0; i < list_length(column->constraints); i++) {
    check_constraint(static_cast<Constraint*>(list_nth(column->constraints, i)), column->colname);
  }
}

void check_element(Node* element) {
  if (element == nullptr) return;
  if (IsA(element, ColumnDef)) check_column(castNode(ColumnDef, element));
  if (IsA(element, Constraint)) check_constraint(castNode(Constraint, element), nullptr);
}

}  // namespace

void check_before(Node* command) {
  if (IsA(command, IndexStmt)) check_index(castNode(IndexStmt, command));
  if (IsA(command, CreateStmt)) {
    const List* const elements = castNode(CreateStmt, command)->tableElts;
    for (int i = 0; i < list_length(elements); i++) {
      check_element(static_cast<Node*>(list_nth(elements, i)));
    }
  }
  if (IsA(command, AlterTableStmt)) {
    const List* const subcommands = castNode(AlterTableStmt, command)->cmds;
    for (int i = 0; i < list_length(subcommands); i++) {
      check_element(castNode(AlterTableCmd, static_cast<Node*>(list_nth(subcommands, i)))->def);
    }
  }
}

}  // namespace tenancy::pg::auto_protect
