// A setting whose check hook goes through judge().
#include <stdexcept>

#include "probe.hpp"

using namespace tenancy;
using probe::Tracked;

extern "C" {
PGDLLEXPORT void _PG_init(void);
}

namespace {
char* judged = nullptr;

// Values that begin with `sql ` are run; the others choose what is thrown.
bool check_judged(char** newval, void**, GucSource) {
  return pg::judge([&] {
    const Tracked one;
    const std::string value = *newval == nullptr ? "" : *newval;
    if (value == "refuse") {
      throw pg::Refused(pg::kCredentialRefused, "value refused", "The detail.", "The hint.");
    }
    if (value == "bare") throw pg::Refused(pg::kCredentialRefused, "value refused");
    if (value == "long") {
      std::string text = "a";
      for (int i = 0; i < 2000; ++i) text += "\u00e4";
      throw pg::Refused(pg::kCredentialRefused, text, text, text);
    }
    if (value == "runtime") throw std::runtime_error("words of the exception");
    if (value == "memory") throw std::bad_alloc();
    if (value == "number") throw 42;
    if (value.starts_with("sql ")) probe::run_below(3, value.c_str() + 4);
    if (value.starts_with("careless ")) {
      try {
        probe::run_below(3, value.c_str() + 9);
      } catch (...) {
      }
    }
  });
}
}  // namespace

void _PG_init(void) {
  DefineCustomStringVariable("probe.judged", "A setting for the border's tests.", nullptr, &judged,
                             "", PGC_USERSET, 0, check_judged, nullptr, nullptr);
}
