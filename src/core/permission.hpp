// Permission patterns: 1..8 segments `[A-Za-z0-9_.-]+` or `*`, joined by `:`, at most 255 bytes.
//
// A pattern stands for a set of permissions. `*` is any one segment; a `*` at the end is any one
// segment and whatever follows it. So `tool:*` covers `tool:search` and `tool:search:read`, and
// not `tool` itself. Case matters. A text that is a pattern is its own normal form: two patterns
// are equal when their bytes are, and comparing never needs memory.
#pragma once

#include "core/pure.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tenancy::core {

inline constexpr std::size_t kMaxPermissionBytes = 255;
inline constexpr std::size_t kMaxPermissionSegments = 8;

// Why a text is no pattern.
enum class PermissionFault {
  none,
  empty,
  too_long,
  forbidden_byte,
  empty_segment,
  star_in_segment,
  too_many_segments
};
struct PermissionCheck {
  PermissionFault fault = PermissionFault::none;
  std::size_t position = 0;  // where, in bytes counted from 1; 0 where no place is to blame
};
PermissionCheck check_permission(std::string_view text) noexcept;

// The normal form, or Errc::malformed.
Result<std::string> parse_permission(std::string_view text);

// Whether everything that `narrow` allows is allowed by `broad` too. Both in normal form.
bool covers(std::string_view broad, std::string_view narrow) noexcept;

// Whether one of the patterns does. None together cover what no one of them does.
bool any_covers(const std::vector<std::string>& patterns, std::string_view narrow) noexcept;

// Whether some permission is allowed by both. Both in normal form.
bool overlaps(std::string_view a, std::string_view b) noexcept;

}  // namespace tenancy::core
