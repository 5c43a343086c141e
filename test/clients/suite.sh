#!/usr/bin/env bash
# The real LangGraph clients and PostGraphile, unmodified, against the extension, and the examples of
# doc/tools.md and doc/testing.md: each test is one line of TAP.
#
#   test/clients/suite.sh [js|python|shared|testing]...     all without an argument
set -euo pipefail
cd "$(dirname "$0")"
source ../lib/server.sh
source ../lib/pgbouncer.sh
source ../lib/node.sh
source ../lib/python.sh
source testing.sh

export TOP PYTHONPATH=$TOP/clients/python PYTHONDONTWRITEBYTECODE=1
languages=("$@")
if [ $# = 0 ]; then languages=(js python shared testing); fi

tap() { # TITLE COMMAND... is a test of its own; what it says follows as a comment when it fails.
  local title=$1 said
  shift
  if said=$("$@" 2>&1); then echo "ok 0 - $title"; return; fi
  printf 'not ok 0 - %s\n' "$title"
  sed 's/^/# /' <<<"$said"
}
renumber() { # Two runners, one TAP stream.
  awk '/^(not )?ok / { n++; sub(/ok [0-9]+/, "ok " n) } /^(1\.\.|TAP )/ { next } { print }
       END { print "1.." n }'
}

prepared() { # The clients' tables are there: protect them, and poison every key.
  local database
  for database in "$@"; do
    psql_ -o /dev/null -U agent_owner -d "$database" -f "$TOP/test/clients/protect.sql"
    psql_ -d "$database" -f "$TOP/test/clients/poison.sql"
  done
}

run_js() {
  need_js
  cd "$JS_DIR"
  "$NODE" test/clients/js/prepare.mjs js_direct js_pooled
  prepared js_direct js_pooled
  "$NODE" node_modules/vitest/vitest.mjs run --config test/clients/js/vitest.config.mjs --root .
  tap "the type declarations say what the documentation says" \
    "$NODE" node_modules/typescript/bin/tsc --noEmit --strict --target es2024 --module nodenext \
    test/clients/js/consumer.mts
}

run_python() {
  need_py
  cd "$TOP/test/clients/python"
  "$PYTHON" prepare.py py_direct py_pooled
  prepared py_direct py_pooled
  "$PYTHON" -m pytest -p no:terminal -p no:cacheprovider .
  tap "the type annotations hold" "$PYTHON" -m mypy --strict --no-incremental \
    --cache-dir "$BUILD/clients/mypy" "$TOP/clients/python/pg_tenancy_pool.py"
}

# Both languages on the tables that JavaScript made and protect() protected.
run_shared() {
  cd "$TOP/test/clients/python"
  "$PYTHON" -m pytest -p no:terminal -p no:cacheprovider shared.py
}

start_server
trap 'stop_pgbouncer; stop_server' EXIT
start_pgbouncer "js_session = host=$PGHOST port=$PGPORT dbname=js_direct pool_mode=session"
psql_ -f databases.sql >/dev/null
{
  status=0
  for language in "${languages[@]}"; do
    set +e
    (set -e; "run_$language")
    last=$?
    set -e
    if [ "$last" != 0 ]; then status=$last; fi
  done
  exit "$status"
} | renumber
