#include "pg/session/state.hpp"  // first: it brings headers of the core

#include "pg/boundary.hpp"
#include "pg/compat.hpp"
#include "pg/guard/statements.hpp"

#include <string>

#include "pg/guard/guarded_role.hpp"
#include "pg/guard/protected_table.hpp"
#include "pg/guard/refusal.hpp"
#include "pg/session/settings.hpp"

namespace tenancy::pg::guard {
namespace {

bool watched() {
  return call([] { return watches_caller(); });
}

bool keeps_session_state() {
  return session::scope() == session::Scope::transaction && watched();
}

constexpr char kNextCaller[] =
    "It outlives its transaction; whoever uses the connection next would meet it.";

void judge_prepare() {
  if (!keeps_session_state()) return;
  throw refused_to_role("PREPARE", kNextCaller,
                        "Use the driver's prepared statements, which the protocol keeps apart.");
}

void judge_cursor(const DeclareCursorStmt& cursor) {
  if ((cursor.options & CURSOR_OPT_HOLD) == 0 || !keeps_session_state()) return;
  throw refused_to_role("a cursor WITH HOLD", kNextCaller,
                        "Read the cursor inside the transaction, without WITH HOLD.");
}

// Refused under session scope as well: notifications know no tenants.
void judge_listen() {
  if (!watched()) return;
  throw refused_to_role("LISTEN",
                        "Notifications reach every listener of the database, whatever tenant they "
                        "are about, and whoever uses the connection next.",
                        "Listen with a role of its own that has no rights on protected tables.");
}

// The relation that `name` means now; what does not exist or may not be looked up is left to
// PostgreSQL to complain about.
Oid find_relation(const RangeVar* name) {
  return RangeVarGetRelid(name, NoLock, true);
}

// Whether locking the relation locks a protected table of others: itself, below a view, or as a
// child of a parent.
bool locks_protected(Oid relation) {
  if (!OidIsValid(relation)) return false;
  if (watches_use_of(relation)) return true;
  // Below a view may be what PUBLIC may use.
  if (get_rel_relkind(relation) == RELKIND_VIEW) return !has_bypassrls_privilege(GetUserId());
  if (!watches_caller()) return false;
  return !owns_relation(relation, GetUserId()) &&
         (has_subclass(relation) || is_protected(relation));
}

void judge_lock(const LockStmt& lock) {
  const bool refused = call([&] {
    ListCell* cell;
    foreach (cell, lock.relations) {
      if (locks_protected(find_relation(lfirst_node(RangeVar, cell)))) return true;
    }
    return false;
  });
  if (!refused) return;
  throw refused_to_role(
      "LOCK TABLE of protected tables, of views and of parents of tables",
      "A lock on a table stops every tenant until the transaction ends.",
      "SELECT ... FOR UPDATE locks the caller's own rows; pg_advisory_xact_lock() "
      "locks a number of your choice.");
}

bool grants_protected(const GrantStmt& grant) {
  ListCell* cell;
  foreach (cell, grant.objects) {
    if (grant.targtype == ACL_TARGET_OBJECT) {
      const Oid relation = find_relation(lfirst_node(RangeVar, cell));
      if (OidIsValid(relation) && is_of_others(relation)) return true;
    } else {
      const Oid schema = get_namespace_oid(strVal(lfirst(cell)), true);
      const auto in_schema = [schema](Oid relation) {
        return get_rel_namespace(relation) == schema && is_of_others(relation);
      };
      if (any_protected(in_schema)) return true;
    }
  }
  return false;
}

void judge_grant(const GrantStmt& grant) {
  if (grant.objtype != OBJECT_TABLE || grant.targtype == ACL_TARGET_DEFAULTS || !watched()) return;
  if (!call([&] { return grants_protected(grant); })) return;
  throw refused_to_role("GRANT and REVOKE on protected tables",
                        "Who may use a protected table is for its owner to say.",
                        "The owner of the table may.");
}

void judge_role_setting() {
  if (!watched()) return;
  throw refused_to_role(
      "ALTER ROLE ... SET and ALTER DATABASE ... SET",
      "Settings of a role or a database apply to every later session of every "
      "caller.",
      "SET LOCAL in the transaction that needs it, or let an administrator do it.");
}

void judge_role_change(const AlterRoleStmt& change) {
  ListCell* cell;
  foreach (cell, change.options) {
    const DefElem* const option = lfirst_node(DefElem, cell);
    if (strcmp(option->defname, "password") != 0 && strcmp(option->defname, "validUntil") != 0) {
      continue;
    }
    if (!watched()) return;
    throw refused_to_role("ALTER ROLE ... PASSWORD and VALID UNTIL",
                          "All callers share the role; who changes its password locks the "
                          "application out.",
                          "Let an administrator change it.");
  }
}

// `options` of CREATE or ALTER FUNCTION.
void judge_function(const List* options) {
  ListCell* cell;
  foreach (cell, options) {
    const DefElem* const option = lfirst_node(DefElem, cell);
    if (strcmp(option->defname, "set") != 0) continue;
    const VariableSetStmt* const set = castNode(VariableSetStmt, option->arg);
    if (set->name == nullptr || pg_strncasecmp(set->name, "tenancy.", 8) != 0) continue;
    if (!watched()) return;
    throw refused_to_role("a function with settings of pg_tenancy",
                          "The function would carry them into the transactions of other callers.",
                          "Set them in the session, as far as the role may.");
  }
}

void judge_set(const VariableSetStmt& set) {
  if (set.name == nullptr || (pg_strcasecmp(set.name, "role") != 0 &&
                              pg_strcasecmp(set.name, "session_authorization") != 0)) {
    return;
  }
  if (!session::bound_to_role() || !watched()) return;
  throw refused_to_role("another role inside an identity",
                        "The identity belongs to the role that entered.",
                        "Change the role before tenancy.login(), or call tenancy.logout() first.");
}

void judge_transaction(const TransactionStmt& transaction) {
  if (transaction.kind != TRANS_STMT_PREPARE || !session::entered_in_this_transaction()) return;
  if (!watched()) return;
  throw refused_to_role("PREPARE TRANSACTION inside an identity",
                        "Any session of the role could commit or roll back what this caller wrote, "
                        "and its locks would stay.",
                        "COMMIT instead.");
}

}  // namespace

void judge_statement(const Node* utility) {
  switch (nodeTag(utility)) {
    case T_PrepareStmt:
      return judge_prepare();
    case T_DeclareCursorStmt:
      return judge_cursor(*reinterpret_cast<const DeclareCursorStmt*>(utility));
    case T_ListenStmt:
      return judge_listen();
    case T_LockStmt:
      return judge_lock(*reinterpret_cast<const LockStmt*>(utility));
    case T_GrantStmt:
      return judge_grant(*reinterpret_cast<const GrantStmt*>(utility));
    case T_AlterRoleSetStmt:
    case T_AlterDatabaseSetStmt:
      return judge_role_setting();
    case T_AlterRoleStmt:
      return judge_role_change(*reinterpret_cast<const AlterRoleStmt*>(utility));
    case T_CreateFunctionStmt:
      return judge_function(reinterpret_cast<const CreateFunctionStmt*>(utility)->options);
    case T_AlterFunctionStmt:
      return judge_function(reinterpret_cast<const AlterFunctionStmt*>(utility)->actions);
    case T_VariableSetStmt:
      return judge_set(*reinterpret_cast<const VariableSetStmt*>(utility));
    case T_TransactionStmt:
      return judge_transaction(*reinterpret_cast<const TransactionStmt*>(utility));
    default:
      return;
  }
}

}  // namespace tenancy::pg::guard
