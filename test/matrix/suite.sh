#!/usr/bin/env bash
# The other versions of PostgreSQL: what make check proves on 15 in unit, regress and attack, built
# with -Werror and run on 17 and 18. Prints TAP: one line for each version and suite.
#
#   test/matrix/suite.sh 17    this version only
source "$(dirname "$0")/../lib/env.sh"
source "$TOP/test/lib/tap.sh"

if [ $# = 0 ]; then set -- 17 18; fi
for version in "$@"; do
  log=$BUILD/log/matrix_$version
  "$TOP/test/matrix/run" "$version" >"$log" 2>&1 || true
  for suite in unit regress attack; do
    summary=$(grep -E "^$suite +[0-9]+ passed" "$log" || true)
    passed=0
    if [[ $summary =~ ^$suite\ +[1-9][0-9]*\ passed\ +0\ failed ]]; then passed=1; fi
    report "PostgreSQL $version: $suite ($(awk '{ print $2 }' <<<"${summary:-x none}") passed)" \
      "$passed" "$(tail -n 100 "$log")"
  done
done
finish
