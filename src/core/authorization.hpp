// What a caller may do: granted = grants within the tier and the credential's bound, and no denial.
//
// gather() collects everything that counts for one caller, once; allows() and explain() answer from
// it. Every list may be empty, and what is in none of them is not granted.
#pragma once

#include "core/pure.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/identity.hpp"

namespace tenancy::core {

// Who asks, in what the credential says of them.
struct Holder {
  std::string tenant_id;
  std::optional<std::string> user_id;  // none: a job, which holds what its credential carries
  std::vector<std::string> roles;
  std::optional<std::vector<std::string>> permissions;  // the bound; none: not bounded
  std::optional<std::string> tier;
};

// Answers the questions about grants that only the tables know.
class PermissionDirectory {
 public:
  virtual ~PermissionDirectory() = default;

  struct Permission {
    std::string pattern;
    bool denied = false;
    Seconds expires_at = kForever;
  };
  struct Role {
    std::vector<std::string> inherits;
    std::vector<Permission> permissions;
  };
  struct Tiers {
    bool any = false;  // whether a tier exists at all
    std::optional<std::string> standard;
  };

  // The role of that name of every tenant (scope empty) or of one (scope its id).
  virtual std::optional<Role> role(std::string_view scope, std::string_view name) const = 0;
  virtual std::vector<std::string> member_roles(std::string_view tenant_id,
                                                std::string_view user_id) const = 0;
  virtual std::vector<Permission> user_permissions(std::string_view tenant_id,
                                                   std::string_view user_id) const = 0;
  virtual std::optional<std::string> tier_of(std::string_view tenant_id) const = 0;
  virtual Tiers tiers() const = 0;
  virtual std::vector<std::string> tier_permissions(std::string_view tier) const = 0;
};

// One line of an explanation: what contributed, and whether it decided.
struct Reason {
  std::string source;
  bool denies;
  std::optional<std::string> pattern;  // none: something was missing
  bool decides;
};

struct Authorization {
  struct Rule {
    std::string source, pattern;
  };
  std::vector<Rule> denials, grants;
  std::optional<std::vector<std::string>> tier_covers;  // none: no tiers are defined
  std::optional<std::vector<std::string>> bound;        // none: the credential does not bound
  std::optional<std::string> tier;                      // the one that counts
  std::vector<std::string> roles;  // the credential's and the member's, without what they inherit
  Seconds changes_at = kForever;   // by the clock alone: gather again from then on

  bool allows(std::string_view asked) const noexcept;

  // Exactly one line decides, the way allows() does.
  std::vector<Reason> explain(std::string_view asked) const;
};

Authorization gather(const Holder& holder, const PermissionDirectory& directory, Seconds now);

}  // namespace tenancy::core
