#!/usr/bin/env bash
# The install script and what comes after it: frozen releases, upgrades that end where a fresh
# install begins, dump and restore, removal. Prints TAP.
source "$(dirname "$0")/../lib/server.sh"
source "$(dirname "$0")/../lib/tap.sh"

HERE=$TOP/test/upgrade
WORK=$BUILD/upgrade
mkdir -p "$WORK"
user_dir "$WORK/out"
VERSION=$(sed -n 's/^  "version": "\(.*\)",/\1/p' "$TOP/META.json")

sql() { psql_ -At -v ON_ERROR_STOP=1 -d "$1" -c "$2"; } # sql DATABASE STATEMENT...
fails() { # fails NAME SQLSTATE DATABASE STATEMENT
  local output passed=0
  if output=$(psql_ -At -v ON_ERROR_STOP=1 -v VERBOSITY=verbose -d "$3" -c "$4" 2>&1); then :; elif
    grep -qE "(ERROR|FATAL):  $2:" <<<"$output"; then passed=1; fi
  report "$1" "$passed" "$output"
}
same_text() { # same_text NAME FILE FILE
  local output passed=1
  output=$(diff "$2" "$3" | head -n 40) || passed=0
  report "$1" "$passed" "$output"
}

start_server
for part in scripts catalog before install dump; do source "$HERE/cases_$part.sh"; done
stop_server
finish
