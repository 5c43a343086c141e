#include "core/route_table.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "core/tenant_id.hpp"

namespace tenancy::core {
namespace {

using Labels = std::vector<std::string>;

Labels with_tenant(Labels labels, std::size_t place) {
  labels[place] = kTenantPart;
  return labels;
}

Result<std::optional<std::string>> tenant_named(std::string_view part) {
  const auto text = decode_escapes(part);
  if (!text) return text.error();
  auto tenant_id = canonical_identifier(text.value());
  if (!tenant_id) {
    return Error{Errc::bad_argument, "What stands in the tenant's place is not a tenant_id."};
  }
  return std::optional<std::string>(std::move(tenant_id).value());
}

}  // namespace

// The value of the pattern that was found, and the part of the route that `{tenant}` stands for.
struct RouteTable::Match {
  const std::optional<std::string>* tenant_id;
  const std::string* named;
};

void RouteTable::add(std::string pattern, std::optional<std::string> tenant_id) {
  const bool named = pattern.find(kTenantPart) != std::string::npos;
  if (named != tenant_id.has_value()) {
    patterns_.insert_or_assign(std::move(pattern), std::move(tenant_id));
  }
}

// Among patterns with these labels. `named` is the label that `{tenant}` stands for, if any does:
// then it cannot stand in the path as well.
std::optional<RouteTable::Match> RouteTable::best_path(Labels labels, const std::string* named,
                                                       const Route& route) const {
  Route wanted{std::move(labels), route.segments};
  const auto find = [&]() -> const std::optional<std::string>* {
    const auto found = patterns_.find(to_text(wanted));
    return found == patterns_.end() ? nullptr : &found->second;
  };
  for (std::size_t size = std::min(route.segments.size(), kMaxPatternSegments);; --size) {
    wanted.segments.resize(size);
    if (const auto* const tenant_id = find()) return Match{tenant_id, named};
    for (std::size_t place = size; named == nullptr && place-- > 0;) {
      wanted.segments[place] = kTenantPart;
      if (const auto* const tenant_id = find()) return Match{tenant_id, &route.segments[place]};
      wanted.segments[place] = route.segments[place];
    }
    if (size == 0) return std::nullopt;
  }
}

Result<std::optional<std::string>> RouteTable::resolve(const Route& route) const {
  std::optional<Match> match;
  if (!route.labels.empty()) {
    match = best_path(route.labels, nullptr, route);
    for (std::size_t place = route.labels.size(); !match && place-- > 0;) {
      match = best_path(with_tenant(route.labels, place), &route.labels[place], route);
    }
  }
  if (!match) match = best_path({}, nullptr, route);
  if (!match) return std::optional<std::string>();
  if (match->tenant_id->has_value()) return *match->tenant_id;
  return tenant_named(*match->named);
}

}  // namespace tenancy::core
