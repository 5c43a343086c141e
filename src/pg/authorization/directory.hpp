// Roles, tiers and single permissions as they lie in the tables of this database.
#pragma once

#include "core/authorization.hpp"

namespace tenancy::pg {

// Texts are in the server's encoding. May throw PgError.
class TablePermissions final : public core::PermissionDirectory {
 public:
  std::optional<Role> role(std::string_view scope, std::string_view name) const override;
  std::vector<std::string> member_roles(std::string_view tenant_id,
                                        std::string_view user_id) const override;
  std::vector<Permission> user_permissions(std::string_view tenant_id,
                                           std::string_view user_id) const override;
  std::optional<std::string> tier_of(std::string_view tenant_id) const override;
  Tiers tiers() const override;
  std::vector<std::string> tier_permissions(std::string_view tier) const override;
};

}  // namespace tenancy::pg
