#!/usr/bin/env bash
# What a grep can check of the border between C++ and PostgreSQL (src/pg/boundary.hpp):
#
#   1. PG_TRY, sigsetjmp and catch (...) appear in boundary.hpp alone
#   2. no file of src/core includes a PostgreSQL header or anything of src/pg
#   3. OpenSSL is seen by src/core/crypto*.cpp alone, simdjson by src/core/json.cpp
#   4. locks, held interrupts and critical sections appear only inside one call([…] { … })
#
# Prints file:line of every place that breaks a rule and fails if there is one.
# With an argument, checks that tree instead of this checkout.
set -uo pipefail
cd "${1:-$(dirname "$0")/..}" || exit 2

mapfile -t files < <(find src -name '*.cpp' -o -name '*.hpp' | sort)
[ ${#files[@]} -gt 0 ] || { echo "no sources found"; exit 2; }

awk '
function broken(rule) { print FILENAME ":" FNR ": " rule; bad = 1 }
FNR == 1 { depth = 0 }
{
  code = $0
  sub(/\/\/.*/, "", code)
  gsub(/"([^"\\]|\\.)*"/, FILENAME ~ /^src\/core\// && code ~ /#include/ ? "&" : "\"\"", code)
}
FILENAME != "src/pg/boundary.hpp" && code ~ /PG_(TRY|CATCH|FINALLY|END_TRY|RE_THROW)|sigsetjmp|siglongjmp|catch *\( *\.\.\. *\)/ {
  broken("only boundary.hpp handles errors of PostgreSQL and unknown exceptions")
}
FILENAME ~ /^src\/core\// && code ~ /#include *["<](postgres|pg\/|[a-z_]*\/(pg_|xact|guc|elog))/ {
  broken("src/core knows nothing of PostgreSQL")
}
FILENAME !~ /^src\/core\/(crypto[a-z0-9_]*\.cpp|openssl\.hpp)$/ && $0 ~ /#include *(<openssl\/|"core\/openssl\.hpp")/ {
  broken("only crypto*.cpp see OpenSSL")
}
FILENAME != "src/core/json.cpp" && $0 ~ /#include *<simdjson/ { broken("only json.cpp sees simdjson") }
{ # Where a call(…) begins on this line, what follows it belongs to it until its parentheses close.
  for (i = 1; i <= length(code); i++) {
    rest = substr(code, i)
    if (depth == 0 && rest ~ /^call\(\[/) { depth = 1; i += 4; continue }
    if (depth == 0 && rest ~ /^(LWLockAcquire|LWLockConditionalAcquire|SpinLockAcquire|HOLD_INTERRUPTS|HOLD_CANCEL_INTERRUPTS|START_CRIT_SECTION)[ (]/)
      broken("locks and held interrupts live inside one call()")
    c = substr(code, i, 1)
    if (depth > 0) { if (c == "(") depth++; else if (c == ")") depth-- }
  }
}
END { exit bad }
' "${files[@]}"
