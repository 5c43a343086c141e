// The planner hook: adjusts a query before PostgreSQL, or whoever hooked in before us, plans it.
//
// No C++ object lives in this folder's functions: they call PostgreSQL without call(), and an error
// of PostgreSQL may jump over them.
#include "pg/planner/planner.hpp"

#include "pg/guard/explain.hpp"
#include "pg/planner/arbiters.hpp"
#include "pg/planner/merge_filter.hpp"
#include "pg/planner/required.hpp"
#include "pg/planner/unforced.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {
namespace {

planner_hook_type next_planner = nullptr;

// Data-modifying statements below the top one stand in WITH clauses alone.
void adjust(Query* query) {
  if (query->onConflict != nullptr) complete_arbiters(query);
  if (query->commandType == CMD_MERGE) filter_merge_target(query);
  if (!query->hasModifyingCTE) return;
  ListCell* cell;
  foreach (cell, query->cteList) {
    Node* const inner = lfirst_node(CommonTableExpr, cell)->ctequery;
    if (IsA(inner, Query)) adjust(castNode(Query, inner));
  }
}

PlannedStmt* plan(Query* query, const char* text, int cursor_options, ParamListInfo parameters) {
  adjust(query);
  demand_forced(query);
  ask_once(query);
  PlannedStmt* const planned = next_planner != nullptr
                                   ? next_planner(query, text, cursor_options, parameters)
                                   : standard_planner(query, text, cursor_options, parameters);
  guard::judge_printed_plan(planned);
  return planned;
}

}  // namespace

void install_planner() {
  next_planner = planner_hook;
  planner_hook = plan;
  install_forcing();
}

}  // namespace tenancy::pg
