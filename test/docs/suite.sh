#!/usr/bin/env bash
# The SQL of the docs runs as it stands. Prints TAP. (The pages about LangGraph are run by the
# client suite.)
source "$(dirname "$0")/../lib/server.sh"

as_user_command=(env)
if [ "$(id -u)" = 0 ]; then as_user_command=(runuser -u "$TEST_USER" -- env); fi
start_server
cd "$TOP"
status=0
python3 test/docs/snippets.py "${as_user_command[@]}" "PGHOST=$PGHOST" "PGPORT=$PGPORT" "$BIN/psql" -X -q \
  -- README.md doc/authorization.md doc/gateways.md doc/migrating.md doc/jobs.md || status=$?
stop_server
exit $status
