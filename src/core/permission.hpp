// Permission patterns: 1..8 segments `[A-Za-z0-9_.-]+` or `*`, joined by `:`; a final `*` covers
// everything below it.
#pragma once

#include "core/pure.hpp"

#include <string>
#include <string_view>

#include "core/result.hpp"

namespace tenancy::core {

Result<std::string> parse_permission(std::string_view text);  // the normal form

// Whether everything that `narrow` allows is allowed by `broad` too. Both in normal form.
bool covers(std::string_view broad, std::string_view narrow);

}  // namespace tenancy::core
