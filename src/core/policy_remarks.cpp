#include "core/policy_remarks.hpp"

#include "core/policy_text.hpp"

namespace tenancy::core::policy {

namespace {

std::string invoker(const View& view) {
  return "ALTER VIEW " + quoted(view.name) + " SET (security_invoker = true)";
}

}  // namespace

bool becomes_isolated(const Draft& draft) {
  const auto& before = draft.table.isolation;
  return !before || before->by_user() != draft.chosen.isolation.by_user();
}

void remark(Plan* plan, std::string text) {
  plan->steps.push_back({Step::Kind::remark, std::move(text)});
}

void settle_sequences(const Draft& draft, Plan* plan) {
  for (const Sequence& sequence : draft.table.sequences) {
    const std::string name = " ON SEQUENCE " + quoted(sequence.name);
    // nextval() takes USAGE or UPDATE.
    if (!sequence.movers.empty()) {
      add(&plan->steps, "GRANT USAGE" + name + " TO " + role_list(sequence.movers));
    }
    if (!sequence.readers.empty()) {
      add(&plan->steps,
          "REVOKE SELECT, UPDATE" + name + " FROM " + role_list(sequence.readers) + " CASCADE");
    }
  }
}

void settle_views(const World& world, bool remarks, Plan* plan) {
  for (const View& view : world.views) {
    const std::string rights =
        "view " + quoted(view.name) + " runs with the rights of " + quote_name(view.owner);
    if (!view.same_owner) {
      if (remarks) remark(plan, rights + ": " + invoker(view));
      continue;
    }
    if (view.missing_rights.empty() || view.owner_bypasses) {
      add(&plan->steps, invoker(view));
      for (const std::string& grant : view.missing_rights) {
        remark(plan, "view " + quoted(view.name) + " now runs with its users' rights: " + grant);
      }
    } else if (remarks) {
      // Forced row security binds the owner too, so the view shows the caller's rows only.
      remark(plan, rights + ", because its users lack rights of their own: " +
                       join(view.missing_rights, "; ") + "; " + invoker(view));
    }
  }
}

void remark_on_indexes(const Draft& draft, Plan* plan) {
  const Table& table = draft.table;
  const std::vector<std::string> isolating = columns_of(draft.chosen.isolation);
  for (const PlainIndex& index : table.indexes) {
    if (contains(isolating, index.first)) continue;
    remark(plan, "index " + quote_name(index.name) +
                     " looks through the rows of every tenant: CREATE INDEX ON " +
                     quoted(table.name) + " (" + name_list(isolating) + ", " + index.body);
  }
}

}  // namespace tenancy::core::policy
