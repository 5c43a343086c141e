// What surrounds protected tables: sequences and views, which plans change, and what they only
// remark on.
#pragma once

#include "core/policy_draft.hpp"

namespace tenancy::core::policy {

// Whether the plan isolates the table, or more narrowly than before. Remarks are made once.
bool becomes_isolated(const Draft& draft);
void remark(Plan* plan, std::string text);

// Sequences tell how many rows there are and can be set back: others keep USAGE alone.
void settle_sequences(const Draft& draft, Plan* plan);
// Views run with their users' rights where that takes nothing from anybody, or must.
void settle_views(const World& world, bool remarks, Plan* plan);
// Indexes that make every tenant's rows be looked through.
void remark_on_indexes(const Draft& draft, Plan* plan);

}  // namespace tenancy::core::policy
