// One statement, one tenant: what runs in the executor now, and under which identity it began.
//
// The outermost executor start notes the identity's generation, nested ones take it over, and the
// accessors compare. A query that stops and goes on (a cursor) keeps its own note.
#pragma once

#include "pg/postgres.hpp"

#include <cstdint>

namespace tenancy::pg::session {

struct Execution {
  const QueryDesc* query;
  std::uint64_t generation;
  bool used = false;  // an accessor answered with an identity inside it
  Execution* previous = nullptr;
  Execution* next = nullptr;
  MemoryContextCallback forget{};  // when the query's memory goes, by its end or by an error
};

// The innermost execution whose code is running; nullptr outside the executor.
Execution* running();

// While it lives, what runs is a statement of its own, though another one waits for it to end.
class OwnStatement {
 public:
  OwnStatement();
  ~OwnStatement();
  OwnStatement(const OwnStatement&) = delete;
  OwnStatement& operator=(const OwnStatement&) = delete;

 private:
  Execution* const outer_;
};

// Raises TN009 where the identity in scope is not the one `execution` began under.
void demand_same_caller(const Execution& execution);

// Answers that stay true until another execution begins to run, the identity changes, or it is
// refused. Plain data, read once per row.
enum Slot {
  kTenantId,
  kTenantUuid,
  kTenantText,
  kTenantBigint,
  kUserId,
  kUserUuid,
  kUserText,
  kUserBigint,
  kAgent,
  kRoles,
  kClaims,
  kSlots
};
struct Ready {
  bool known;
  Datum value;
};
extern Ready ready_values[kSlots];
void forget_ready_values();

void install_executor_hooks();

}  // namespace tenancy::pg::session
