#include "core/operators.hpp"

#include <algorithm>
#include <utility>

#include "core/permission.hpp"

namespace tenancy::core {
namespace {

OperatorRuling rule_on(const OperatorEntry& entry, const TokenRequest& request) {
  if (!entry.names(request.tenant_id)) return {Lacking::tenant, &entry, {}};
  if (request.ttl > entry.max_ttl) return {Lacking::ttl, &entry, {}};
  if (entry.permissions && request.permissions) {
    for (const std::string& asked : *request.permissions) {
      if (!any_covers(*entry.permissions, asked)) return {Lacking::permission, &entry, asked};
    }
  }
  return {Lacking::nothing, &entry, {}};
}

bool stands_before(const OperatorEntry& left, const OperatorEntry& right) {
  if (left.permissions.has_value() != right.permissions.has_value()) return !left.permissions;
  return left.role < right.role;
}

}  // namespace

bool OperatorEntry::names(const std::string& tenant_id) const {
  return !tenant_ids ||
         std::find(tenant_ids->begin(), tenant_ids->end(), tenant_id) != tenant_ids->end();
}

OperatorRuling rule_on(const std::vector<OperatorEntry>& entries, const TokenRequest& request) {
  OperatorRuling best;
  for (const OperatorEntry& entry : entries) {
    OperatorRuling ruling = rule_on(entry, request);
    const bool first = best.entry == nullptr || best.lacking < ruling.lacking ||
                       (best.lacking == ruling.lacking && stands_before(entry, *best.entry));
    if (first) best = std::move(ruling);
  }
  return best;
}

}  // namespace tenancy::core
