// What C++ throws, and what PostgreSQL makes of it.
#include <malloc.h>

#include <stdexcept>
#include <vector>

#include "probe.hpp"

extern "C" {
PG_MODULE_MAGIC;
}

using namespace tenancy;
using probe::Tracked;

// A failing kind of each sort; any other number returns normally.
TENANCY_FUNCTION(probe_throw) {
  const Tracked one, two;
  switch (PG_GETARG_INT32(0)) {
    case 1:
      throw pg::Refused(pg::kNoIdentity, "the message", "The detail.", "The hint.");
    case 2:
      throw std::runtime_error("words of the exception");
    case 3:
      throw std::bad_alloc();
    case 4:
      throw 42;
    case 5:
      (void)std::vector<int>().at(7);
      break;
    case 6:
      (void)std::string(static_cast<std::size_t>(-2), 'x');
      break;
    case 7:  // a PgError that nobody owes: only a mistake makes one
      throw pg::PgError{};
    case 8:
      throw pg::Refused(pg::kNoIdentity, "the message alone");
    default:
      break;
  }
  PG_RETURN_VOID();
}

// A refusal whose three texts are `count` times `unit` long.
TENANCY_FUNCTION(probe_long) {
  const std::string unit = probe::text_argument(fcinfo, 0);
  std::string text = "a";
  for (int i = PG_GETARG_INT32(1); i > 0; --i) text += unit;
  throw pg::Refused(pg::kNoIdentity, text, text, text);
}

// Throws `count` times below PostgreSQL's own exception handling, each survived.
TENANCY_FUNCTION(probe_survive_throws) {
  for (int i = PG_GETARG_INT32(0); i > 0; --i) {
    pg::Survived why{};
    try {
      pg::attempt(
          [] {
            const Tracked one;
            throw std::runtime_error(std::string(1000, 'x'));
          },
          &why);
    } catch (const std::runtime_error&) {
    }
  }
  PG_RETURN_VOID();
}

// Loses an object, so that the tests can show that they would notice.
TENANCY_FUNCTION(probe_lose) {
  new Tracked;  // NOLINT: never deleted, on purpose
  PG_RETURN_VOID();
}

TENANCY_FUNCTION(probe_live) {
  PG_RETURN_INT64(probe::live);
}
TENANCY_FUNCTION(probe_made) {
  PG_RETURN_INT64(probe::made);
}
TENANCY_FUNCTION(probe_reset) {
  probe::live = probe::made = 0;
  PG_RETURN_VOID();
}
TENANCY_FUNCTION(probe_heap) {
  PG_RETURN_INT64(static_cast<int64>(mallinfo2().uordblks));
}
TENANCY_FUNCTION(probe_owed) {
  PG_RETURN_BOOL(pg::error_owed);
}
TENANCY_FUNCTION(probe_exception_in_flight) {
  PG_RETURN_BOOL(std::current_exception() != nullptr);
}
