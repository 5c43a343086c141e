# TAP for suites written in shell. Source it, then:
#
#   report NAME PASSED [TEXT]   one test; PASSED is 1 for yes, TEXT is shown when it failed
#   expect NAME COMMAND...      one test: the command succeeds; its output is shown when it does not
#   refuse NAME COMMAND...      one test: the command fails
#   finish                      prints the plan and ends the script
tap_count=0 tap_failed=0

report() {
  tap_count=$((tap_count + 1))
  if [ "$2" = 1 ]; then echo "ok $tap_count - $1"; return; fi
  tap_failed=1
  echo "not ok $tap_count - $1"
  sed 's/^/#   /' <<<"${3:-}"
}

expect() {
  local name=$1 output passed=1
  shift
  output=$("$@" 2>&1) || passed=0
  report "$name" "$passed" "$output"
}

refuse() {
  local name=$1 output passed=1
  shift
  if output=$("$@" 2>&1); then passed=0; fi
  report "$name" "$passed" "$output"
}

finish() {
  echo "1..$tap_count"
  exit "$tap_failed"
}
