// Shared by the parts of the probe: objects that are counted, and the way down to an error.
#pragma once

#include <string>

#include "pg/boundary.hpp"

namespace probe {

inline long live = 0, made = 0;

// Counts destructor runs. The string gives it heap memory of its own, so that a lost object shows
// in the process's memory too.
struct Tracked {
  std::string heap = std::string(4096, 'x');
  Tracked() {
    ++live;
    ++made;
  }
  ~Tracked() { --live; }
  Tracked(const Tracked&) = delete;
  Tracked& operator=(const Tracked&) = delete;
};

inline std::string text_argument(FunctionCallInfo fcinfo, int n) {
  return tenancy::pg::call([&] { return text_to_cstring(PG_GETARG_TEXT_PP(n)); });
}

inline Datum text_result(const std::string& text) {
  return tenancy::pg::call(
      [&] { return PointerGetDatum(cstring_to_text_with_len(text.data(), text.size())); });
}

// Runs `sql` below depth + 1 C++ frames that hold four objects each.
__attribute__((noinline)) inline void run_below(int depth, const char* sql) {
  Tracked one, two, three, four;
  if (depth > 0) {
    run_below(depth - 1, sql);
    return;
  }
  tenancy::pg::call([&] {
    SPI_connect();
    SPI_execute(sql, false, 0);
    SPI_finish();
  });
}

}  // namespace probe
