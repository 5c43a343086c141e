#include "core/issuer.hpp"

#include <algorithm>
#include <utility>

#include "core/claims.hpp"
#include "core/json.hpp"
#include "core/permission.hpp"
#include "core/tenant_id.hpp"

namespace tenancy::core {
namespace {

// Collects what explain() shows; authenticate() needs none.
class Trace {
 public:
  explicit Trace(std::vector<Step>* steps) : steps_(steps) {}

  template <typename T>
  void saw(const char* name, const Result<T>& result, std::string detail = {}) {
    if (!steps_) return;
    steps_->push_back(
        {name, result.ok(), result.ok() ? std::move(detail) : result.error().message});
  }

 private:
  std::vector<Step>* steps_;
};

bool one_of(std::string_view value, const std::vector<std::string>& values) {
  return std::find(values.begin(), values.end(), value) != values.end();
}

// The issuer's keys, each for the algorithms the issuer is allowed to use.
KeySet usable_keys(const Issuer& issuer) {
  if (issuer.algorithms.empty()) return issuer.keys;
  KeySet usable;
  for (const Key& key : issuer.keys.keys) {
    Key restricted = key;
    std::erase_if(restricted.algorithms, [&](Algorithm algorithm) {
      return std::find(issuer.algorithms.begin(), issuer.algorithms.end(), algorithm) ==
             issuer.algorithms.end();
    });
    if (!restricted.algorithms.empty()) usable.keys.push_back(std::move(restricted));
  }
  return usable;
}

Status check_authorized_party(const Issuer& issuer, Json claims) {
  if (issuer.authorized_parties.empty()) return Done{};
  // OpenID Connect says azp; RFC 9068 access tokens, and Cognito's, say client_id.
  for (const char* const name : {"azp", "client_id"}) {
    const auto party = claims.member(name);
    if (!party) continue;
    if (party->is_string() && one_of(party->string(), issuer.authorized_parties)) return Done{};
    break;
  }
  return Error{Errc::wrong_audience,
               "The token was not issued to one of the issuer's authorized parties."};
}

Status check_required_claims(const Issuer& issuer, Json claims) {
  if (issuer.required_claims.empty()) return Done{};
  const auto required = JsonDocument::parse(issuer.required_claims);
  if (!required.ok()) return required.error();
  if (contains(claims, required.value().root())) return Done{};
  return Error{Errc::missing_claim,
               "A claim that the issuer's required_claims ask for is absent or has another value."};
}

Result<std::optional<std::string>> user_of(const Issuer& issuer, Json claims) {
  const auto subject = text_claim(claims, issuer.user_claim);
  if (!subject.ok()) return subject.error();
  if (!subject.value()) {
    if (issuer.own) return std::optional<std::string>();
    return Error{Errc::missing_claim, "The claim \"" + issuer.user_claim + "\" is absent."};
  }
  auto user = canonical_identifier(issuer.user_prefix + *subject.value());
  if (!user.ok()) {
    return Error{Errc::malformed,
                 "The claim \"" + issuer.user_claim + "\" does not hold a user_id."};
  }
  return std::optional<std::string>(std::move(user).value());
}

// The tenant a claim's value means.
Result<std::string> tenant_from(const Issuer& issuer, const TenantDirectory& tenants,
                                std::string_view value) {
  if (issuer.tenant_lookup == TenantLookup::alias) {
    auto alias = tenants.alias(issuer.issuer, value);
    if (alias) return std::move(*alias);
    return Error{Errc::wrong_tenant, "The tenant claim's value is not among the issuer's aliases."};
  }
  auto tenant = canonical_identifier(value);
  if (!tenant.ok()) return Error{Errc::malformed, "The tenant claim does not hold a tenant_id."};
  return tenant;
}

// Whether this one may be entered instead of the tenant that the token names.
Result<bool> may_pick(const Issuer& issuer, const TenantDirectory& tenants, Json claims,
                      std::string_view wanted) {
  if (issuer.membership == Membership::required) return true;  // check_membership() decides
  if (issuer.tenants_claim.empty()) return false;
  const auto list = find_claim(claims, issuer.tenants_claim);
  if (!list.ok()) return list.error();
  if (!list.value()) return false;
  if (!list.value()->is_array()) {
    return Error{Errc::missing_claim,
                 "The claim \"" + issuer.tenants_claim + "\" is not an array."};
  }
  for (const Json element : list.value()->elements()) {
    if (!element.is_string()) continue;
    const auto tenant = tenant_from(issuer, tenants, element.string());
    if (tenant.ok() && tenant.value() == wanted) return true;
  }
  return false;
}

Result<std::string> tenant_of(const Issuer& issuer, const TenantDirectory& tenants, Json claims,
                              const Narrowing& narrowing) {
  std::optional<std::string> tenant;
  const auto claimed = text_claim(claims, issuer.tenant_claim);
  if (!claimed.ok()) return claimed.error();
  if (claimed.value()) {
    auto from = tenant_from(issuer, tenants, *claimed.value());
    if (!from.ok()) return from.error();
    tenant = std::move(from).value();
  } else if (issuer.tenant_id) {
    tenant = issuer.tenant_id;
  }

  if (narrowing.tenant_id) {
    auto wanted = canonical_identifier(*narrowing.tenant_id);
    if (!wanted.ok()) return Error{Errc::malformed, "The tenant asked for is not a tenant_id."};
    if (tenant != wanted.value()) {
      const auto allowed = may_pick(issuer, tenants, claims, wanted.value());
      if (!allowed.ok()) return allowed.error();
      if (!allowed.value()) {
        return Error{Errc::wrong_tenant, "The token does not entitle to the tenant asked for."};
      }
    }
    tenant = std::move(wanted).value();
  }

  if (!tenant) {
    if (issuer.membership == Membership::required) {
      return Error{Errc::missing_claim,
                   "The token names no tenant: enter with one that the user is a member of."};
    }
    if (!issuer.tenants_claim.empty()) {
      return Error{Errc::missing_claim,
                   "The token names no single tenant: enter with one of those in the claim \"" +
                       issuer.tenants_claim + "\"."};
    }
    return Error{Errc::missing_claim, "The claim \"" + issuer.tenant_claim + "\" is absent."};
  }
  if (issuer.tenant_id && *tenant != *issuer.tenant_id) {
    return Error{Errc::wrong_tenant, "The issuer speaks for another tenant only."};
  }
  return std::move(*tenant);
}

// A token is as old as its second: one issued in the second of the revocation is refused too.
Status check_issued(const Standing& standing, Seconds issued_at, const std::string& whose) {
  if (!standing.tokens_valid_after) return Done{};
  if (issued_at == 0) {
    return Error{Errc::revoked, "The token has no iat, and earlier tokens of the " + whose +
                                    " are not valid any more."};
  }
  if (issued_at > *standing.tokens_valid_after) return Done{};
  return Error{Errc::revoked,
               "The token was issued before the " + whose + "'s earlier tokens were revoked."};
}

// Comes before everything that the tables say of the tenant: who is not a member learns nothing.
Result<Standing> check_membership(const Issuer& issuer, const TenantDirectory& tenants,
                                  const std::string& tenant, const std::optional<std::string>& user,
                                  Seconds issued_at) {
  const Standing member = user ? tenants.member(tenant, *user) : Standing();
  if (issuer.membership == Membership::required && member.state == Standing::State::unknown) {
    return Error{Errc::wrong_tenant, user ? "The user is not a member of the tenant."
                                          : "The token names no user who could be a member."};
  }
  if (member.state == Standing::State::suspended) {
    return Error{Errc::revoked, "The user is suspended in the tenant."};
  }
  const auto issued = check_issued(member, issued_at, "user");
  if (!issued.ok()) return issued.error();
  return member;
}

Status check_standing(const Issuer& issuer, const TenantDirectory& tenants,
                      const std::string& tenant, Seconds issued_at) {
  if (issuer.tenants == Tenants::listed && !tenants.listed(issuer.issuer, tenant)) {
    return Error{Errc::wrong_tenant, "The tenant is not among those listed for the issuer."};
  }
  const Standing standing = tenants.tenant(tenant);
  if (standing.state == Standing::State::suspended) {
    return Error{Errc::revoked, "The tenant is suspended."};
  }
  if (issuer.tenants == Tenants::registered && standing.state == Standing::State::unknown) {
    return Error{Errc::wrong_tenant, "The tenant is not registered."};
  }
  return check_issued(standing, issued_at, "tenant");
}

Result<std::vector<std::string>> roles_of(const Issuer& issuer, Json claims) {
  if (issuer.roles_claim.empty()) return std::vector<std::string>();
  const auto found = find_claim(claims, issuer.roles_claim);
  if (!found.ok()) return found.error();
  return found.value() ? texts_of(*found.value()) : std::vector<std::string>();
}

struct Permissions {
  std::optional<std::vector<std::string>> granted;
  std::size_t ignored = 0;
};

Result<Permissions> permissions_of(const Issuer& issuer, Json claims) {
  Permissions permissions;
  if (issuer.permissions_claim.empty()) return permissions;
  const auto found = find_claim(claims, issuer.permissions_claim);
  if (!found.ok()) return found.error();
  if (!found.value()) {
    if (!issuer.own) permissions.granted.emplace();
    return permissions;
  }
  permissions.granted.emplace();
  for (const std::string& text : texts_of(*found.value())) {
    const bool ours = text.starts_with(issuer.permission_prefix);
    auto permission = parse_permission(
        ours ? std::string_view(text).substr(issuer.permission_prefix.size()) : "");
    if (permission.ok()) {
      permissions.granted->push_back(std::move(permission).value());
    } else {
      ++permissions.ignored;
    }
  }
  return permissions;
}

Result<std::optional<std::string>> tier_of(const Issuer& issuer, Json claims) {
  if (issuer.tier_claim.empty()) return std::optional<std::string>();
  return text_claim(claims, issuer.tier_claim);
}

Result<std::optional<std::string>> agent_of(const Issuer& issuer, Json claims,
                                            const Permissions& permissions,
                                            const Narrowing& narrowing) {
  // An actor (RFC 8693) is who acts; an authorized party is only who asked for the token.
  auto actor = text_claim(claims, issuer.agent_claim.empty() ? "act.sub" : issuer.agent_claim);
  if (!actor.ok()) return actor;
  std::optional<std::string> agent = std::move(actor).value();
  const bool pinned = agent.has_value();
  if (!pinned && issuer.agent_claim.empty()) {
    auto party = text_claim(claims, "azp");
    if (!party.ok()) return party;
    agent = std::move(party).value();
  }
  if (!narrowing.agent || narrowing.agent == agent) return agent;
  const Error denied{Errc::denied, "The token does not entitle to act as the agent asked for."};
  if (pinned || narrowing.agent->empty()) return denied;
  if (!permissions.granted) return narrowing.agent;
  // One literal segment: a name of two, or of a star, would borrow another agent's permission.
  const auto asked = parse_permission("agent:" + *narrowing.agent + ":*");
  if (!asked.ok() || narrowing.agent->find_first_of(":*") != std::string::npos) return denied;
  if (any_covers(*permissions.granted, asked.value())) return narrowing.agent;
  return denied;
}

Result<VerifiedToken> verify_for(std::string_view token, const Issuer& issuer, Seconds now,
                                 std::size_t max_bytes) {
  Expected expected;
  expected.issuer = issuer.issuer;
  expected.audience = issuer.audience;
  expected.require_expiry = true;
  expected.leeway = issuer.leeway;
  expected.max_bytes = max_bytes;
  return verify(token, usable_keys(issuer), expected, now);
}

Result<Identity> identify(VerifiedToken token, const Issuer& issuer, const TenantDirectory& tenants,
                          const Narrowing& narrowing, Trace trace) {
  const auto document = JsonDocument::parse(token.claims);
  if (!document.ok()) return document.error();
  const Json claims = document.value().root();
  if (holds_nul(claims)) return Error{Errc::malformed, "A claim holds the character U+0000."};

  const auto party = check_authorized_party(issuer, claims);
  trace.saw("authorized party", party);
  if (!party.ok()) return party.error();

  const auto required = check_required_claims(issuer, claims);
  trace.saw("required claims", required);
  if (!required.ok()) return required.error();

  auto user = user_of(issuer, claims);
  trace.saw("user", user, user.ok() ? user.value().value_or("none, as for a job") : "");
  if (!user.ok()) return user.error();

  auto tenant = tenant_of(issuer, tenants, claims, narrowing);
  trace.saw("tenant", tenant, tenant.ok() ? tenant.value() : "");
  if (!tenant.ok()) return tenant.error();

  const auto member =
      check_membership(issuer, tenants, tenant.value(), user.value(), token.issued_at);
  trace.saw("membership", member,
            !member.ok()                                      ? ""
            : member.value().state == Standing::State::active ? "an active member"
                                                              : "none, and none is required");
  if (!member.ok()) return member.error();

  const auto standing = check_standing(issuer, tenants, tenant.value(), token.issued_at);
  trace.saw("tenant's standing", standing);
  if (!standing.ok()) return standing.error();

  auto roles = roles_of(issuer, claims);
  trace.saw("roles", roles, roles.ok() ? std::to_string(roles.value().size()) + " roles" : "");
  if (!roles.ok()) return roles.error();

  auto permissions = permissions_of(issuer, claims);
  trace.saw("permissions", permissions,
            !permissions.ok() ? ""
            : permissions.value().granted
                ? std::to_string(permissions.value().granted->size()) + " permissions, " +
                      std::to_string(permissions.value().ignored) + " ignored"
                : "not bounded by the token");
  if (!permissions.ok()) return permissions.error();

  auto tier = tier_of(issuer, claims);
  trace.saw("tier", tier, tier.ok() ? tier.value().value_or("none") : "");
  if (!tier.ok()) return tier.error();

  auto agent = agent_of(issuer, claims, permissions.value(), narrowing);
  trace.saw("agent", agent, agent.ok() ? agent.value().value_or("none") : "");
  if (!agent.ok()) return agent.error();

  Identity identity;
  identity.tenant_id = std::move(tenant).value();
  identity.user_id = std::move(user).value();
  identity.agent = std::move(agent).value();
  identity.roles = std::move(roles).value();
  identity.permissions = std::move(permissions).value().granted;
  identity.tier = std::move(tier).value();
  identity.issuer = issuer.issuer;
  identity.key_id = std::move(token.key_id);
  identity.token_id = std::move(token.token_id);
  identity.issued_at = token.issued_at;
  identity.expires_at = token.expires_at;
  identity.valid_until = token.expires_at + issuer.leeway;
  identity.claims = std::move(token.claims);
  return identity;
}

}  // namespace

Result<Identity> authenticate(std::string_view token, const Issuer& issuer,
                              const TenantDirectory& tenants, const Narrowing& narrowing,
                              Seconds now, std::size_t max_bytes) {
  auto verified = verify_for(token, issuer, now, max_bytes);
  if (!verified.ok()) return verified.error();
  return identify(std::move(verified).value(), issuer, tenants, narrowing, Trace(nullptr));
}

std::vector<Step> explain(std::string_view token, const Issuer& issuer,
                          const TenantDirectory& tenants, const Narrowing& narrowing, Seconds now,
                          std::size_t max_bytes) {
  std::vector<Step> steps;
  Trace trace(&steps);
  const auto signature = verify_jws(token, usable_keys(issuer), max_bytes);
  trace.saw("key and signature", signature);
  if (!signature.ok()) return steps;
  auto verified = verify_for(token, issuer, now, max_bytes);
  trace.saw("issuer, audience and time", verified);
  if (!verified.ok()) return steps;
  (void)identify(std::move(verified).value(), issuer, tenants, narrowing, trace);
  return steps;
}

}  // namespace tenancy::core
