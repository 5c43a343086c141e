# .ci/check_border.sh finds each kind of breach, and only there.
breach() { # NAME FILE TEXT: a tree with this one file
  local tree=$BUILD/border/tree output passed=0
  rm -rf "$tree" && mkdir -p "$tree/$(dirname "$2")" && printf '%s\n' "$3" >"$tree/$2"
  if output=$("$TOP/.ci/check_border.sh" "$tree" 2>&1); then :; elif grep -q "^$2:1: " <<<"$output"; then passed=1; fi
  report "$1" "$passed" "$output"
}
breach 'the check finds PG_TRY' src/pg/x.cpp '  PG_TRY();'
breach 'the check finds sigsetjmp' src/pg/x.cpp 'if (sigsetjmp(b, 0) == 0) {'
breach 'the check finds catch (...)' src/pg/part/x.cpp '} catch (...) {'
breach 'the check finds postgres.h in core' src/core/x.cpp '#include "postgres.h"'
breach 'the check finds pg/ in core' src/core/x.hpp '#include "pg/boundary.hpp"'
breach 'the check finds OpenSSL outside crypto*.cpp' src/core/jwk.cpp '#include <openssl/evp.h>'
breach 'the check finds its wrapper outside crypto*.cpp' src/pg/x.cpp '#include "core/openssl.hpp"'
breach 'the check finds simdjson outside json.cpp' src/core/jwk.cpp '#include <simdjson.h>'
breach 'the check finds a lock outside call()' src/pg/x.cpp 'call([] { f(); }); LWLockAcquire(lock, LW_SHARED);'
breach 'the check finds held interrupts outside call()' src/pg/x.cpp 'HOLD_INTERRUPTS();'
mkdir -p "$BUILD/border/tree/src/pg" && cat >"$BUILD/border/tree/src/pg/x.cpp" <<'CODE'
// PG_TRY in a comment; "catch (...)" in a string
const char* s = "PG_TRY";
void f() { tenancy::pg::call([&] { LWLockAcquire(lock, LW_SHARED); g(); LWLockRelease(lock); }); }
CODE
mkdir -p "$BUILD/border/tree/src/core" && echo '#include <openssl/evp.h>' >"$BUILD/border/tree/src/core/crypto_rsa.cpp"
if output=$("$TOP/.ci/check_border.sh" "$BUILD/border/tree" 2>&1); then passed=1; else passed=0; fi
report 'control: the check accepts comments, strings, a lock inside call() and OpenSSL in crypto*.cpp' "$passed" "$output"
if output=$("$TOP/.ci/check_border.sh" 2>&1); then passed=1; else passed=0; fi
report 'the sources keep the rules' "$passed" "$output"
