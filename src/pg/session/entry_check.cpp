#include "pg/session/entry_check.hpp"

#include <string>

#include "pg/boundary.hpp"
#include "pg/session/session_overrides.hpp"
#include "pg/session/state.hpp"

namespace tenancy::pg::session {
namespace {

ProcessUtility_hook_type next_utility = nullptr;

// Set by every statement that may leave one, cleared when none is found.
bool may_hold_statements = true, may_hold_cursors = true;

// Any object of the session's temporary schema: relations, but also types and functions.
// PostgreSQL finds them the same way to drop them (namespace.c, RemoveTempRelations).
bool has_temporary_objects() {
  return call([] {
    Oid schema = InvalidOid, toast_schema = InvalidOid;
    GetTempNamespaceState(&schema, &toast_schema);
    if (!OidIsValid(schema)) return false;
    ScanKeyData keys[2];
    ScanKeyInit(&keys[0], Anum_pg_depend_refclassid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(NamespaceRelationId));
    ScanKeyInit(&keys[1], Anum_pg_depend_refobjid, BTEqualStrategyNumber, F_OIDEQ,
                ObjectIdGetDatum(schema));
    const Relation depend = table_open(DependRelationId, AccessShareLock);
    const SysScanDesc scan =
        systable_beginscan(depend, DependReferenceIndexId, true, nullptr, 2, keys);
    const bool found = HeapTupleIsValid(systable_getnext(scan));
    systable_endscan(scan);
    table_close(depend, AccessShareLock);
    return found;
  });
}

// Whether the set-returning function `function` (of pg_prepared_statements or pg_cursors) has a
// row whose boolean column `column` is true.
bool any_row(Oid function, const char* column) {
  return call([&] {
    ExprContext* const context = CreateStandaloneExprContext();
    FmgrInfo info;
    fmgr_info(function, &info);
    ReturnSetInfo result{};
    result.type = T_ReturnSetInfo;
    result.econtext = context;
    result.allowedModes = SFRM_Materialize;
    LOCAL_FCINFO(fcinfo, 0);
    InitFunctionCallInfoData(*fcinfo, &info, 0, InvalidOid, nullptr,
                             reinterpret_cast<Node*>(&result));
    FunctionCallInvoke(fcinfo);

    bool found = false;
    const int number = SPI_fnumber(result.setDesc, column);
    if (number <= 0) elog(ERROR, "no column %s", column);
    TupleTableSlot* const slot = MakeSingleTupleTableSlot(result.setDesc, &TTSOpsMinimalTuple);
    while (!found && tuplestore_gettupleslot(result.setResult, true, false, slot)) {
      bool is_null;
      found = DatumGetBool(slot_getattr(slot, number, &is_null)) && !is_null;
    }
    ExecDropSingleTupleTableSlot(slot);
    tuplestore_end(result.setResult);
    FreeExprContext(context, true);
    return found;
  });
}

bool has_prepared_statements() {
  if (may_hold_statements) may_hold_statements = any_row(F_PG_PREPARED_STATEMENT, "from_sql");
  return may_hold_statements;
}

bool has_held_cursors() {
  if (may_hold_cursors) may_hold_cursors = any_row(F_PG_CURSOR, "is_holdable");
  return may_hold_cursors;
}

// Refuses nothing but COPY FROM, the one way into a relation that needs no executor.
void settle_before(const Node* utility) {
  if (IsA(utility, TransactionStmt) || !IsTransactionState()) return;
  entry([&] {
    if (IsA(utility, CopyStmt)) {
      demand_settled();
    } else {
      settle_if_clean();
    }
  });
}

// Takes notes. One before the statement runs, for who enters inside it; one after it, because an
// entry check that ran inside it (from a function that planning evaluated) came too early to see
// what it left.
void on_utility(PlannedStmt* statement, const char* text, bool read_only_tree,
                ProcessUtilityContext context, ParamListInfo parameters,
                QueryEnvironment* environment, DestReceiver* receiver,
                QueryCompletion* completion) {
  settle_before(statement->utilityStmt);
  const bool prepares = IsA(statement->utilityStmt, PrepareStmt);
  const bool declares = IsA(statement->utilityStmt, DeclareCursorStmt);
  const auto note = [&] {
    if (prepares) may_hold_statements = true;
    if (declares) may_hold_cursors = true;
  };
  note();
  const ProcessUtility_hook_type next =
      next_utility != nullptr ? next_utility : standard_ProcessUtility;
  next(statement, text, read_only_tree, context, parameters, environment, receiver, completion);
  note();
}

}  // namespace

std::optional<Leftover> find_leftover() {
  if (has_temporary_objects()) {
    return Leftover{"temporary tables, views, types or functions",
                    "Drop them, or run DISCARD TEMP."};
  }
  if (has_prepared_statements()) {
    return Leftover{"statements prepared with PREPARE", "Run DEALLOCATE for each of them."};
  }
  if (has_held_cursors()) return Leftover{"cursors declared WITH HOLD", "Run CLOSE ALL."};
  if (const char* const setting = overridden_setting()) {
    return Leftover{std::string("a value of ") + setting,
                    std::string("Run RESET ") + setting + ", or use SET LOCAL."};
  }
  return std::nullopt;
}

void refuse_leftovers() {
  const auto leftover = find_leftover();
  if (!leftover) return;
  throw Refused(kGuardRefused, "cannot enter a session in which something was left behind",
                "The session holds " + leftover->what + " of an earlier caller, or of nobody.",
                leftover->way_out + " DISCARD ALL does everything at once.");
}

void install_entry_check(bool whole_session) {
  may_hold_statements = may_hold_cursors = !whole_session;
  next_utility = ProcessUtility_hook;
  ProcessUtility_hook = on_utility;
}

}  // namespace tenancy::pg::session
