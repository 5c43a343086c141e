#include "pg/authorization/directory.hpp"

#include "pg/trust/tables.hpp"

namespace tenancy::pg {
namespace {

// A row of pattern, effect and, where it has one, the end.
core::PermissionDirectory::Permission permission_of(const Row& row) {
  core::PermissionDirectory::Permission permission{row[0].text(), row[1].text() != "allow"};
  if (row.size() > 2 && !row[2].null) {
    permission.expires_at = row[2].seconds();
  }
  return permission;
}

}  // namespace

std::optional<core::PermissionDirectory::Role> TablePermissions::role(std::string_view scope,
                                                                      std::string_view name) const {
  const auto rows = read_rows(Table::roles, {"inherits"}, {{"scope", scope}, {"role", name}});
  if (rows.empty()) return std::nullopt;
  Role role{rows.front()[0].items, {}};
  for (const Row& row : read_rows(Table::role_permissions, {"permission", "effect"},
                                  {{"scope", scope}, {"role", name}})) {
    role.permissions.push_back(permission_of(row));
  }
  return role;
}

std::vector<std::string> TablePermissions::member_roles(std::string_view tenant_id,
                                                        std::string_view user_id) const {
  const auto rows =
      read_rows(Table::members, {"roles"}, {{"tenant_id", tenant_id}, {"user_id", user_id}});
  return rows.empty() ? std::vector<std::string>() : rows.front()[0].items;
}

std::vector<core::PermissionDirectory::Permission> TablePermissions::user_permissions(
    std::string_view tenant_id, std::string_view user_id) const {
  std::vector<Permission> permissions;
  for (const Row& row : read_rows(Table::user_permissions, {"permission", "effect", "expires_at"},
                                  {{"tenant_id", tenant_id}, {"user_id", user_id}})) {
    permissions.push_back(permission_of(row));
  }
  return permissions;
}

std::optional<std::string> TablePermissions::tier_of(std::string_view tenant_id) const {
  const auto rows = read_rows(Table::tenants, {"tier"}, {{"tenant_id", tenant_id}});
  if (rows.empty() || rows.front()[0].null) return std::nullopt;
  return rows.front()[0].text();
}

core::PermissionDirectory::Tiers TablePermissions::tiers() const {
  Tiers tiers;
  for (const Row& row : read_rows(Table::tiers, {"tier", "is_default"})) {
    tiers.any = true;
    if (row[1].text() == "t") tiers.standard = row[0].text();
  }
  return tiers;
}

std::vector<std::string> TablePermissions::tier_permissions(std::string_view tier) const {
  std::vector<std::string> permissions;
  for (const Row& row : read_rows(Table::tier_permissions, {"permission"}, {{"tier", tier}})) {
    permissions.push_back(row[0].text());
  }
  return permissions;
}

}  // namespace tenancy::pg
