#!/usr/bin/env bash
# make check: runs every suite and sums what they say.
#
#   test/check.sh              all suites
#   test/check.sh unit attack  these only
#
# A suite is a directory test/NAME with an executable suite.sh that prints TAP. A suite that ends
# badly without a failed test, or that runs no test at all, counts as one failure.
source "$(dirname "$0")/lib/env.sh"

SUITES=("$@")
if [ $# = 0 ]; then
  # The order a developer wants to know things in.
  SUITES=(style border unit regress isolation tap cluster attack upgrade clients fuzz)
fi
mkdir -p "$BUILD/log"
passed=0 failed=0
for suite in "${SUITES[@]}"; do
  log=$BUILD/log/$suite.tap
  started=$SECONDS
  status=0
  "$TOP/test/$suite/suite.sh" >"$log" 2>"$log.err" </dev/null || status=$?
  ok=$(grep -c '^ok ' "$log" || true)
  bad=$(grep -c '^not ok ' "$log" || true)
  if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$ok" = 0 ]; }; then bad=1; fi
  printf '%-10s %5d passed %4d failed  (%d s)\n' "$suite" "$ok" "$bad" $((SECONDS - started))
  if [ "$bad" != 0 ]; then
    grep '^not ok ' "$log" | sed 's/^/    /' || true
    echo "    exit status $status; end of its output ($log, $log.err):"
    tail -n 25 "$log" "$log.err" | sed 's/^/    | /'
  fi
  passed=$((passed + ok)) failed=$((failed + bad))
done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
