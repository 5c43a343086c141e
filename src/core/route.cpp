#include "core/route.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace tenancy::core {
namespace {

Error malformed(const char* why) {
  return {Errc::bad_argument, why};
}

constexpr char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alphanumeric(char c) {
  return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z');
}
constexpr bool is_ascii(char c) {
  return static_cast<unsigned char>(c) < 0x80;
}
constexpr bool is_control(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7f;
}
// What may stand for itself in a segment (RFC 3986 section 3.3, pchar).
constexpr bool is_plain(char c) {
  return is_alphanumeric(c) || std::string_view("-._~!$&'()*+,;=:@").find(c) != std::string::npos;
}

int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  return lower(c) >= 'a' && lower(c) <= 'f' ? lower(c) - 'a' + 10 : -1;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5 || text.front() == '0') return false;
  if (!std::all_of(text.begin(), text.end(), is_digit)) return false;
  int port = 0;
  for (const char c : text) port = port * 10 + (c - '0');
  return port <= 65535;
}

Result<std::string> parse_label(std::string_view text, bool pattern) {
  if (pattern && text == kTenantPart) return std::string(kTenantPart);
  if (text.empty()) return malformed("The host has an empty label.");
  if (text.size() > kMaxLabelBytes) {
    return malformed("The host has a label of more than 63 characters.");
  }
  std::string label;
  for (const char c : text) {
    if (!is_ascii(c)) {
      return malformed(
          "The host is not ASCII: write it as requests carry it, in the A-label form xn--… "
          "(RFC 5890).");
    }
    if (pattern && (c == '{' || c == '}')) {
      return malformed("Braces stand around the word tenant alone, as a whole label or segment.");
    }
    if (!is_alphanumeric(c) && c != '-' && c != '_') {
      return malformed("The host has a character that no host name has.");
    }
    label += lower(c);
  }
  return label;
}

Result<std::vector<std::string>> parse_host(std::string_view text, bool pattern) {
  if (text.ends_with('.')) text.remove_suffix(1);
  if (text.size() > kMaxHostBytes) return malformed("The host is longer than 253 characters.");
  std::vector<std::string> labels;
  for (const std::string_view part : split(text, '.')) {
    auto label = parse_label(part, pattern);
    if (!label) return label.error();
    labels.push_back(std::move(label).value());
  }
  return labels;
}

Result<std::vector<std::string>> parse_authority(std::string_view text, bool pattern) {
  if (text.find('@') != std::string_view::npos) {
    return malformed("A user or password stands before the host.");
  }
  if (text.starts_with('[')) {
    return malformed("The host is an IPv6 address; routes are found by host names.");
  }
  if (const std::size_t colon = text.find(':'); colon != std::string_view::npos) {
    if (pattern) return malformed("A pattern has no port: it does not matter.");
    if (!is_port(text.substr(colon + 1))) {
      return malformed("The port is not a number from 1 to 65535.");
    }
    text = text.substr(0, colon);
  }
  return parse_host(text, pattern);
}

std::string encode(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string text;
  for (const char c : bytes) {
    if (is_plain(c)) {
      text += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    text.append({'%', kDigits[byte / 16], kDigits[byte % 16]});
  }
  return text;
}

Result<std::string> parse_segment(std::string_view text, bool pattern) {
  if (pattern && text == kTenantPart) return std::string(kTenantPart);
  if (pattern && text.find_first_of("{}") != std::string_view::npos) {
    return malformed("Braces stand around the word tenant alone, as a whole label or segment.");
  }
  if (text.empty()) return malformed("The path has an empty segment.");
  if (!std::all_of(text.begin(), text.end(), is_ascii)) {
    return malformed("The path is not ASCII: pass it as the request carries it, percent-encoded.");
  }
  if (text.find(' ') != std::string_view::npos) return malformed("The path has a space.");
  const auto bytes = decode_escapes(text);
  if (!bytes) return bytes.error();
  if (bytes.value() == "." || bytes.value() == "..") {
    return malformed("The path has a segment . or .. (plain or encoded).");
  }
  for (const char c : bytes.value()) {
    if (c == '/') return malformed("The path has an encoded slash.");
    if (c == '\\') return malformed("The path has a backslash (plain or encoded).");
    if (is_control(c)) return malformed("The path has a control character (plain or encoded).");
  }
  return encode(bytes.value());
}

Result<std::vector<std::string>> parse_path(std::string_view text, bool pattern) {
  std::vector<std::string> segments;
  if (text.empty() || text == "/") return segments;
  text.remove_prefix(1);
  if (text.ends_with('/')) text.remove_suffix(1);
  for (const std::string_view part : split(text, '/')) {
    auto segment = parse_segment(part, pattern);
    if (!segment) return segment.error();
    segments.push_back(std::move(segment).value());
  }
  return segments;
}

// Takes `https://` and its like off `text`; whether one was there.
Result<bool> take_scheme(std::string_view& text) {
  const std::size_t end = text.find("://");
  if (end == std::string_view::npos || text.find_first_of("/?#") < end) return false;
  std::string scheme(text.substr(0, end));
  std::transform(scheme.begin(), scheme.end(), scheme.begin(), lower);
  constexpr std::array<std::string_view, 4> kSchemes = {"http", "https", "ws", "wss"};
  if (std::find(kSchemes.begin(), kSchemes.end(), scheme) == kSchemes.end()) {
    return malformed("The scheme is not http, https, ws or wss.");
  }
  text.remove_prefix(end + 3);
  if (text.empty() || text.find_first_of("/?#") == 0) {
    return malformed("No host follows the scheme.");
  }
  return true;
}

// What both kinds share: a host unless it begins with a slash, and a path.
Result<Route> parse_address(std::string_view text, bool pattern) {
  Route route;
  const std::size_t path = std::min(text.find('/'), text.size());
  if (path > 0) {
    auto labels = parse_authority(text.substr(0, path), pattern);
    if (!labels) return labels.error();
    route.labels = std::move(labels).value();
  }
  auto segments = parse_path(text.substr(path), pattern);
  if (!segments) return segments.error();
  route.segments = std::move(segments).value();
  return route;
}

std::string joined(const std::vector<std::string>& parts, char separator) {
  std::string text;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) text += separator;
    text += part;
  }
  return text;
}

}  // namespace

Result<std::string> decode_escapes(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      bytes += text[i];
      continue;
    }
    const int high = i + 2 < text.size() ? hex_value(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_value(text[i + 2]) : -1;
    if (high < 0 || low < 0) {
      return malformed("The path has a % that two hexadecimal digits do not follow.");
    }
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return bytes;
}

Result<Route> parse_route(std::string_view text) {
  if (text.empty()) return malformed("It is empty.");
  if (text.size() > kMaxRouteBytes) return malformed("It is longer than 8192 bytes.");
  const auto scheme = take_scheme(text);
  if (!scheme) return scheme.error();
  text = text.substr(0, text.find_first_of("?#"));
  if (text.empty()) return malformed("It has neither a host nor a path.");
  return parse_address(text, false);
}

Result<Route> parse_pattern(std::string_view text) {
  if (text.empty()) return malformed("It is empty.");
  if (text.size() > kMaxPatternBytes) return malformed("It is longer than 1024 bytes.");
  if (text.find("://") != std::string_view::npos) {
    return malformed("A pattern has no scheme: it does not matter.");
  }
  if (text.find_first_of("?#") != std::string_view::npos) {
    return malformed("A pattern has neither a query nor a fragment.");
  }
  auto route = parse_address(text, true);
  if (!route) return route;
  const auto& [labels, segments] = route.value();
  if (segments.size() > kMaxPatternSegments) {
    return malformed("A pattern has at most 8 segments.");
  }
  if (std::count(labels.begin(), labels.end(), kTenantPart) +
          std::count(segments.begin(), segments.end(), kTenantPart) >
      1) {
    return malformed("A pattern names the tenant in one place.");
  }
  if (to_text(route.value()).size() > kMaxPatternBytes) {
    return malformed("It is longer than 1024 bytes in normal form.");
  }
  return route;
}

std::string to_text(const Route& route) {
  std::string text = joined(route.labels, '.');
  for (const std::string& segment : route.segments) text.append("/").append(segment);
  return text.empty() ? "/" : text;
}

}  // namespace tenancy::core
