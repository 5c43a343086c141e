// What an administrator may store as an issuer's configuration.
#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

#include "core/issuer.hpp"
#include "core/json.hpp"
#include "core/tenant_id.hpp"

namespace tenancy::core {
namespace {

using Doubt = std::optional<Complaint>;

Doubt check_path(const char* argument, std::string_view path) {
  if (path.size() <= 255 && !path.starts_with('.') && !path.ends_with('.') &&
      path.find("..") == std::string_view::npos) {
    return std::nullopt;
  }
  return Complaint{argument, std::string(argument) + " is not a claim path.",
                   "Give a claim's name, or names joined by dots, as app_metadata.tenant_id."};
}

bool any_empty(const std::vector<std::string>& values) {
  return std::any_of(values.begin(), values.end(), [](const auto& v) { return v.empty(); });
}

Doubt check_recipients(const Issuer& issuer) {
  if (any_empty(issuer.audience)) {
    return Complaint{"audience", "An audience is empty.",
                     "Give each audience as the token says it."};
  }
  if (any_empty(issuer.authorized_parties)) {
    return Complaint{"authorized_parties", "An authorized party is empty.",
                     "Give each one as the token's azp or client_id says it."};
  }
  bool required = false;
  if (!issuer.required_claims.empty()) {
    const auto claims = JsonDocument::parse(issuer.required_claims);
    if (!claims.ok() || !claims.value().root().is_object()) {
      return Complaint{"required_claims", "required_claims is not a JSON object.",
                       "Give it as {\"token_use\": \"access\"}."};
    }
    required = !claims.value().root().members().empty();
  }
  if (issuer.audience.empty() && issuer.authorized_parties.empty() && !required) {
    return Complaint{"audience",
                     "Without an audience, tokens that the issuer gave to other applications "
                     "would enter.",
                     "Give audience; where the provider sends none, authorized_parties or "
                     "required_claims."};
  }
  return std::nullopt;
}

Doubt check_keys(const Issuer& issuer) {
  std::vector<std::string_view> kids;
  for (const Key& key : issuer.keys.keys) {
    if (!key.kid.empty()) kids.push_back(key.kid);
  }
  std::sort(kids.begin(), kids.end());
  const auto twin = std::adjacent_find(kids.begin(), kids.end());
  if (twin != kids.end()) {
    return Complaint{"jwks", "Two keys have the key ID \"" + std::string(*twin) + "\".",
                     "Give every key a kid of its own."};
  }
  if (issuer.algorithms.empty() || issuer.keys.keys.empty()) return std::nullopt;
  const bool usable =
      std::any_of(issuer.keys.keys.begin(), issuer.keys.keys.end(), [&](const Key& key) {
        return std::any_of(key.algorithms.begin(), key.algorithms.end(), [&](Algorithm algorithm) {
          return std::find(issuer.algorithms.begin(), issuer.algorithms.end(), algorithm) !=
                 issuer.algorithms.end();
        });
      });
  if (usable) return std::nullopt;
  return Complaint{"algorithms", "No key of the issuer is for one of these algorithms.",
                   "Name the keys' algorithms, or leave algorithms NULL."};
}

}  // namespace

std::optional<Complaint> check(const Issuer& issuer) {
  if (issuer.issuer.empty()) {
    return Complaint{"issuer", "The issuer's name is empty.", "Give iss as the tokens say it."};
  }
  for (const auto& [argument, path] :
       {std::pair<const char*, const std::string&>{"tenant_claim", issuer.tenant_claim},
        {"user_claim", issuer.user_claim},
        {"roles_claim", issuer.roles_claim},
        {"permissions_claim", issuer.permissions_claim},
        {"tier_claim", issuer.tier_claim},
        {"agent_claim", issuer.agent_claim},
        {"tenants_claim", issuer.tenants_claim}}) {
    if (auto doubt = check_path(argument, path)) return doubt;
  }
  if (issuer.tenant_claim.empty() || issuer.user_claim.empty()) {
    return Complaint{issuer.user_claim.empty() ? "user_claim" : "tenant_claim",
                     "The claim's name is empty.", "Give the claim's name, or NULL."};
  }
  // The longest prefix must leave room for the shortest subject.
  if (!issuer.user_prefix.empty() && !canonical_identifier(issuer.user_prefix + "x").ok()) {
    return Complaint{"user_prefix", "user_prefix holds a character that a user_id cannot.",
                     "Use printable ASCII without spaces, quotes and semicolons, as 'idp1:'."};
  }
  if (issuer.leeway < 0 || issuer.leeway > 300) {
    return Complaint{"leeway", "leeway is not between 0 and 5 minutes.",
                     "Give leeway as '30 s', or set the clocks."};
  }
  if (auto doubt = check_recipients(issuer)) return doubt;
  return check_keys(issuer);
}

}  // namespace tenancy::core
