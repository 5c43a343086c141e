// What is configured for one issuer, and how its verified tokens become an Identity.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/identity.hpp"
#include "core/jwk.hpp"
#include "core/jwt.hpp"
#include "core/result.hpp"

namespace tenancy::core {

enum class Tenants { open, registered, listed };
enum class TenantLookup { claim, alias };
enum class Membership { claims, required };

// One row of tenancy.issuers with its keys parsed. Claim paths as in the SQL reference.
struct Issuer {
  std::string issuer;
  KeySet keys;
  std::vector<std::string> audience;
  std::vector<Algorithm> algorithms;  // empty: whatever the keys are for
  std::vector<std::string> authorized_parties;
  std::string required_claims;  // a JSON object the claims must contain; empty: none
  std::string tenant_claim = "tenant_id";
  std::string user_claim = "sub";
  std::string roles_claim, tier_claim, tenants_claim;  // empty: none
  std::string permissions_claim;                       // empty: tokens do not bound permissions
  std::string permission_prefix;         // only permissions that start with it count, without it
  std::string agent_claim;               // empty: act.sub, then azp
  std::optional<std::string> tenant_id;  // this issuer speaks for one tenant only
  Tenants tenants = Tenants::open;
  TenantLookup tenant_lookup = TenantLookup::claim;
  Membership membership = Membership::claims;
  std::string user_prefix;
  Seconds leeway = 30;
  // The database's own issuer: a token without `sub` is a job's, and one without `permissions`
  // is not bounded. Elsewhere a missing user claim refuses, missing permissions are none at all.
  bool own = false;
};

// What the caller asks for beside the token; may only narrow.
struct Narrowing {
  std::optional<std::string> tenant_id;
  std::optional<std::string> agent;
};

// What the tables say of a tenant, or of a user in one.
struct Standing {
  enum class State { unknown, active, suspended };
  State state = State::unknown;
  std::optional<Seconds> tokens_valid_after;  // tokens issued until then are refused
};

// Answers the questions about tenants that only the tables know.
class TenantDirectory {
 public:
  virtual ~TenantDirectory() = default;
  virtual std::optional<std::string> alias(std::string_view issuer,
                                           std::string_view claim_value) const = 0;
  virtual bool listed(std::string_view issuer, std::string_view tenant_id) const = 0;
  virtual Standing tenant(std::string_view tenant_id) const = 0;
  virtual Standing member(std::string_view tenant_id, std::string_view user_id) const = 0;
};

// Verifies `token` against its issuer's keys and derives the identity, or says which check failed.
Result<Identity> authenticate(std::string_view token, const Issuer& issuer,
                              const TenantDirectory& tenants, const Narrowing& narrowing,
                              Seconds now, std::size_t max_bytes = kDefaultMaxTokenBytes);

// One check a token went through, for administrators.
struct Step {
  std::string name;
  bool passed;
  std::string detail;
};

// The checks of authenticate() in their order, up to the first that fails.
std::vector<Step> explain(std::string_view token, const Issuer& issuer,
                          const TenantDirectory& tenants, const Narrowing& narrowing, Seconds now,
                          std::size_t max_bytes = kDefaultMaxTokenBytes);

// What is wrong with an issuer's configuration: the argument, why, and what to do.
struct Complaint {
  std::string argument, detail, hint;
};

// Arguments that contradict each other, or that could let in what nobody wanted in.
std::optional<Complaint> check(const Issuer& issuer);

}  // namespace tenancy::core
