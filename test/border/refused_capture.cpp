// Must not compile: call() captures an object with a destructor by value.
#include "probe.hpp"

void captures_by_value() {
  const std::string sql = "SELECT 1";
  tenancy::pg::call([sql] { elog(LOG, "%s", sql.c_str()); });
}
