#!/usr/bin/env bash
# make soak: what takes hours. Prints TAP; copy the summary, dated and with the commit, into
# doc/soak.md.
#
#   FUZZ_SECONDS   for each fuzz target (default 3600)
#   QUERY_SECONDS  of random queries, with a seed of their own (QUERY_SEED) (default 1800)
#   ROUNDS         of kill -9 under load (default 300)
source "$(dirname "$0")/../lib/server.sh"
source "$TOP/test/lib/tap.sh"

ROUNDS=${ROUNDS:-300}
CLIENTS=4
WORK=$(mktemp -d)
chmod 755 "$WORK"

# ---- long fuzzing: the suite's own lines -----------------------------------------------------
echo "# fuzzing, ${FUZZ_SECONDS:-3600} seconds a target"
FUZZ_SECONDS=${FUZZ_SECONDS:-3600} "$TOP/test/fuzz/suite.sh" >"$WORK/fuzz.tap" || true
grep -c '^ok ' "$WORK/fuzz.tap" >"$WORK/fuzz.count" || true
expect "fuzzing: $(cat "$WORK/fuzz.count") targets, none broken" \
  sh -c "! grep '^not ok ' $WORK/fuzz.tap && [ -s $WORK/fuzz.count ]"

# ---- random queries: the suite's own lines ----------------------------------------------------
QUERY_SECONDS=${QUERY_SECONDS:-1800} QUERY_SEED=${QUERY_SEED:-$RANDOM}
echo "# random queries, $QUERY_SECONDS seconds, seed $QUERY_SEED"
"$TOP/test/queries/suite.sh" "$QUERY_SEED" "$QUERY_SECONDS" >"$WORK/queries.tap" || true
grep '^# ' "$WORK/queries.tap" || true
expect "random queries: $(grep -c '^ok ' "$WORK/queries.tap" || true) checks, none failed" \
  sh -c "! grep -A 20 '^not ok ' $WORK/queries.tap && grep '^1\.\.' $WORK/queries.tap"

# ---- kill -9 under load ----------------------------------------------------------------------
start_server
psql_ -v ON_ERROR_STOP=1 >/dev/null <<'SQL'
CREATE EXTENSION pg_tenancy;
CREATE ROLE app LOGIN;
CREATE TABLE note (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, written_by text NOT NULL);
GRANT SELECT, INSERT ON note TO app;
SELECT tenancy.protect('note');
SQL
for n in $(seq $CLIENTS); do
  psql_ -At -c "SELECT tenancy.issue_token('tenant-$n', 'user', ttl => '1 day')" >"$WORK/token-$n"
done

# One caller: enters, writes its own name, and must read no other's. Ends when its connection does.
client() {
  local token
  token=$(cat "$WORK/token-$1")
  { while :; do
    printf '%s\n' "BEGIN;" "SELECT FROM tenancy.login(:'token');" \
      "INSERT INTO note (written_by) VALUES ('tenant-$1');" \
      "SELECT 'LEAK ' || written_by FROM note WHERE written_by <> 'tenant-$1';" "COMMIT;" \
      "SELECT 'LEAK without a caller' FROM note;"
  done; } | psql_ -U app -At -v token="$token" 2>>"$WORK/errors-$1" >>"$WORK/out-$1" || true
}
ready() {
  for _ in $(seq 300); do
    if psql_ -At -c 'SELECT 1' >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  return 1
}
survived=0
for _ in $(seq "$ROUNDS"); do
  pids=()
  for n in $(seq $CLIENTS); do client "$n" & pids+=($!); done
  sleep "0.$((RANDOM % 8 + 1))"
  victim=$(psql_ -At -c "SELECT pid FROM pg_stat_activity WHERE usename = 'app' LIMIT 1" || true)
  if [ -n "$victim" ]; then kill -9 "$victim" 2>/dev/null || true; fi
  wait "${pids[@]}" || true
  if ready; then survived=$((survived + 1)); else break; fi
done
no_leaks() { ! grep -h LEAK "$WORK"/out-*; }
own_rows() {
  [ "$(psql_ -At -c "SELECT count(*) FROM note WHERE written_by <> tenant_id::text")" = 0 ] &&
    [ "$(psql_ -At -c "SELECT count(DISTINCT tenant_id) FROM note")" = $CLIENTS ]
}
expect "kill -9: the server came back in $ROUNDS rounds" [ "$survived" = "$ROUNDS" ]
expect "kill -9: nobody read another tenant's rows, or any without a caller" no_leaks
expect "kill -9: every row lies with the tenant that wrote it" own_rows
expect "kill -9: reading without a caller was refused all along" \
  grep -q 'no identity' "$WORK/errors-1"
rm -rf "$WORK"
finish
