// SQL values of a block's fields.
#pragma once

#include "pg/session/block.hpp"
#include "pg/session/execution.hpp"

namespace tenancy::pg::session {

// The value the accessor of `slot` returns, in CurrentMemoryContext. The field must be present.
// Throws Refused (22P02) where the identifier has no such form.
Datum value_of(const Block& block, Slot slot);

// A row of tenancy.identity, whose columns `row` describes.
Datum identity_row(const Block& block, TupleDesc row);

}  // namespace tenancy::pg::session
