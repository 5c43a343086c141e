// Permissions: containment is an order, agrees with matching segment by segment, and implies
// overlapping.
#include "core/permission.hpp"

#include <string>
#include <vector>

#include "fuzz.hpp"

namespace tenancy::fuzz {
namespace {

std::vector<std::string> segments(std::string_view pattern) {
  std::vector<std::string> found(1);
  for (const char c : pattern) {
    if (c == ':') {
      found.emplace_back();
    } else {
      found.back() += c;
    }
  }
  return found;
}

// Whether a pattern matches one permission without stars, as its grammar describes it.
bool matches(std::string_view pattern, std::string_view permission) {
  const auto wanted = segments(pattern), offered = segments(permission);
  if (offered.size() < wanted.size()) return false;
  if (offered.size() > wanted.size() && wanted.back() != "*") return false;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (wanted[i] != "*" && wanted[i] != offered[i]) return false;
  }
  return true;
}

bool is_pattern(std::string_view text) {
  return core::check_permission(text).fault == core::PermissionFault::none;
}

}  // namespace

void examine(std::string_view input) {
  const auto [a, rest] = halves(input);
  const auto [b, c] = halves(rest);
  for (const std::string_view text : {a, b, c}) {
    const auto parsed = core::parse_permission(text);
    PROPERTY(parsed.ok() == is_pattern(text));
    if (!parsed.ok()) return;
    PROPERTY(parsed.value() == text);
    PROPERTY(text.size() <= core::kMaxPermissionBytes);
    PROPERTY(segments(text).size() <= core::kMaxPermissionSegments);
    PROPERTY(core::covers(text, text) && core::covers("*", text));
    PROPERTY(core::overlaps(text, text) && core::overlaps("*", text));
  }
  if (core::covers(a, b) && core::covers(b, a)) PROPERTY(a == b);
  if (core::covers(a, b) && core::covers(b, c)) PROPERTY(core::covers(a, c));
  if (core::covers(a, b)) PROPERTY(core::overlaps(a, b));
  PROPERTY(core::overlaps(a, b) == core::overlaps(b, a));
  if (core::overlaps(a, b) && core::covers(c, b)) PROPERTY(core::overlaps(a, c));
  if (b.find('*') == std::string_view::npos) {
    PROPERTY(core::covers(a, b) == matches(a, b));
    PROPERTY(core::overlaps(a, b) == matches(a, b));
  }
}

}  // namespace tenancy::fuzz
