#include "core/authorization.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "core/permission.hpp"

namespace tenancy::core {
namespace {

using Directory = PermissionDirectory;

void add(Authorization& to, std::string source, Directory::Permission permission) {
  (permission.denied ? to.denials : to.grants)
      .push_back({std::move(source), std::move(permission.pattern)});
}

// Takes each role once, so that inheritance in a circle ends; those that are held come first, so
// that none of them is called inherited.
void add_roles(Authorization& to, const std::string& tenant_id, const Directory& directory) {
  struct Found {
    std::string scope, name;
    std::string held;  // the role that brings it; empty: it is held itself
  };
  std::vector<Found> found;
  std::set<std::pair<std::string, std::string>> seen;
  const auto visit = [&](const std::string& scope, const std::string& name,
                         const std::string& held) {
    if (seen.emplace(scope, name).second) found.push_back({scope, name, held});
  };
  for (const std::string& role : to.roles) {
    visit("", role, "");
    visit(tenant_id, role, "");
  }
  for (std::size_t i = 0; i < found.size(); ++i) {
    const Found each = found[i];
    auto role = directory.role(each.scope, each.name);
    if (!role) continue;
    std::string source = "role " + each.name;
    if (!each.held.empty()) source += " (inherited by " + each.held + ")";
    for (auto& permission : role->permissions) add(to, source, std::move(permission));
    const std::string& held = each.held.empty() ? each.name : each.held;
    for (const std::string& inherited : role->inherits) {
      visit("", inherited, held);
      // A role of all tenants must not mean what one of them makes of a name.
      if (!each.scope.empty()) visit(each.scope, inherited, held);
    }
  }
}

void add_user(Authorization& to, std::vector<Directory::Permission> permissions, Seconds now) {
  for (auto& permission : permissions) {
    // The clock here knows whole seconds. In the second that one ends in, a grant counts no more
    // and a denial still does.
    const bool ends = permission.expires_at != kForever;
    const Seconds end = permission.expires_at + (ends && permission.denied ? 1 : 0);
    if (end <= now) continue;
    to.changes_at = std::min(to.changes_at, end);
    add(to, "user permission", std::move(permission));
  }
}

void add_tier(Authorization& to, const Holder& holder, const Directory& directory) {
  to.tier = directory.tier_of(holder.tenant_id);
  if (!to.tier) to.tier = holder.tier;
  const Directory::Tiers tiers = directory.tiers();
  if (!tiers.any) return;
  if (!to.tier) to.tier = tiers.standard;
  to.tier_covers.emplace();
  if (to.tier) to.tier_covers = directory.tier_permissions(*to.tier);
}

}  // namespace

Authorization gather(const Holder& holder, const PermissionDirectory& directory, Seconds now) {
  Authorization found;
  found.roles = holder.roles;
  if (holder.user_id) {
    for (std::string& role : directory.member_roles(holder.tenant_id, *holder.user_id)) {
      if (std::find(found.roles.begin(), found.roles.end(), role) == found.roles.end()) {
        found.roles.push_back(std::move(role));
      }
    }
  }
  add_roles(found, holder.tenant_id, directory);
  if (holder.user_id) {
    add_user(found, directory.user_permissions(holder.tenant_id, *holder.user_id), now);
  } else if (holder.permissions) {
    for (const std::string& pattern : *holder.permissions) {
      found.grants.push_back({"credential", pattern});
    }
  }
  add_tier(found, holder, directory);
  found.bound = holder.permissions;
  return found;
}

bool Authorization::allows(std::string_view asked) const noexcept {
  for (const Rule& denial : denials) {
    if (overlaps(denial.pattern, asked)) return false;
  }
  const auto granted = [&](const Rule& grant) {
    return covers(grant.pattern, asked);
  };
  return std::any_of(grants.begin(), grants.end(), granted) &&
         (!tier_covers || any_covers(*tier_covers, asked)) && (!bound || any_covers(*bound, asked));
}

std::vector<Reason> Authorization::explain(std::string_view asked) const {
  std::vector<Reason> denying, granting, bounding;
  for (const Rule& rule : denials) {
    if (overlaps(rule.pattern, asked)) denying.push_back({rule.source, true, rule.pattern, false});
  }
  bool credential_grants = false;
  for (const Rule& rule : grants) {
    if (!covers(rule.pattern, asked)) continue;
    granting.push_back({rule.source, false, rule.pattern, false});
    credential_grants |= rule.source == "credential";
  }
  const std::string tier_source = tier ? "tier " + *tier : "no tier";
  const auto list = [&](const std::string& source, const std::vector<std::string>& patterns) {
    for (const std::string& pattern : patterns) {
      if (covers(pattern, asked)) bounding.push_back({source, false, pattern, false});
    }
  };
  if (tier_covers) list(tier_source, *tier_covers);
  if (bound && !credential_grants) list("credential", *bound);

  std::vector<Reason> missing;
  if (!denying.empty()) {
    denying.front().decides = true;
  } else if (granting.empty()) {
    missing.push_back({"default", true, std::nullopt, true});
  } else if (tier_covers && !any_covers(*tier_covers, asked)) {
    missing.push_back({tier_source, true, std::nullopt, true});
  } else if (bound && !any_covers(*bound, asked)) {
    missing.push_back({"credential", true, std::nullopt, true});
  } else {
    granting.front().decides = true;
  }
  std::vector<Reason> reasons;
  for (auto* const part : {&missing, &denying, &granting, &bounding}) {
    std::move(part->begin(), part->end(), std::back_inserter(reasons));
  }
  return reasons;
}

}  // namespace tenancy::core
