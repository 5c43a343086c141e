// tenancy.can() and its kin: what the caller may do.
#include <string>
#include <vector>

#include "pg/authorization/compiled.hpp"
#include "pg/datum.hpp"
#include "pg/session/demand.hpp"
#include "pg/session/state.hpp"
#include "pg/types/arguments.hpp"
#include "pg/types/permission.hpp"

namespace {

using namespace tenancy;
using namespace tenancy::pg;

constexpr const char* kReadMembers = "tenancy:members:read";

std::string_view permission_argument(FunctionCallInfo fcinfo, int number) {
  return call([&] { return pattern_of(fcinfo->args[number].value); });
}

// The elements of a permission[], as values that live as long as the call.
std::vector<std::string_view> permissions_argument(FunctionCallInfo fcinfo, int number) {
  std::vector<std::string_view> permissions;
  for (const auto& element : elements_argument(fcinfo, number)) {
    if (!element) {
      throw refused_argument("a permission is NULL",
                             "NULL is no permission that somebody could have.", "Leave it out.");
    }
    permissions.push_back(call([&] { return pattern_of(*element); }));
  }
  return permissions;
}

Refused lacks(std::string_view permission) {
  return {kPermissionDenied, "permission denied",
          "The caller lacks the permission \"" + std::string(permission) + "\".",
          "SELECT * FROM tenancy.explain_permission('" + std::string(permission) + "') says why."};
}

void demand_permission(const session::Block& block, std::string_view permission) {
  if (!may(block, permission)) throw lacks(permission);
}

// Inside an identity, only of the caller's own tenant and by those who may read its members.
// Who is outside was granted EXECUTE by the administrator; who was refused is neither.
void demand_insight(std::string_view tenant_id) {
  session::refresh();
  if (session::standing() != session::Standing::in_force &&
      session::standing() != session::Standing::refused) {
    return;
  }
  const session::Block& block = *session::demand_identity(session::OnMissing::error);
  if (block.text(block.layout.tenant_id) != tenant_id) {
    throw Refused(kPermissionDenied, "permission denied",
                  "Inside an identity only users of the caller's own tenant can be asked about.",
                  "Leave first: SELECT tenancy.logout().");
  }
  demand_permission(block, kReadMembers);
}

TENANCY_FUNCTION(tenancy_can) {
  const session::Block* const block = session::demand_identity();
  PG_RETURN_BOOL(block != nullptr && may(*block, permission_argument(fcinfo, 0)));
}

TENANCY_FUNCTION(tenancy_can_all) {
  const session::Block* const block = session::demand_identity();
  const auto permissions = permissions_argument(fcinfo, 0);
  if (block == nullptr) PG_RETURN_BOOL(false);
  for (const std::string_view permission : permissions) {
    if (!may(*block, permission)) PG_RETURN_BOOL(false);
  }
  PG_RETURN_BOOL(true);
}

TENANCY_FUNCTION(tenancy_require) {
  const session::Block& block = *session::demand_identity(session::OnMissing::error);
  if (fcinfo->args[0].isnull) {
    throw refused_argument("no permission was named", "The permission to require is NULL.",
                           "Name one, as 'docs:doc:write'.");
  }
  demand_permission(block, permission_argument(fcinfo, 0));
  PG_RETURN_BOOL(true);
}

TENANCY_FUNCTION(tenancy_explain_permission) {
  const session::Block* const block = session::demand_identity();
  std::vector<core::Reason> reasons;
  if (block != nullptr) {
    reasons = authorization_of(*block).explain(permission_argument(fcinfo, 0));
  } else {
    reasons.push_back({"no identity", true, std::nullopt, true});
  }
  std::vector<TextRow> rows;
  for (core::Reason& reason : reasons) {
    rows.push_back({std::move(reason.source), reason.denies ? "deny" : "allow",
                    std::move(reason.pattern), reason.decides ? "t" : "f"});
  }
  return rows_result(fcinfo, std::move(rows));
}

TENANCY_FUNCTION(tenancy_can_as) {
  const std::string tenant_id = identifier_of(fcinfo->args[0].value);
  const std::string user_id = identifier_of(fcinfo->args[1].value);
  demand_insight(tenant_id);
  PG_RETURN_BOOL(user_may(tenant_id, user_id, permission_argument(fcinfo, 2)));
}

}  // namespace
