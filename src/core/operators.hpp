// Who may speak for tenants without being one of their users: entries of tenancy.operators, and
// what a request for a token must have to be covered by one.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <vector>

#include "core/identity.hpp"

namespace tenancy::core {

using Permissions = std::optional<std::vector<std::string>>;  // none: not bounded

struct OperatorEntry {
  std::string role;                                    // its name
  std::optional<std::vector<std::string>> tenant_ids;  // none: every tenant
  Permissions permissions;
  Seconds max_ttl = 0;

  bool names(const std::string& tenant_id) const;
};

struct TokenRequest {
  std::string tenant_id;
  Permissions permissions;  // none: those of the entry
  Seconds ttl = 0;
};

// What an entry lacks of a request, the worst first.
enum class Lacking { entry, tenant, ttl, permission, nothing };

struct OperatorRuling {
  Lacking lacking = Lacking::entry;
  const OperatorEntry* entry = nullptr;  // that covers it, or comes closest
  std::string permission;                // the first that is not covered
};

// One entry has to cover all of the request. Of several the first does that has no bound of
// permissions, then the first by the name of its role.
OperatorRuling rule_on(const std::vector<OperatorEntry>& entries, const TokenRequest& request);

}  // namespace tenancy::core
