#!/usr/bin/env bash
# Random queries, watched for other tenants' values. Prints TAP.
#
#   test/queries/suite.sh [SEED [SECONDS]]     default: seed 1, 60 seconds
#
# What was found stays in build/queries (or QUERIES_OUT), with the statements that found it.
source "$(dirname "$0")/../lib/server.sh"

SEED=${1:-1} SECONDS_=${2:-60}
OUT=${QUERIES_OUT:-$BUILD/queries}
rm -rf "$OUT"
mkdir -p "$OUT"
python3 -B "$TOP/test/queries/watch.py" >&2
start_server "log_error_verbosity = verbose" "log_line_prefix = '%m [%p] %d %e '" "log_min_messages = warning" \
  "log_min_error_statement = log" "jit = off"
status=0
PSQL=$BIN/psql python3 -B "$TOP/test/queries/run.py" "$OUT" "$SERVER_DIR/server.log" "$SEED" "$SECONDS_" || status=$?
cp "$SERVER_DIR/server.log" "$OUT/server.log"
exit $status
