// Routes: which tenant a request's address names, and the patterns that say so.
//
// A route is a host, a path, or both: `acme.example.com`, `/t/acme/threads`,
// `https://api.example.com:443/t/acme?page=2`. It is read the way a request arrives: percent
// escapes are decoded once, the host's case, port and trailing dot do not matter, query and
// fragment are dropped. What clients, proxies and applications could read in two ways is refused:
// userinfo, empty segments, `.` and `..`, encoded slashes, backslashes, control characters.
//
// A pattern is a host, a path prefix, or both, in which at most one whole label or segment is
// `{tenant}`. Labels and segments are compared whole: `/t/acme` does not match `/t/acmeevil`.
#pragma once

#include "core/pure.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"

namespace tenancy::core {

inline constexpr std::string_view kTenantPart = "{tenant}";
inline constexpr std::size_t kMaxRouteBytes = 8192;
inline constexpr std::size_t kMaxHostBytes = 253;  // RFC 1035 section 3.1, as text
inline constexpr std::size_t kMaxLabelBytes = 63;
inline constexpr std::size_t kMaxPatternBytes = 1024;
inline constexpr std::size_t kMaxPatternSegments = 8;

// Labels in lower case, segments in the one spelling that leaves nothing escaped which may stand
// for itself (RFC 3986, pchar). So a brace in a request is `%7B`, and never a pattern's.
struct Route {
  std::vector<std::string> labels;  // none: no host
  std::vector<std::string> segments;

  bool operator==(const Route&) const = default;
};

// Errc::bad_argument with what is wrong.
Result<Route> parse_route(std::string_view text);

// A pattern in normal form. Errc::bad_argument with what is wrong.
Result<Route> parse_pattern(std::string_view text);

// `host`, `host/path` or `/path`: parsed again it is the same route, or pattern.
std::string to_text(const Route& route);

// The bytes that a label or segment of a route stands for. Errc::bad_argument for a bad escape.
Result<std::string> decode_escapes(std::string_view text);

}  // namespace tenancy::core
