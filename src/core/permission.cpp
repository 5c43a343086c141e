#include "core/permission.hpp"

#include <algorithm>

namespace tenancy::core {
namespace {

constexpr bool is_segment_byte(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '.' || c == '-';
}

// Takes the first segment off `rest`, with the colon that follows it.
std::string_view take_segment(std::string_view& rest) noexcept {
  const std::size_t end = rest.find(':');
  const std::string_view segment = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
  return segment;
}

const char* describe(PermissionFault fault) noexcept {
  switch (fault) {
    case PermissionFault::empty:
      return "The permission is empty.";
    case PermissionFault::too_long:
      return "The permission is longer than 255 bytes.";
    case PermissionFault::too_many_segments:
      return "The permission has more than 8 segments.";
    case PermissionFault::empty_segment:
      return "The permission has an empty segment.";
    case PermissionFault::star_in_segment:
      return "The permission has a * beside other characters.";
    default:
      return "The permission has a forbidden character.";
  }
}

}  // namespace

PermissionCheck check_permission(std::string_view text) noexcept {
  using enum PermissionFault;
  if (text.empty()) return {empty, 0};
  if (text.size() > kMaxPermissionBytes) return {too_long, 0};
  std::size_t segments = 1, start = 0;
  bool star = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ':') {
      if (i == start) return {empty_segment, i + 1};
      if (++segments > kMaxPermissionSegments) return {too_many_segments, i + 1};
      start = i + 1;
      star = false;
    } else if (c == '*') {
      if (i != start) return {star_in_segment, i + 1};
      star = true;
    } else if (!is_segment_byte(c)) {
      return {forbidden_byte, i + 1};
    } else if (star) {
      return {star_in_segment, i};
    }
  }
  if (start == text.size()) return {empty_segment, text.size() + 1};
  return {};
}

Result<std::string> parse_permission(std::string_view text) {
  const PermissionCheck check = check_permission(text);
  if (check.fault != PermissionFault::none) return Error{Errc::malformed, describe(check.fault)};
  return std::string(text);
}

bool covers(std::string_view broad, std::string_view narrow) noexcept {
  while (!broad.empty()) {
    if (narrow.empty()) return false;  // narrow stands higher up than broad begins
    const std::string_view wanted = take_segment(broad);
    const std::string_view offered = take_segment(narrow);
    if (wanted == "*") {
      if (broad.empty()) return true;  // the final star: this segment and everything below it
      // A final star of narrow reaches deeper than one segment, but it also stands for permissions
      // that end here, which broad, having more segments, does not cover.
      continue;
    }
    if (wanted != offered) return false;
  }
  return narrow.empty();
}

bool any_covers(const std::vector<std::string>& patterns, std::string_view narrow) noexcept {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](const std::string& pattern) { return covers(pattern, narrow); });
}

bool overlaps(std::string_view a, std::string_view b) noexcept {
  // Segment by segment, the shortest permission that both could mean: it must not be too long.
  // Neither needs more segments than the longer pattern has.
  std::size_t bytes = 0;
  bool a_open = false, b_open = false;  // behind a final star: whatever follows
  while (!a.empty() || !b.empty()) {
    if ((a.empty() && !a_open) || (b.empty() && !b_open)) return false;
    const std::string_view left = a.empty() ? "*" : take_segment(a);
    const std::string_view right = b.empty() ? "*" : take_segment(b);
    if (left != "*" && right != "*" && left != right) return false;
    bytes += (left == "*" ? right : left).size() + 1;
    a_open |= a.empty() && left == "*";
    b_open |= b.empty() && right == "*";
  }
  return bytes - 1 <= kMaxPermissionBytes;
}

}  // namespace tenancy::core
