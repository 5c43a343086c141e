// The issuers this database believes, with their keys parsed: once per backend and version.
#pragma once

#include "core/issuer.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "pg/trust/tables.hpp"

namespace tenancy::pg {

using IssuerPtr = std::shared_ptr<const core::Issuer>;

// Null where no such issuer is configured. The database's own issuer is one like any other.
IssuerPtr find_issuer(std::string_view issuer, core::Seconds now);

// The columns of tenancy.issuers that make a core::Issuer, in the order issuer_from_row() takes
// them.
extern const Columns kIssuerColumns;
core::Result<core::Issuer> issuer_from_row(const Row& row);

// How many issuers this backend holds parsed.
std::size_t parsed_issuers();

// Answers from tenants, members, tenant_aliases and issuer_tenants; may throw PgError.
class TableDirectory final : public core::TenantDirectory {
 public:
  std::optional<std::string> alias(std::string_view issuer,
                                   std::string_view claim_value) const override;
  bool listed(std::string_view issuer, std::string_view tenant_id) const override;
  core::Standing tenant(std::string_view tenant_id) const override;
  core::Standing member(std::string_view tenant_id, std::string_view user_id) const override;
};

}  // namespace tenancy::pg
