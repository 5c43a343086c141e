#!/usr/bin/env bash
# The border: every kind of error goes through the doors of src/pg/boundary.hpp, and the probe's
# objects are counted. Prints TAP.
source "$(dirname "$0")/../lib/server.sh"
source "$(dirname "$0")/../lib/tap.sh"

HERE=$TOP/test/border
mkdir -p "$BUILD/border"
make -s -f "$HERE/Makefile" >"$BUILD/border/make.log" 2>&1 || { cat "$BUILD/border/make.log" >&2; exit 1; }

run() { psql_ -At -v VERBOSITY=verbose 2>&1 <<<"$1"; } # one session, errors go on
# says NAME SQL LINE...: each LINE stands in the output (of one fresh session) as it is.
# A line that begins with ! must not.
says() {
  local name=$1 output line passed=1
  output=$(run "$2") || true
  shift 2
  for line in "$@"; do
    case $line in
      !*) if grep -qF -- "${line#!}" <<<"$output"; then passed=0; fi ;;
      *) if ! grep -qxF -- "$line" <<<"$output"; then passed=0; fi ;;
    esac
  done
  report "$name" "$passed" "$output"
}
# What a session must show after any error: nothing alive, nothing owed, no exception in flight.
CLEAN="SELECT 'live ' || probe_live(), 'owed ' || probe_owed(), 'flying ' || probe_exception_in_flight();"
clean='live 0|owed false|flying false'

start_server
PROBE=$SERVER_DIR/probe.so # where the server's user can read it
install -m 755 "$BUILD/border/probe.so" "$PROBE"
psql_ -v ON_ERROR_STOP=1 -v probe="$PROBE" -f - <"$HERE/probe.sql"
for part in rules compile exceptions postgres attempt judge sessions leaks; do
  source "$HERE/cases_$part.sh"
done

# Nothing above may have taken the server down.
crashes=$(grep -c 'terminated by signal' "$SERVER_DIR/server.log" || true)
report 'no process of the server crashed' "$([ "$crashes" = 0 ] && echo 1)" "$crashes crashes"
finish
