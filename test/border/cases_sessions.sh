# A cancel and a termination arrive from another session while C++ frames are on the stack.
interrupt() { # FUNCTION: starts a session that waits in the probe, calls FUNCTION on it
  local output=$SERVER_DIR/interrupt.out session pid
  run "SET application_name = 'interrupted'; SELECT probe_reset(); SELECT probe_wait(); SELECT 'made ' || probe_made(); $CLEAN" \
    >"$output" & session=$!
  for _ in $(seq 100); do
    pid=$(run "SELECT pid FROM pg_stat_activity WHERE application_name = 'interrupted' AND wait_event = 'PgSleep'")
    [ -n "$pid" ] && break
    sleep 0.05
  done
  run "SELECT $1($pid)" >/dev/null
  wait "$session" || true
  cat "$output"
}
output=$(interrupt pg_cancel_backend)
passed=1
for line in 'ERROR:  57014: canceling statement due to user request' 'made 18' "$clean"; do
  grep -qxF -- "$line" <<<"$output" || passed=0
done
report 'a cancel destroys every object and leaves the session working' "$passed" "$output"

output=$(interrupt pg_terminate_backend)
passed=1
grep -qxF 'FATAL:  57P01: terminating connection due to administrator command' <<<"$output" || passed=0
report 'a termination ends the session as PostgreSQL says it' "$passed" "$output"
says 'the server lives on after it' "SELECT 'alive'" 'alive'
