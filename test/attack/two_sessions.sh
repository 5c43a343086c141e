# What another session does meanwhile: locks of another tenant's rows, tokens in its statements,
# and an administrator who takes trust away. Uses the database that setup.sql has set up.
token_of() { psql_ -At -d attack -c "SELECT tenancy.issue_token('$1', '$2')"; }
acme=$(token_of acme alice) globex=$(token_of globex eve)
session() { # ROLE: the SQL on standard input, everything said
  psql_ -At -d attack -U "$1" -v VERBOSITY=verbose -v acme="$acme" -v globex="$globex" 2>&1 || true
}
# meanwhile NAME OTHER MINE SAYS LACKS: OTHER runs until it sleeps, then MINE, all as role app.
meanwhile() {
  local name=$1 other output passed=1
  session app <<<"SET application_name = 'other'; $2" >"$OUT/other.out" & other=$!
  for _ in $(seq 200); do
    [ "$(psql_ -At -d attack -c "SELECT count(*) FROM pg_stat_activity
      WHERE application_name = 'other' AND wait_event = 'PgSleep'")" = 1 ] && break
    sleep 0.05
  done
  output=$(session "${6:-app}" <<<"$3")
  psql_ -At -d attack -c "SELECT pg_cancel_backend(pid) FROM pg_stat_activity
    WHERE application_name = 'other'" >/dev/null
  wait "$other" || true
  output+=$'\n'$(sed 's/^/other: /' "$OUT/other.out")
  grep -qE -- "$4" <<<"$output" || passed=0
  if [ -n "$5" ] && grep -qE -- "$5" <<<"$output"; then passed=0; fi
  count=$((count + 1))
  if [ $passed = 1 ]; then
    echo "ok $count - two_sessions: $name"
  else
    status=1
    echo "not ok $count - two_sessions: $name"
    sed 's/^/#   /' <<<"$output"
  fi
}
in_as() { echo "SET lock_timeout = '1s'; BEGIN; SELECT tenancy.login(:'$1') \\g /dev/null"; }

meanwhile 'attack: a key that another tenant is inserting makes us wait' \
  "$(in_as globex)
   INSERT INTO shop.docs (id) VALUES (8001); SELECT pg_sleep(20);" \
  "$(in_as acme)
   INSERT INTO shop.docs (id) VALUES (8001) ON CONFLICT (id) DO NOTHING RETURNING 'inserted'; ROLLBACK;" \
  '^inserted' '^ERROR'
meanwhile 'control: our own makes us wait' \
  "$(in_as acme)
   INSERT INTO shop.docs (id) VALUES (8002); SELECT pg_sleep(20);" \
  "$(in_as acme)
   INSERT INTO shop.docs (id) VALUES (8002) ON CONFLICT (id) DO NOTHING RETURNING 'inserted'; ROLLBACK;" \
  '^ERROR:  55P03' '^inserted'
meanwhile 'attack: a parent that another tenant has locked makes us wait' \
  "$(in_as globex)
   SELECT 1 FROM shop.parents WHERE id = 1 FOR UPDATE; SELECT pg_sleep(20);" \
  "$(in_as acme)
   INSERT INTO shop.parents VALUES (1, 'own') ON CONFLICT (id) DO NOTHING;
   INSERT INTO shop.children VALUES (8003, 1) RETURNING 'inserted'; ROLLBACK;" \
  '^inserted' '^ERROR'
meanwhile 'control: our own parent makes us wait' \
  "$(in_as acme)
   SELECT 1 FROM shop.parents WHERE id = 2 FOR UPDATE; SELECT pg_sleep(20);" \
  "$(in_as acme)
   INSERT INTO shop.children VALUES (8004, 2) RETURNING 'inserted'; ROLLBACK;" \
  '^ERROR:  55P03' '^inserted'
meanwhile 'attack: a token in the text of a running statement' \
  "$(in_as nobody | sed 's/BEGIN.*//')
   SELECT format('SET tenancy.token = %L', :'globex') \\gexec
   SELECT set_config('tenancy.token', :'globex', true), pg_sleep(20);" \
  "SELECT 'seen: ' || query FROM pg_stat_activity WHERE application_name = 'other';" \
  '^seen: ' '^seen: .*eyJ|^(set_config|.*,).*eyJ'
meanwhile 'control: what is no token is shown' \
  "SELECT 'text of another', pg_sleep(20);" \
  "SELECT 'seen: ' || query FROM pg_stat_activity WHERE application_name = 'other';" \
  '^seen: .*text of another' ''

# An administrator acts while we are inside.
psql_ -d attack >/dev/null <<'SQL'
INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('initech', 'active')
  ON CONFLICT (tenant_id) DO NOTHING;
SQL
initech=$(token_of initech carol)
inside="BEGIN; SELECT tenancy.login('$initech') \\g /dev/null
  SELECT 'before ' || count(*) FROM shop.docs;
  DO \$\$ BEGIN PERFORM pg_sleep(20); EXCEPTION WHEN query_canceled THEN NULL; END \$\$;
  SELECT 'after ' || count(*) FROM shop.docs;"
meanwhile 'attack: a suspended tenant goes on in its open transaction' "$inside" \
  "UPDATE tenancy.tenants SET status = 'suspended' WHERE tenant_id = 'initech';" \
  '^other: ERROR:  TN005' '^other: after' postgres
psql_ -d attack -c "UPDATE tenancy.tenants SET status = 'active' WHERE tenant_id = 'initech'"
meanwhile 'control: an active one does' "$inside" "SELECT 1;" '^other: after 0' '^other: ERROR' postgres
