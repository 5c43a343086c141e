#!/usr/bin/env bash
# The decision of can() and its kin against a model written from the rules alone. Prints TAP.
source "$(dirname "$0")/../lib/server.sh"

start_server
psql_ -c 'CREATE DATABASE decisions' -c '\c decisions' -f - <"$TOP/test/authorization/setup.sql" >&2
command=("$BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 -d decisions)
if [ "$(id -u)" = 0 ]; then command=(runuser -u "$TEST_USER" -- env "PGHOST=$PGHOST" "PGPORT=$PGPORT" "${command[@]}"); fi
python3 -B "$TOP/test/authorization/run.py" "${command[@]}"
