#!/usr/bin/env bash
# make bench: prints one table of figures against their peers. Not part of make check: it measures.
#
#   test/bench/run.sh                 everything (some minutes)
#   test/bench/run.sh verification    or instructions, or permissions: this part only
source "$(dirname "$0")/../lib/server.sh"

HERE=$TOP/test/bench
WORK=$BUILD/bench
PARTS=("$@")
if [ $# = 0 ]; then PARTS=(verification instructions permissions); fi
mkdir -p "$WORK"
g++ -std=c++20 -O2 -Wall -Wextra -Werror -o "$WORK/raw_verify" "$HERE/raw_verify.cpp" -lcrypto

as_user_command=(env)
if [ "$(id -u)" = 0 ]; then as_user_command=(runuser -u "$TEST_USER" -- env); fi

verification() {
  start_server
  psql_ -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION pg_tenancy'
  python3 "$HERE/verification.py" "$WORK" "$WORK/raw_verify" \
    "${as_user_command[@]}" "PGHOST=$PGHOST" "PGPORT=$PGPORT" "$BIN/psql" -X -q -At -v ON_ERROR_STOP=1
  stop_server
}
counted() { # counted NAME: NAME.py counts in the database that NAME.sql makes
  start_server 'plan_cache_mode = auto' 'wal_level = minimal' 'max_wal_senders = 0'
  psql_ -c 'CREATE DATABASE bench'
  psql_ -v ON_ERROR_STOP=1 -d bench -f "$HERE/$1.sql"
  local token
  token=$(psql_ -At -d bench -c "SELECT tenancy.issue_token('tenant-10', 'alice', ttl => '10 hours')")
  as_user "$BIN/pg_ctl" -D "$PGDATA" -m fast -w stop >/dev/null
  # The server's own stop finds nothing to do and removes the files.
  python3 -B "$HERE/$1.py" "$token" "$PGDATA" "$BIN/postgres" "${as_user_command[@]}"
  stop_server
}

instructions() { counted instructions; }
permissions() { counted permissions; }

show() { awk -F '\t' '{ printf "%-32s %16s %16s %8s  %-9s %s\n", $1, $2, $3, $4, $5, $6; fflush() }'; }
printf 'what\tours\tpeer\tratio\tbudget\tresult\n' | show
for part in "${PARTS[@]}"; do "$part"; done | show | tee "$WORK/table.txt"
! grep -q 'FAIL' "$WORK/table.txt"
