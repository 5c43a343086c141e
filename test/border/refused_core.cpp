// Must not compile: a core header after PostgreSQL's.
#include "pg/postgres.hpp"

#include "core/result.hpp"
