// EXPLAIN tells about all tenants: estimates come from the statistics of the whole table, and
// "Rows Removed by Filter" counts the rows of others.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg::guard {

// While one is alive, plans that EXPLAIN shows are refused (TN010) where they read a protected
// table of others. Only EXPLAIN starts such plans, so other statements pay nothing.
class WatchExplain {
 public:
  WatchExplain();
  ~WatchExplain();
  WatchExplain(const WatchExplain&) = delete;
  WatchExplain& operator=(const WatchExplain&) = delete;

 private:
  const ExecutorStart_hook_type outer_;
};

// The same of a plan that PostgreSQL is about to show to the client without EXPLAIN:
// debug_print_plan and client_min_messages may be set by everybody. Bare PostgreSQL for the caller:
// raises an error.
void judge_printed_plan(const PlannedStmt* plan);

}  // namespace tenancy::pg::guard
