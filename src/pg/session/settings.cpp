#include "pg/session/settings.hpp"

#include "pg/postgres.hpp"
#include "pg/session/execution.hpp"

namespace tenancy::pg::session {
namespace {

int scope_setting = static_cast<int>(Scope::transaction);
int on_missing_setting = static_cast<int>(OnMissing::error);
bool entry_check_setting = true;

const config_enum_entry kScopes[] = {{"transaction", static_cast<int>(Scope::transaction), false},
                                     {"session", static_cast<int>(Scope::session), false},
                                     {nullptr, 0, false}};
const config_enum_entry kOnMissing[] = {{"error", static_cast<int>(OnMissing::error), false},
                                        {"empty", static_cast<int>(OnMissing::empty), false},
                                        {nullptr, 0, false}};

// What the accessors found under the old setting may not be true under the new one.
void assign_enum(int, void*) {
  forget_ready_values();
}

}  // namespace

Scope scope() {
  return static_cast<Scope>(scope_setting);
}
OnMissing on_missing_identity() {
  return static_cast<OnMissing>(on_missing_setting);
}
bool entry_check() {
  return entry_check_setting;
}

void define_settings() {
  DefineCustomEnumVariable(
      "tenancy.scope", "How long an identity is valid.",
      "transaction: in the transaction that set it, once per transaction. session: until it is "
      "left or expires; for connections that callers do not share.",
      &scope_setting, static_cast<int>(Scope::transaction), kScopes, PGC_SUSET, 0, nullptr,
      assign_enum, nullptr);
  DefineCustomEnumVariable(
      "tenancy.on_missing_identity", "What protected tables do without an identity.",
      "error: they raise TN001, TN002, TN004 or TN005. empty: they have no rows.",
      &on_missing_setting, static_cast<int>(OnMissing::error), kOnMissing, PGC_SUSET, 0, nullptr,
      assign_enum, nullptr);
  DefineCustomBoolVariable(
      "tenancy.entry_check", "Entering refuses a session in which others left something.",
      "Temporary objects, SQL-level prepared statements, held cursors, and changed search_path, "
      "role, row_security, standard_conforming_strings or session_replication_role.",
      &entry_check_setting, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
}

}  // namespace tenancy::pg::session
