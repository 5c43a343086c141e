// Errors that are survived: attempt().
#include <stdexcept>

#include "probe.hpp"

using namespace tenancy;
using probe::run_below;
using probe::text_argument;
using probe::Tracked;

namespace {
std::string describe(bool passed, const pg::Survived& why) {
  if (passed) return "passed";
  return std::string(unpack_sql_state(why.sqlstate)) + " " + why.message;
}
}  // namespace

// What became of the statement.
TENANCY_FUNCTION(probe_attempt) {
  const Tracked one;
  const std::string sql = text_argument(fcinfo, 0);
  pg::Survived why{};
  const bool passed = pg::attempt([&] { run_below(2, sql.c_str()); }, &why);
  return probe::text_result(describe(passed, why));
}

// Two attempts, one in the other; the outer one fails afterwards where asked to.
TENANCY_FUNCTION(probe_attempt_nested) {
  const std::string inner = text_argument(fcinfo, 0), outer = text_argument(fcinfo, 1);
  pg::Survived why_inner{}, why_outer{};
  bool passed_inner = false;
  const bool passed_outer = pg::attempt(
      [&] {
        passed_inner = pg::attempt([&] { run_below(1, inner.c_str()); }, &why_inner);
        run_below(1, outer.c_str());
      },
      &why_outer);
  return probe::text_result(describe(passed_inner, why_inner) + " / " +
                            describe(passed_outer, why_outer));
}

// A C++ exception after the statement rolls it back and goes on.
TENANCY_FUNCTION(probe_attempt_throw) {
  const std::string sql = text_argument(fcinfo, 0);
  pg::Survived why{};
  pg::attempt(
      [&] {
        run_below(1, sql.c_str());
        throw std::runtime_error("after the statement");
      },
      &why);
  PG_RETURN_VOID();
}

// A swallowed error and then an exception: the subtransaction must not stay open.
TENANCY_FUNCTION(probe_attempt_careless) {
  const std::string sql = text_argument(fcinfo, 0);
  pg::Survived why{};
  pg::attempt(
      [&] {
        try {
          run_below(1, sql.c_str());
        } catch (...) {
        }
        throw std::runtime_error("after the swallowed error");
      },
      &why);
  PG_RETURN_VOID();
}

// A swallowed error and then nothing: attempt() must see it.
TENANCY_FUNCTION(probe_attempt_swallow) {
  const std::string sql = text_argument(fcinfo, 0);
  pg::Survived why{};
  const bool passed = pg::attempt(
      [&] {
        try {
          run_below(1, sql.c_str());
        } catch (...) {
        }
      },
      &why);
  return probe::text_result(describe(passed, why));
}

TENANCY_FUNCTION(probe_subtransaction_level) {
  PG_RETURN_INT32(GetCurrentTransactionNestLevel());
}
