#include "pg/trust/keystore.hpp"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/bounded_cache.hpp"
#include "pg/boundary.hpp"

namespace tenancy::pg {
namespace {

constexpr std::size_t kParsedIssuers = 128;

struct Parsed {
  IssuerPtr issuer;
  std::uint64_t version;
  core::Seconds stale_at;  // when the first of its keys stops verifying
};

core::BoundedCache<Parsed>& cache() {
  static core::BoundedCache<Parsed> parsed(kParsedIssuers);
  return parsed;
}

IssuerPtr configured_issuer(std::string_view name) {
  const auto rows = read_rows(Table::issuers, kIssuerColumns, {{"issuer", name}});
  if (rows.empty()) return nullptr;
  auto issuer = issuer_from_row(rows.front());
  if (!issuer.ok()) {
    throw Refused(sqlstate_of(issuer.error().code), "a stored issuer cannot be used",
                  issuer.error().message, "Store its keys again with tenancy.set_jwks.");
  }
  return std::make_shared<const core::Issuer>(std::move(issuer).value());
}

// The database's own issuer under one of its names: the present one, or the one that this
// database, or the one it was restored from, had when the key was made.
IssuerPtr own_issuer(std::string_view name, core::Seconds now, core::Seconds* stale_at) {
  core::Issuer issuer;
  for (const Row& row :
       read_rows(Table::signing_keys, {"jwk", "verify_until"}, {{"issuer", name}})) {
    const core::Seconds until = row[1].null ? core::kForever : row[1].seconds();
    if (until <= now) continue;
    auto keys = core::parse_jwks(row[0].text(), core::KeySetUse::store);
    if (!keys.ok()) {
      throw Refused(sqlstate_of(keys.error().code), "a stored signing key cannot be used",
                    keys.error().message, "Make a new one with tenancy.rotate_signing_key().");
    }
    for (core::Key& key : keys.value().keys) issuer.keys.keys.push_back(std::move(key));
    *stale_at = std::min(*stale_at, until);
  }
  if (issuer.keys.keys.empty()) return nullptr;
  issuer.issuer = name;
  issuer.audience = {issuer.issuer};
  issuer.algorithms = {core::Algorithm::ES256};
  issuer.roles_claim = "roles";
  issuer.permissions_claim = "permissions";
  issuer.tier_claim = "tier";
  issuer.own = true;
  return std::make_shared<const core::Issuer>(std::move(issuer));
}

const Columns kStandingColumns = {"status", "tokens_valid_after"};

core::Standing standing_of(const std::vector<Row>& rows) {
  core::Standing standing;
  if (rows.empty()) return standing;
  const Row& row = rows.front();
  standing.state =
      row[0].text() == "active" ? core::Standing::State::active : core::Standing::State::suspended;
  if (!row[1].null) standing.tokens_valid_after = row[1].seconds();
  return standing;
}

}  // namespace

const Columns kIssuerColumns = {"issuer",
                                "audience",
                                "jwks",
                                "algorithms",
                                "authorized_parties",
                                "required_claims",
                                "tenant_claim",
                                "user_claim",
                                "roles_claim",
                                "permissions_claim",
                                "permission_prefix",
                                "tier_claim",
                                "agent_claim",
                                "tenant_id",
                                "tenants",
                                "tenants_claim",
                                "tenant_lookup",
                                "user_prefix",
                                "leeway",
                                "membership"};

core::Result<core::Issuer> issuer_from_row(const Row& row) {
  core::Issuer issuer;
  issuer.issuer = row[0].text();
  issuer.audience = row[1].items;
  if (!row[2].null) {
    auto keys = core::parse_jwks(row[2].text(), core::KeySetUse::store);
    if (!keys.ok()) return keys.error();
    issuer.keys = std::move(keys).value();
  }
  for (const std::string& name : row[3].items) {
    const auto algorithm = core::algorithm_of(name);
    if (!algorithm) {
      return core::Error{core::Errc::bad_argument, "\"" + name + "\" is not an algorithm."};
    }
    issuer.algorithms.push_back(*algorithm);
  }
  issuer.authorized_parties = row[4].items;
  issuer.required_claims = row[5].text();
  issuer.tenant_claim = row[6].text();
  issuer.user_claim = row[7].text();
  issuer.roles_claim = row[8].text();
  issuer.permissions_claim = row[9].text();
  issuer.permission_prefix = row[10].text();
  issuer.tier_claim = row[11].text();
  issuer.agent_claim = row[12].text();
  if (!row[13].null) issuer.tenant_id = row[13].text();
  const std::string& tenants = row[14].text();
  issuer.tenants = tenants == "open"         ? core::Tenants::open
                   : tenants == "registered" ? core::Tenants::registered
                                             : core::Tenants::listed;
  issuer.tenants_claim = row[15].text();
  issuer.tenant_lookup =
      row[16].text() == "claim" ? core::TenantLookup::claim : core::TenantLookup::alias;
  issuer.user_prefix = row[17].text();
  issuer.leeway = row[18].seconds();
  issuer.membership =
      row[19].text() == "claims" ? core::Membership::claims : core::Membership::required;
  return issuer;
}

IssuerPtr find_issuer(std::string_view name, core::Seconds now) {
  if (Parsed* const parsed = cache().find(name)) {
    if (parsed->version == tables_version() && now < parsed->stale_at) return parsed->issuer;
    cache().erase(name);
  }
  // The version before reading: what arrives meanwhile makes the entry stale.
  const std::uint64_t version = tables_version();
  core::Seconds stale_at = core::kForever;
  IssuerPtr issuer = configured_issuer(name);
  if (!issuer) issuer = own_issuer(name, now, &stale_at);
  if (issuer) cache().insert(std::string(name), {issuer, version, stale_at});
  return issuer;
}

std::size_t parsed_issuers() {
  return cache().size();
}

std::optional<std::string> TableDirectory::alias(std::string_view issuer,
                                                 std::string_view claim_value) const {
  const auto rows = read_rows(Table::tenant_aliases, {"tenant_id"},
                              {{"issuer", issuer}, {"claim_value", claim_value}});
  if (rows.empty()) return std::nullopt;
  return rows.front()[0].text();
}

bool TableDirectory::listed(std::string_view issuer, std::string_view tenant_id) const {
  return !read_rows(Table::issuer_tenants, {}, {{"issuer", issuer}, {"tenant_id", tenant_id}})
              .empty();
}

core::Standing TableDirectory::tenant(std::string_view tenant_id) const {
  return standing_of(read_rows(Table::tenants, kStandingColumns, {{"tenant_id", tenant_id}}));
}

core::Standing TableDirectory::member(std::string_view tenant_id, std::string_view user_id) const {
  return standing_of(read_rows(Table::members, kStandingColumns,
                               {{"tenant_id", tenant_id}, {"user_id", user_id}}));
}

}  // namespace tenancy::pg
