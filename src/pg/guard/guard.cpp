#include "pg/guard/guard.hpp"

#include "pg/guard/guarded_role.hpp"
#include "pg/guard/objects.hpp"
#include "pg/guard/utility.hpp"
#include "pg/postgres.hpp"

namespace tenancy::pg {
namespace {

bool guard_setting = true;

}  // namespace

bool guard::enabled() {
  return guard_setting;
}

void install_guard() {
  DefineCustomBoolVariable(
      "tenancy.guard", "Refuses what would undermine the isolation of protected tables.",
      "For roles with rights on protected tables of others: DDL and locks on these, EXPLAIN of "
      "them, and session state that outlives its caller. For everybody: DROP ... CASCADE of "
      "something else that takes the floor off a protected table.",
      &guard_setting, true, PGC_SUSET, 0, nullptr, nullptr, nullptr);
  guard::watch_roles();
  guard::install_utility_hook();
  guard::install_object_hook();
}

}  // namespace tenancy::pg
