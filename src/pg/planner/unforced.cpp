// What the rewriter left out cannot be seen from where a plan is made or used: plans are kept, and
// used later without the rewriter. So the query itself is looked at.
#include "pg/sqlstate.hpp"  // first: it brings headers of the core

#include "pg/compat.hpp"
#include "pg/planner/isolation_columns.hpp"
#include "pg/planner/unforced.hpp"

namespace tenancy::pg {
namespace {

fmgr_hook_type next_fmgr = nullptr;

bool runs_as_its_owner(Oid function) {
  const HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) return false;
  const bool runs = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prosecdef;
  ReleaseSysCache(tuple);
  return runs;
}

// PostgreSQL has switched to the function's owner when it calls this, and switches back itself.
void on_call(FmgrHookEventType event, FmgrInfo* function, Datum* memory) {
  if (next_fmgr != nullptr) next_fmgr(event, function, memory);
  if (event != FHET_START || !InNoForceRLSOperation()) return;
  if (!runs_as_its_owner(function->fn_oid)) return;
  Oid user;
  int context;
  GetUserIdAndSecContext(&user, &context);
  SetUserIdAndSecContext(user, context & ~SECURITY_NOFORCE_RLS);
}

bool is_protected_and_forced(Oid table) {
  // Whoever analysed the statement, or fetched it from a cache, holds the table's lock.
  Relation open = table_open(table, NoLock);
  const bool forced = open->rd_rel->relrowsecurity && open->rd_rel->relforcerowsecurity &&
                      isolation_columns_of(open).tenant != InvalidAttrNumber;
  table_close(open, NoLock);
  return forced;
}

// Rows to insert have no conditions at the table, but checks.
bool has_policies(const Query* query, const RangeTblEntry* entry, int index) {
  if (entry->securityQuals != NIL) return true;
  if (index != query->resultRelation || query->commandType != CMD_INSERT) return false;
  ListCell* cell;
  foreach (cell, query->withCheckOptions) {
    if (lfirst_node(WithCheckOption, cell)->kind == WCO_RLS_INSERT_CHECK) return true;
  }
  return false;
}

void demand_forced_here(const Query* query) {
  for (int index = 1; index <= list_length(query->rtable); index++) {
    RangeTblEntry* const entry = rt_fetch(index, query->rtable);
    if (entry->rtekind != RTE_RELATION) continue;
    if (entry->relkind != RELKIND_RELATION && entry->relkind != RELKIND_PARTITIONED_TABLE) continue;
    const Oid reader = checked_role(query, entry);
    if (!OidIsValid(reader) || reader == GetUserId()) continue;
    if (has_policies(query, entry, index) || has_bypassrls_privilege(reader)) continue;
    if (!is_protected_and_forced(entry->relid)) continue;
    ereport(ERROR,
            (errcode(kGuardRefused), errmsg("a view of another owner cannot be used here"),
             errdetail("This runs for a foreign key or for tenancy.protect(), where PostgreSQL "
                       "lifts FORCE ROW LEVEL SECURITY: the view would show every tenant."),
             errhint("Make the view security_invoker, or keep it out of triggers and expressions "
                     "of tables that foreign keys cascade to.")));
  }
}

bool demand_forced_below(Node* node, void* context) {
  if (node == nullptr) return false;
  if (!IsA(node, Query)) return walk_expression(node, demand_forced_below, context);
  Query* const query = castNode(Query, node);
  demand_forced_here(query);
  return walk_query(query, demand_forced_below, context);
}

}  // namespace

void install_forcing() {
  next_fmgr = fmgr_hook;
  fmgr_hook = on_call;
}

void demand_forced(Query* query) {
  (void)demand_forced_below(reinterpret_cast<Node*>(query), nullptr);
}

}  // namespace tenancy::pg
