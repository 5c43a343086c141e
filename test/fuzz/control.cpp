// The control: a property that does not hold, so that a run without findings means something.
#include "core/permission.hpp"
#include "fuzz.hpp"

namespace tenancy::fuzz {

void examine(std::string_view input) {
  PROPERTY(!core::covers(input, "thread:read") || input == "thread:read");
}

}  // namespace tenancy::fuzz
