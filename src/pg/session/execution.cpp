#include "pg/session/state.hpp"  // first: it brings headers of the core

#include "pg/boundary.hpp"
#include "pg/session/execution.hpp"
#include "pg/trust/refusal.hpp"

namespace tenancy::pg::session {
namespace {

Execution* now_running = nullptr;
Execution* newest = nullptr;  // all that have started and not ended, the latest first

ExecutorStart_hook_type next_start = nullptr;
ExecutorRun_hook_type next_run = nullptr;
ExecutorFinish_hook_type next_finish = nullptr;

void become(Execution* execution) {
  now_running = execution;
  forget_ready_values();
}

// Makes an execution the running one, until the C++ frame ends: also by an error.
class Running {
 public:
  explicit Running(Execution* execution) : outer_(now_running) { become(execution); }
  ~Running() { become(outer_); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  Execution* const outer_;
};

Execution begun_now(const QueryDesc* query) {
  return {query, now_running != nullptr ? now_running->generation : generation()};
}

void forget_execution(void* argument) {
  auto* const execution = static_cast<Execution*>(argument);
  if (execution->previous != nullptr) execution->previous->next = execution->next;
  if (execution->next != nullptr) execution->next->previous = execution->previous;
  if (newest == execution) newest = execution->next;
}

// Bare PostgreSQL. The query's memory holds the note and says when it is over.
void remember(const Execution& started) {
  const MemoryContext memory = started.query->estate->es_query_cxt;
  auto* const execution = static_cast<Execution*>(MemoryContextAlloc(memory, sizeof(Execution)));
  *execution = started;
  execution->next = newest;
  if (newest != nullptr) newest->previous = execution;
  newest = execution;
  execution->forget.func = forget_execution;
  execution->forget.arg = execution;
  MemoryContextRegisterResetCallback(memory, &execution->forget);
}

Execution* find(const QueryDesc* query) {
  for (Execution* each = newest; each != nullptr; each = each->next) {
    if (each->query == query) return each;
  }
  return nullptr;
}

// A query that has used the identity goes on only under the same, and while it is in force.
void demand_still_valid(const Execution& execution) {
  demand_same_caller(execution);
  if (execution.generation != 0 && standing() == Standing::refused) {
    throw refusal_of({held()->reason, held()->detail});
  }
}

void on_start(QueryDesc* query, int flags) {
  entry([&] {
    refresh();
    demand_settled();
    Execution started = begun_now(query);
    {
      const Running guard(&started);
      call([&] {
        if (next_start != nullptr) {
          next_start(query, flags);
        } else {
          standard_ExecutorStart(query, flags);
        }
      });
    }
    call([&] { remember(started); });
  });
}

// PostgreSQL 18 dropped the hook's last argument (3eea7a0c97e9).
template <typename... More>
void on_run(QueryDesc* query, ScanDirection direction, uint64 count, More... more) {
  entry([&] {
    Execution unknown = begun_now(query);  // started before this library was loaded
    Execution* execution = find(query);
    if (execution == nullptr) execution = &unknown;
    refresh();
    if (execution->used) demand_still_valid(*execution);
    const Running guard(execution);
    call([&] {
      if (next_run != nullptr) {
        next_run(query, direction, count, more...);
      } else {
        standard_ExecutorRun(query, direction, count, more...);
      }
    });
  });
}

void on_finish(QueryDesc* query) {
  entry([&] {
    Execution unknown = begun_now(query);
    Execution* const execution = find(query);
    const Running guard(execution != nullptr ? execution : &unknown);
    call([&] {
      if (next_finish != nullptr) {
        next_finish(query);
      } else {
        standard_ExecutorFinish(query);
      }
    });
  });
}

}  // namespace

Ready ready_values[kSlots];

void forget_ready_values() {
  for (Ready& ready : ready_values) ready.known = false;
}

OwnStatement::OwnStatement() : outer_(now_running) {
  become(nullptr);
}

OwnStatement::~OwnStatement() {
  become(outer_);
}

Execution* running() {
  return now_running;
}

void demand_same_caller(const Execution& execution) {
  if (execution.generation == generation()) return;
  throw Refused(kIdentityChanged, "the identity changed in the middle of a statement",
                "A statement reads and writes as one caller, the one it began with.",
                "Enter in a statement of its own, before the one that reads.");
}

void install_executor_hooks() {
  next_start = ExecutorStart_hook;
  ExecutorStart_hook = on_start;
  next_run = ExecutorRun_hook;
  ExecutorRun_hook = on_run;
  next_finish = ExecutorFinish_hook;
  ExecutorFinish_hook = on_finish;
}

}  // namespace tenancy::pg::session
