// What PostgreSQL raises below C++ frames.
#include <stdexcept>

#include "probe.hpp"

using namespace tenancy;
using probe::run_below;
using probe::text_argument;
using probe::Tracked;

// 16 objects in 4 frames above the statement.
TENANCY_FUNCTION(probe_run) {
  run_below(3, text_argument(fcinfo, 0).c_str());
  PG_RETURN_VOID();
}

// The careless catch-all: the error must come out all the same, whatever follows.
TENANCY_FUNCTION(probe_careless) {
  const std::string sql = text_argument(fcinfo, 0);
  try {
    run_below(1, sql.c_str());
  } catch (...) {
  }
  try {
    run_below(1, "INSERT INTO kept VALUES ('after the swallowed error')");
  } catch (...) {
  }
  PG_RETURN_VOID();
}

// The same, with an exception of its own afterwards.
TENANCY_FUNCTION(probe_careless_throw) {
  const std::string sql = text_argument(fcinfo, 0);
  try {
    run_below(1, sql.c_str());
  } catch (...) {
  }
  throw std::runtime_error("not the first error");
}

// The name of the memory context that is current after an error was caught.
TENANCY_FUNCTION(probe_memory_after) {
  const std::string sql = text_argument(fcinfo, 0);
  const MemoryContext before = CurrentMemoryContext;
  pg::Survived why{};
  pg::attempt([&] { run_below(0, sql.c_str()); }, &why);
  const bool after_attempt = CurrentMemoryContext == before;
  try {
    run_below(0, sql.c_str());
  } catch (const pg::PgError&) {
    ereport(NOTICE, (errmsg("memory context restored: attempt %d, call %d", after_attempt,
                            CurrentMemoryContext == before)));
    throw;
  }
  PG_RETURN_VOID();
}

// Goes through both doors and fails for nobody.
TENANCY_FUNCTION(probe_call) {
  return pg::call([&] { return PG_GETARG_DATUM(0); });
}

// Speaks from a destructor while an error is in flight.
namespace {
struct Chatty {
  ~Chatty() {
    ereport(WARNING, (errmsg("a destructor speaks")));
    pfree(palloc(100));
  }
};
// Enters the extension from a destructor while an error is in flight, around call().
struct Reentrant {
  ~Reentrant() { DirectFunctionCall1(probe_call, Int32GetDatum(1)); }
};
// Raises from a destructor, which jumps over every C++ frame and leaves the error owed.
struct Rude {
  ~Rude() { ereport(ERROR, (errmsg("raised by a destructor"))); }
};
}  // namespace

TENANCY_FUNCTION(probe_chatty) {
  const Chatty chatty;
  run_below(1, text_argument(fcinfo, 0).c_str());
  PG_RETURN_VOID();
}
TENANCY_FUNCTION(probe_reentrant) {
  const Reentrant reentrant;
  run_below(1, text_argument(fcinfo, 0).c_str());
  PG_RETURN_VOID();
}
TENANCY_FUNCTION(probe_rude) {
  const std::string sql = text_argument(fcinfo, 0);
  const Rude rude;
  run_below(1, sql.c_str());
  PG_RETURN_VOID();
}

// Recurses through PostgreSQL until its stack is too deep.
TENANCY_FUNCTION(probe_recurse) {
  const Tracked one;
  pg::call([] {
    check_stack_depth();
    SPI_connect();
    SPI_execute("SELECT probe_recurse()", false, 0);
    SPI_finish();
  });
  PG_RETURN_VOID();
}

// Waits where a cancel or a termination can reach it.
TENANCY_FUNCTION(probe_wait) {
  const Tracked one, two;
  run_below(3, "SELECT pg_catalog.pg_sleep(60)");
  PG_RETURN_VOID();
}

// Fails for odd numbers: for parallel workers.
TENANCY_FUNCTION(probe_odd) {
  const Tracked one;
  const int32 n = PG_GETARG_INT32(0);
  if (n % 2 == 1) throw pg::Refused(pg::kExpired, "odd number", "The detail.", "The hint.");
  if (PG_GETARG_INT32(1) != 0) pg::call([] { (void)DirectFunctionCall2(int4div, 1, 0); });
  PG_RETURN_INT32(n);
}
TENANCY_FUNCTION(probe_in_worker) {
  PG_RETURN_BOOL(IsParallelWorker());
}
