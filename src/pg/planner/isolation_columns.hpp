// Which columns isolate a table, read from its policies: they are the only metadata.
#pragma once

#include "pg/postgres.hpp"

namespace tenancy::pg {

struct IsolationColumns {
  AttrNumber tenant;  // InvalidAttrNumber: the table is not protected
  AttrNumber user;    // InvalidAttrNumber: not isolated by user
};

// `relation` is open. Does not depend on who asks, nor on row_security. May raise errors of
// PostgreSQL.
IsolationColumns isolation_columns_of(Relation relation);

}  // namespace tenancy::pg
