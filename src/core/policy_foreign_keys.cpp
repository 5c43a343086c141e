#include "core/policy_foreign_keys.hpp"

#include <algorithm>

#include "core/policy_remarks.hpp"
#include "core/policy_text.hpp"

namespace tenancy::core::policy {

ForeignKeys::ForeignKeys(const World& world, const std::vector<Draft>& drafts)
    : world_(world), drafts_(drafts) {
  for (const ForeignKey& key : world.foreign_keys) {
    consider(key);
    note(key);
  }
}

void ForeignKeys::drop(Plan* plan) const {
  drop_foreign_keys(changes_, plan);
}

void ForeignKeys::create(Plan* plan) const {
  create_foreign_keys(changes_, plan);
}

void ForeignKeys::remark(Plan* plan) const {
  for (const std::string& text : remarks_) policy::remark(plan, text);
}

std::vector<ForeignKey> ForeignKeys::deferrable_over(const RelationName& child,
                                                     const std::string& column) const {
  std::vector<ForeignKey> found;
  for (const ForeignKey& key : world_.foreign_keys) {
    const bool changes = std::any_of(changes_.begin(), changes_.end(), [&](const auto& change) {
      return change.before.child == child && change.before.name == key.name;
    });
    if (key.child == child && key.deferrable && !changes && contains(key.child_columns, column)) {
      found.push_back(key);
    }
  }
  return found;
}

const Neighbour* ForeignKeys::neighbour_of(const RelationName& name) const {
  for (const Neighbour& neighbour : world_.neighbours) {
    if (neighbour.name == name) return &neighbour;
  }
  return nullptr;
}

const Isolation* ForeignKeys::isolation_of(const RelationName& name) const {
  if (const Draft* draft = find_draft(drafts_, name)) return &draft->chosen.isolation;
  const Neighbour* neighbour = neighbour_of(name);
  return neighbour != nullptr && neighbour->isolation ? &*neighbour->isolation : nullptr;
}

std::string ForeignKeys::owner_of(const RelationName& name) const {
  if (const Draft* draft = find_draft(drafts_, name)) return draft->table.owner;
  const Neighbour* neighbour = neighbour_of(name);
  return neighbour != nullptr ? neighbour->owner : "";
}

bool ForeignKeys::rests_on_changed_key(const ForeignKey& key) const {
  const Draft* parent = find_draft(drafts_, key.parent);
  if (parent == nullptr) return false;
  for (const Key& unique : parent->table.keys) {
    if (unique.name == key.parent_key) {
      return must_widen(unique, parent->chosen.isolation);
    }
  }
  return false;
}

void ForeignKeys::consider(const ForeignKey& key) {
  const Isolation* parent = isolation_of(key.parent);
  if (parent == nullptr) return;  // a reference table, the same for everybody
  const Isolation* child = isolation_of(key.child);
  const bool key_changes = rests_on_changed_key(key);
  if (child == nullptr) {
    if (!key_changes) return;
    throw Refusal{Objection::dependents,
                  "cannot re-key " + quoted(key.parent) + " because " + quoted(key.child) +
                      " references it and is not protected",
                  "Foreign key \"" + key.name + "\" would let its rows pin rows of every tenant.",
                  "Protect " + quoted(key.child) +
                      " first, or both at once with tenancy.protect_schema; or drop the foreign "
                      "key."};
  }
  if (!key_changes && !must_compose(key, *child, *parent)) return;
  if (owner_of(key.child) != owner_of(key.parent)) {
    throw Refusal{Objection::no_owner,
                  "foreign key \"" + key.name + "\" connects tables of two owners",
                  quoted(key.child) + " belongs to " + quote_name(owner_of(key.child)) + ", " +
                      quoted(key.parent) + " to " + quote_name(owner_of(key.parent)) + '.',
                  "Give both to one owner, or drop the foreign key."};
  }
  changes_.push_back({key, compose(key, *child, *parent)});
}

void ForeignKeys::note(const ForeignKey& key) {
  const Draft* const child_draft = find_draft(drafts_, key.child);
  const Draft* const parent_draft = find_draft(drafts_, key.parent);
  if (!(child_draft != nullptr && becomes_isolated(*child_draft)) &&
      !(parent_draft != nullptr && becomes_isolated(*parent_draft))) {
    return;
  }
  const std::string subject =
      "foreign key " + quote_name(key.name) + " of " + quoted(key.child) + ": ";
  const Isolation* const parent = isolation_of(key.parent);
  const Isolation* const child = isolation_of(key.child);
  if (child == nullptr) {
    remarks_.push_back(subject +
                       "the table is not protected, and its rows tell of rows of every "
                       "tenant and pin them: SELECT tenancy.protect(" +
                       quote_text(quoted(key.child)) + ')');
    return;
  }
  const bool follows = key.on_delete == 'c' || key.on_delete == 'n' || key.on_delete == 'd';
  if (!follows) return;
  const std::string deleting = "deleting a row of " + quoted(key.parent) +
                               (key.on_delete == 'c' ? " deletes" : " changes") + " rows of every ";
  if (parent == nullptr) {
    const Neighbour* const neighbour = neighbour_of(key.parent);
    if (neighbour == nullptr || neighbour->deleters.empty()) return;
    remarks_.push_back(subject + deleting + "tenant: REVOKE DELETE ON TABLE " + quoted(key.parent) +
                       " FROM " + role_list(neighbour->deleters));
  } else if (child->by_user() && !parent->by_user()) {
    remarks_.push_back(subject + deleting + "user of the tenant");
  }
}

}  // namespace tenancy::core::policy
