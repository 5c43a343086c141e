#!/usr/bin/env bash
# Attacks by the application's role, each with its control. Prints TAP.
#   test/attack/suite.sh 10_tokens    only this file
source "$(dirname "$0")/../lib/server.sh"

OUT=$BUILD/attack
mkdir -p "$OUT"
status=0
start_server
psql_ -c 'CREATE DATABASE attack'
PSQL=$BIN/psql python3 -B "$TOP/test/attack/run.py" "$OUT" "$@" | tee "$OUT/attacks.tap" || status=1
count=$(grep -c '^\(not \)\?ok' "$OUT/attacks.tap" || true)
if [ "$count" = 0 ]; then exit 1; fi
if [ $# = 0 ]; then
  source "$TOP/test/attack/two_sessions.sh"
  stop_server
  source "$TOP/test/attack/without_preload.sh"
  # What leaks by hand is a fact about a version: the catalogue's are of PostgreSQL 15.
  if "$BIN/psql" --version | grep -q ' 15\.'; then
    "$TOP/test/attack/catalogue/suite.sh" >"$OUT/catalogue.tap" || status=1
    sed -E 's/^((not )?ok) [0-9]+/\1/' "$OUT/catalogue.tap"
    count=$((count + $(grep -c '^\(not \)\?ok' "$OUT/catalogue.tap" || true)))
  fi
fi
echo "1..$count"
exit $status
