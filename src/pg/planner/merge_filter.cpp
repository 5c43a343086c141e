// PostgreSQL itself makes the conditions: a SELECT from the same table, with the same rights, is
// rewritten for it. So they are exactly its own, subqueries of policies included, and there are
// none where row security does not apply to whoever asks.
#include "pg/planner/merge_filter.hpp"

#include "pg/compat.hpp"
#include "pg/planner/isolation_columns.hpp"

namespace tenancy::pg {
namespace {

bool is_protected(const RangeTblEntry* entry) {
  // Whoever analysed the statement, or fetched it from a cache, holds the table's lock.
  Relation table = table_open(entry->relid, NoLock);
  const bool isolated = isolation_columns_of(table).tenant != InvalidAttrNumber;
  table_close(table, NoLock);
  return isolated;
}

// SELECT FROM the table of `entry`, as the rewriter leaves it.
const Query* rewritten_select(const Query* query, const RangeTblEntry* entry) {
  RangeTblEntry* const read = static_cast<RangeTblEntry*>(copyObjectImpl(entry));
  read->securityQuals = NIL;
  RangeTblRef* const reference = makeNode(RangeTblRef);
  reference->rtindex = 1;

  Query* const select = makeNode(Query);
  select->commandType = CMD_SELECT;
  select->querySource = QSRC_ORIGINAL;
  select->canSetTag = true;
  select->rtable = list_make1(read);
  copy_permissions(select, query);
  select->jointree = makeFromExpr(list_make1(reference), nullptr);
  return linitial_node(Query, QueryRewrite(select));
}

}  // namespace

void filter_merge_target(Query* query) {
  RangeTblEntry* const entry = rt_fetch(query->resultRelation, query->rtable);
  if (entry->rtekind != RTE_RELATION || entry->relkind == RELKIND_VIEW) return;
  if ((required_permissions(query, entry) & ACL_SELECT) != 0 || !is_protected(entry)) return;

  const Query* const select = rewritten_select(query, entry);
  List* const conditions = linitial_node(RangeTblEntry, select->rtable)->securityQuals;
  ChangeVarNodes(reinterpret_cast<Node*>(conditions), 1, query->resultRelation, 0);
  // Before the conditions of a view, which may call functions that are not leakproof.
  entry->securityQuals = list_concat(conditions, entry->securityQuals);
  query->hasSubLinks |= select->hasSubLinks;
}

}  // namespace tenancy::pg
