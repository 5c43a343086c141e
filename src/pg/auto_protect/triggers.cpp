// The functions of the event triggers, and what event triggers do not see.
#include "pg/auto_protect/before.hpp"
#include "pg/auto_protect/commands.hpp"
#include "pg/auto_protect/settings.hpp"
#include "pg/boundary.hpp"

namespace tenancy::pg {
namespace auto_protect {
namespace {

ProcessUtility_hook_type next_utility = nullptr;

// EXPLAIN ANALYZE CREATE TABLE AS makes the table, and no event trigger fires.
const RangeVar* explained_table(const Node* utility) {
  if (!IsA(utility, ExplainStmt)) return nullptr;
  const Node* const query = castNode(ExplainStmt, const_cast<Node*>(utility))->query;
  if (!IsA(query, Query)) return nullptr;
  const Node* const inner = castNode(Query, const_cast<Node*>(query))->utilityStmt;
  if (inner == nullptr || !IsA(inner, CreateTableAsStmt)) return nullptr;
  return castNode(CreateTableAsStmt, const_cast<Node*>(inner))->into->rel;
}

void on_utility(PlannedStmt* statement, const char* text, bool read_only_tree,
                ProcessUtilityContext context, ParamListInfo parameters,
                QueryEnvironment* environment, DestReceiver* receiver,
                QueryCompletion* completion) {
  const RangeVar* const table = explained_table(statement->utilityStmt);
  const auto look_up = [&] {
    return table == nullptr ? InvalidOid : RangeVarGetRelid(table, NoLock, true);
  };
  const Oid before = look_up();
  const ProcessUtility_hook_type next =
      next_utility != nullptr ? next_utility : standard_ProcessUtility;
  next(statement, text, read_only_tree, context, parameters, environment, receiver, completion);
  const Oid after = look_up();
  if (after == before || resting()) return;
  CommandCounterIncrement();
  entry([&] {
    Touched touched;
    touched.made.push_back(after);
    protect_touched(touched);
  });
}

}  // namespace
}  // namespace auto_protect

void install_auto_protect() {
  auto_protect::define_settings();
  auto_protect::next_utility = ProcessUtility_hook;
  ProcessUtility_hook = auto_protect::on_utility;
}

}  // namespace tenancy::pg

using namespace tenancy::pg;  // NOLINT(google-build-using-namespace): the SQL functions are global

namespace {

const EventTriggerData* event_of(FunctionCallInfo fcinfo) {
  if (CALLED_AS_EVENT_TRIGGER(fcinfo)) {
    return reinterpret_cast<const EventTriggerData*>(fcinfo->context);
  }
  throw Refused(ERRCODE_E_R_I_E_EVENT_TRIGGER_PROTOCOL_VIOLATED,
                "this function is called by event triggers only");
}

}  // namespace

TENANCY_FUNCTION(tenancy_auto_protect_before) {
  const EventTriggerData* const event = event_of(fcinfo);
  if (!auto_protect::resting()) auto_protect::check_before(event->parsetree);
  return Datum{0};
}

TENANCY_FUNCTION(tenancy_auto_protect_after) {
  (void)event_of(fcinfo);
  if (!auto_protect::resting()) {
    auto_protect::protect_touched(auto_protect::touched_by_command());
  }
  return Datum{0};
}
