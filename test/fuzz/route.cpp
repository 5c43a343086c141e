// Routes: normalising is idempotent, and a tenant is reached by one spelling of its name alone.
#include "core/route.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/route_table.hpp"
#include "core/tenant_id.hpp"
#include "fuzz.hpp"

namespace tenancy::fuzz {
namespace {

void examine_parser(std::string_view text, core::Result<core::Route> (*parse)(std::string_view)) {
  const auto once = parse(text);
  if (!once) {
    PROPERTY(once.error().code == core::Errc::bad_argument);
    return;
  }
  const std::string normal = core::to_text(once.value());
  const auto twice = parse(normal);
  PROPERTY(twice.ok() && twice.value() == once.value() && core::to_text(twice.value()) == normal);
  for (const std::string& segment : once.value().segments) {
    const std::string bytes = core::decode_escapes(segment).value();
    PROPERTY(!bytes.empty() && bytes != "." && bytes != "..");
    for (const char c : bytes) {
      PROPERTY(c != '/' && c != '\\' && c != 0x7f && static_cast<unsigned char>(c) >= 0x20);
    }
  }
}

// The tenant, where `text` is a route that one of the pattern's kind names.
std::optional<std::string> ask(const std::string& pattern, const core::Route& route) {
  core::RouteTable table;
  table.add(pattern, std::nullopt);
  const auto tenant = table.resolve(route);
  return tenant.ok() ? tenant.value() : std::nullopt;
}

void examine_tenants(const core::Route& route) {
  if (const auto tenant = ask("/t/{tenant}", route)) {
    PROPERTY(route.segments.size() >= 2 && route.segments[0] == "t");
    const std::string name = core::decode_escapes(route.segments[1]).value();
    PROPERTY(core::canonical_identifier(name).value() == *tenant);
  }
  if (const auto tenant = ask("{tenant}.b", route)) {
    PROPERTY(route.labels.size() == 2 && route.labels[1] == "b");
    PROPERTY(core::canonical_identifier(route.labels[0]).value() == *tenant);
  }
}

}  // namespace

void examine(std::string_view input) {
  const auto [a, b] = halves(input);
  examine_parser(a, core::parse_pattern);
  examine_parser(a, core::parse_route);
  const auto route = core::parse_route(a);
  if (!route) return;
  examine_tenants(route.value());

  // A pattern without {tenant} matches its own text, and nothing that differs in a part it has.
  const auto pattern = core::parse_pattern(b);
  if (!pattern) return;
  const std::string normal = core::to_text(pattern.value());
  if (normal.find(core::kTenantPart) != std::string::npos) return;
  core::RouteTable table;
  table.add(normal, "acme");
  PROPERTY(table.resolve(pattern.value()).value() == "acme");
  const auto& [labels, segments] = pattern.value();
  const core::Route& asked = route.value();
  const bool host = labels.empty() || labels == asked.labels;
  const bool path = segments.size() <= asked.segments.size() &&
                    std::equal(segments.begin(), segments.end(), asked.segments.begin());
  PROPERTY(table.resolve(asked).value().has_value() == (host && path));
}

}  // namespace tenancy::fuzz
