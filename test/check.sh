#!/usr/bin/env bash
# make check: runs every suite and sums what they say.
#
#   test/check.sh              all suites
#   test/check.sh unit attack  these only
#
# A suite is a directory test/NAME with an executable suite.sh that prints TAP. A suite that ends
# badly without a failed test, that runs no test at all, or fewer than it planned, counts as one
# failure. Two suites run at a time where there are two cores (JOBS says otherwise); one that has
# not ended after SUITE_MINUTES is stopped.
source "$(dirname "$0")/lib/env.sh"

JOBS=${JOBS:-$(($(nproc) > 1 ? 2 : 1))}
SUITE_MINUTES=${SUITE_MINUTES:-30}
SUITES=("$@")
if [ $# = 0 ]; then
  # The longest first, so that the others fit in beside them.
  SUITES=(matrix clients fuzz unit queries style authorization demo border regress isolation tap cluster attack upgrade report docs)
fi
mkdir -p "$BUILD/log"

declare -A running=() started=()
stop_all() { # Each suite is a process group of its own, made by timeout.
  if [ ${#running[@]} -gt 0 ]; then
    kill -TERM "${!running[@]}" 2>/dev/null || true
    wait || true
  fi
}
trap stop_all EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

passed=0 failed=0
start() {
  local suite=$1 log=$BUILD/log/$1.tap
  timeout -k 60 "${SUITE_MINUTES}m" "$TOP/test/$suite/suite.sh" >"$log" 2>"$log.err" </dev/null &
  running[$!]=$suite started[$suite]=$SECONDS
}
finish_one() {
  local pid status=0 suite log ok bad planned
  wait -n -p pid "${!running[@]}" || status=$?
  suite=${running[$pid]} log=$BUILD/log/${running[$pid]}.tap
  unset "running[$pid]"
  ok=$(grep -c '^ok ' "$log" || true)
  bad=$(grep -c '^not ok ' "$log" || true)
  planned=$(sed -n 's/^1\.\.\([0-9]*\).*/\1/p' "$log" | tail -n 1)
  if [ "$bad" = 0 ] && { [ "$status" != 0 ] || [ "$ok" = 0 ] || [ "$ok" -lt "${planned:-0}" ]; }; then
    bad=1
  fi
  printf '%-10s %5d passed %4d failed  (%d s)\n' "$suite" "$ok" "$bad" $((SECONDS - started[$suite]))
  if [ "$bad" != 0 ]; then
    grep '^not ok ' "$log" | sed 's/^/    /' || true
    echo "    exit status $status; end of its output ($log, $log.err):"
    tail -n 25 "$log" "$log.err" | sed 's/^/    | /'
  fi
  passed=$((passed + ok)) failed=$((failed + bad))
}
for suite in "${SUITES[@]}"; do
  if [ ${#running[@]} -ge "$JOBS" ]; then finish_one; fi
  start "$suite"
done
while [ ${#running[@]} -gt 0 ]; do finish_one; done
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
