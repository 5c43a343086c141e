// Included first by every header of src/core. The core knows the standard library, OpenSSL and
// simdjson, never PostgreSQL: with postgres.h in sight it does not compile.
#pragma once

#ifdef POSTGRES_H
#error "src/core must not see postgres.h: include core headers before pg/postgres.hpp"
#endif
