#include "pg/planner/required.hpp"

#include <cstring>

#include "pg/compat.hpp"

namespace tenancy::pg {
namespace {

// tenancy.require() of a constant: true, or an error.
bool is_requirement(Node* node) {
  if (!IsA(node, FuncExpr)) return false;
  const FuncExpr* const function = castNode(FuncExpr, node);
  if (list_length(function->args) != 1 || !IsA(linitial(function->args), Const)) return false;
  if (get_func_namespace(function->funcid) != get_namespace_oid("tenancy", true)) return false;
  const char* const name = get_func_name(function->funcid);
  return name != nullptr && strcmp(name, "require") == 0;
}

// A MERGE has none of these at its target, and its conditions stand for the join.
void ask_once_here(Query* query) {
  if (query->jointree == nullptr || query->commandType == CMD_MERGE) return;
  List* required = NIL;
  ListCell* cell;
  foreach (cell, query->rtable) {
    RangeTblEntry* const entry = lfirst_node(RangeTblEntry, cell);
    if (entry->rtekind != RTE_RELATION) continue;
    ListCell* condition;
    foreach (condition, entry->securityQuals) {
      if (!is_requirement(static_cast<Node*>(lfirst(condition)))) continue;
      required = list_append_unique(required, lfirst(condition));
      entry->securityQuals = foreach_delete_current(entry->securityQuals, condition);
    }
  }
  if (required == NIL) return;
  if (query->jointree->quals != nullptr) required = lappend(required, query->jointree->quals);
  query->jointree->quals = reinterpret_cast<Node*>(make_ands_explicit(required));
}

bool ask_once_below(Node* node, void* context) {
  if (node == nullptr) return false;
  if (!IsA(node, Query)) return walk_expression(node, ask_once_below, context);
  Query* const query = castNode(Query, node);
  ask_once_here(query);
  return walk_query(query, ask_once_below, context);
}

}  // namespace

void ask_once(Query* query) {
  (void)ask_once_below(reinterpret_cast<Node*>(query), nullptr);
}

}  // namespace tenancy::pg
