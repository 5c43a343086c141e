#include "pg/boundary.hpp"  // first: it brings headers of the core

#include "pg/guard/explain.hpp"

#include "pg/guard/guarded_role.hpp"
#include "pg/guard/refusal.hpp"

namespace tenancy::pg::guard {
namespace {

constexpr char kWhy[] = "Estimates and counters come from the rows of all tenants.";

ExecutorStart_hook_type next_start = nullptr;

// Statements of functions that run inside EXPLAIN ANALYZE are not shown.
bool is_shown(const QueryDesc* query, int flags) {
  return (flags & EXEC_FLAG_EXPLAIN_ONLY) != 0 || query->instrument_options != 0;
}

bool reads_protected(const PlannedStmt* plan) {
  const bool watched = watches_caller();
  ListCell* cell;
  foreach (cell, plan->relationOids) {
    const Oid relation = lfirst_oid(cell);
    if ((watched && is_of_others(relation)) || watches_use_of(relation)) return true;
  }
  return false;
}

void on_start(QueryDesc* query, int flags) {
  entry([&] {
    if (is_shown(query, flags) && call([&] { return reads_protected(query->plannedstmt); })) {
      throw refused_to_role("EXPLAIN of protected tables", kWhy,
                            "A superuser may allow it to a role: ALTER ROLE ... SET tenancy.guard "
                            "= off.");
    }
    call([&] {
      if (next_start != nullptr) {
        next_start(query, flags);
      } else {
        standard_ExecutorStart(query, flags);
      }
    });
  });
}

}  // namespace

void judge_printed_plan(const PlannedStmt* plan) {
  if (!Debug_print_plan || client_min_messages > LOG) return;
  entry([&] {
    if (!call([&] { return reads_protected(plan); })) return;
    throw refused_to_role("debug_print_plan of protected tables", kWhy,
                          "SET debug_print_plan = off.");
  });
}

WatchExplain::WatchExplain() : outer_(ExecutorStart_hook) {
  if (outer_ == on_start) return;
  next_start = outer_;
  ExecutorStart_hook = on_start;
}
WatchExplain::~WatchExplain() {
  ExecutorStart_hook = outer_;
}

}  // namespace tenancy::pg::guard
