// What is refused before a command runs, because afterwards would be too late.
#pragma once

#include "pg/boundary.hpp"

namespace tenancy::pg::auto_protect {

// CREATE UNIQUE INDEX CONCURRENTLY on a protected table without its isolation columns (0A000), and
// foreign keys to a protected table without them (42830), each with what to write instead.
void check_before(Node* command);

}  // namespace tenancy::pg::auto_protect
