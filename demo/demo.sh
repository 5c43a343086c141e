#!/usr/bin/env bash
# make demo: the main job on a private server, told to a reader; ends with 0 when all came out as
# stated. With --shell (make demo-shell) a psql as the application's role follows, in what it left.
set -euo pipefail
cd "$(dirname "$0")"
source ../test/lib/server.sh
source ../test/lib/node.sh

[ -e "$JS_DIR/installed.json" ] || echo "installing the LangGraph clients into build/clients"
need_js
version=$("$BIN/postgres" --version | awk '{ print $3 }')
echo "starting a private PostgreSQL $version with pg_tenancy"
start_server
psql_ -v ON_ERROR_STOP=1 <<'SQL'
CREATE ROLE agent_owner LOGIN;
CREATE ROLE app LOGIN;
CREATE DATABASE demo OWNER agent_owner;
\c demo
CREATE EXTENSION pg_tenancy;
SQL
status=0
(cd "$JS_DIR" && "$NODE" demo/demo.mjs) || status=$?

if [ "${1:-}" = --shell ]; then
  for caller in acme/ann acme/bob globex/greg; do
    token="tenancy.issue_token('${caller%/*}', '${caller#*/}', ttl => '4 h')"
    psql_ -At -d demo -c "SELECT format('\set %s %L', '${caller#*/}', $token)"
  done >"$SERVER_DIR/psqlrc"
  printf '%s\n' "\\set PROMPT1 '%n@%/%R%x%# '" '\pset pager off' >>"$SERVER_DIR/psqlrc"
  cat <<HINT
You are the application's role in the demo's database. Nothing is there until you enter:

  BEGIN;
  SELECT tenancy.login(:'ann');        -- acme / ann; also :'bob' (acme) and :'greg' (globex)
  SELECT thread_id, checkpoint_id FROM checkpoints;
  COMMIT;

\\q leaves and stops the server.
HINT
  as_user env "PGHOST=$PGHOST" "PGPORT=$PGPORT" "PSQLRC=$SERVER_DIR/psqlrc" \
    PSQL_HISTORY=/dev/null "$BIN/psql" -q -U app -d demo || true
fi
exit "$status"
