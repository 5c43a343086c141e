// The foreign keys that touch a set of tables about to be protected: which stay, which become
// composite, which forbid it. They come off before any key changes and go back on at the end.
//
// The constructor throws Refusal; plan_protection catches it.
#pragma once

#include "core/policy_draft.hpp"

namespace tenancy::core::policy {

class ForeignKeys {
 public:
  ForeignKeys(const World& world, const std::vector<Draft>& drafts);
  void drop(Plan* plan) const;
  void create(Plan* plan) const;
  // On foreign keys that are allowed and do more than they seem to.
  void remark(Plan* plan) const;
  // Those over `column` that stay as they are and may be checked late.
  std::vector<ForeignKey> deferrable_over(const RelationName& child,
                                          const std::string& column) const;

 private:
  const Neighbour* neighbour_of(const RelationName& name) const;
  const Isolation* isolation_of(const RelationName& name) const;
  std::string owner_of(const RelationName& name) const;
  bool rests_on_changed_key(const ForeignKey& key) const;
  void consider(const ForeignKey& key);
  void note(const ForeignKey& key);

  const World& world_;
  const std::vector<Draft>& drafts_;
  std::vector<ForeignKeyChange> changes_;
  std::vector<std::string> remarks_;
};

}  // namespace tenancy::core::policy
