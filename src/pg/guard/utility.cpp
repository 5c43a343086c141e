#include "pg/boundary.hpp"  // first: it brings headers of the core

#include "pg/guard/utility.hpp"

#include <optional>

#include "pg/guard/explain.hpp"
#include "pg/guard/guard.hpp"
#include "pg/guard/objects.hpp"
#include "pg/guard/statements.hpp"

namespace tenancy::pg::guard {
namespace {

ProcessUtility_hook_type next_utility = nullptr;

bool makes_table_dropped_on_commit(const Node* utility) {
  if (IsA(utility, CreateStmt)) {
    return reinterpret_cast<const CreateStmt*>(utility)->oncommit == ONCOMMIT_DROP;
  }
  if (IsA(utility, CreateTableAsStmt)) {
    return reinterpret_cast<const CreateTableAsStmt*>(utility)->into->onCommit == ONCOMMIT_DROP;
  }
  return false;
}

// Whether policies of ours can only fall as a side effect: the command names something else.
bool may_drop_by_accident(const Node* utility) {
  if (IsA(utility, DropOwnedStmt)) return true;
  if (!IsA(utility, DropStmt)) return false;
  switch (reinterpret_cast<const DropStmt*>(utility)->removeType) {
    case OBJECT_TABLE:
    case OBJECT_FOREIGN_TABLE:
    case OBJECT_POLICY:
      return false;
    default:
      return true;
  }
}

void on_utility(PlannedStmt* statement, const char* text, bool read_only_tree,
                ProcessUtilityContext context, ParamListInfo parameters,
                QueryEnvironment* environment, DestReceiver* receiver,
                QueryCompletion* completion) {
  const auto run = [&] {
    const ProcessUtility_hook_type next =
        next_utility != nullptr ? next_utility : standard_ProcessUtility;
    next(statement, text, read_only_tree, context, parameters, environment, receiver, completion);
  };
  const Node* const utility = statement->utilityStmt;
  if (!enabled() || !IsTransactionState()) return run();

  const bool explains = IsA(utility, ExplainStmt);
  const bool drops = may_drop_by_accident(utility);
  const bool is_part = context == PROCESS_UTILITY_SUBCOMMAND;
  const bool goes =
      is_part ? WithTableDroppedOnCommit::any() : makes_table_dropped_on_commit(utility);
  if (!explains && !drops && goes == WithTableDroppedOnCommit::any()) {
    entry([&] { judge_statement(utility); });
    return run();
  }
  entry([&] {
    judge_statement(utility);
    const WithTableDroppedOnCommit with_table(goes);
    std::optional<WatchExplain> explain;
    std::optional<WatchFloors> floors;
    if (explains) explain.emplace();
    if (drops) floors.emplace();
    call(run);
    if (drops) floors->demand_none_fell();
  });
}

}  // namespace

void install_utility_hook() {
  next_utility = ProcessUtility_hook;
  ProcessUtility_hook = on_utility;
}

}  // namespace tenancy::pg::guard
