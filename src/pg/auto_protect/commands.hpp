// What the DDL command that just ended made and changed, as event triggers are told.
#pragma once

#include "pg/auto_protect/auto_protect.hpp"

namespace tenancy::pg::auto_protect {

// Only inside a function that ddl_command_end calls.
Touched touched_by_command();

}  // namespace tenancy::pg::auto_protect
