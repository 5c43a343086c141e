# Private servers for suites written in shell. Source it, then:
#
#   start_server [LINE OF postgresql.conf]...   starts a fresh cluster on a free loopback port;
#                                               sets PGHOST, PGPORT, PGUSER, PGDATA
#   stop_server                                 also happens at exit, whatever the reason
#
# The superuser is `postgres`; authentication is trust; the extension is preloaded unless a line
# says otherwise.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

SERVER_DIR=
free_port() { # A port that nothing listens on, from the range below the ephemeral ones.
  local port
  for _ in $(seq 50); do
    port=$((20000 + RANDOM % 12000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then echo "$port"; return; fi
  done
  echo "no free port found" >&2; return 1
}

start_server() {
  SERVER_DIR=$(mktemp -d /tmp/pg_tenancy.XXXXXX)
  chmod 755 "$SERVER_DIR"
  if [ "$(id -u)" = 0 ]; then chown "$TEST_USER" "$SERVER_DIR"; fi
  trap stop_server EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  export PGHOST=$SERVER_DIR PGDATA=$SERVER_DIR/data PGUSER=postgres PGDATABASE=postgres
  unset PGSERVICE PGPASSFILE PGOPTIONS PGAPPNAME
  as_user "$BIN/initdb" -D "$PGDATA" -A trust -U postgres --no-sync -E UTF8 --locale=C.UTF-8 \
    >"$SERVER_DIR/initdb.log" || { cat "$SERVER_DIR/initdb.log" >&2; return 1; }
  {
    printf '%s\n' "listen_addresses = '127.0.0.1'" "unix_socket_directories = '$SERVER_DIR'" \
      "fsync = off" "synchronous_commit = off" "full_page_writes = off" "autovacuum = off" \
      "max_connections = 60" "max_prepared_transactions = 10" \
      "shared_preload_libraries = 'pg_tenancy'"
    printf '%s\n' "$@"
  } | as_user tee -a "$PGDATA/postgresql.conf" >/dev/null
  for _ in 1 2 3 4 5; do # the port may be taken between looking and listening
    PGPORT=$(free_port); export PGPORT
    if as_user "$BIN/pg_ctl" -D "$PGDATA" -o "-p $PGPORT" -w -l "$SERVER_DIR/server.log" start \
      >/dev/null; then return 0; fi
  done
  cat "$SERVER_DIR/server.log" >&2
  return 1
}

stop_server() {
  local status=$?
  if [ -n "$SERVER_DIR" ]; then
    as_user "$BIN/pg_ctl" -D "$PGDATA" -m immediate -w stop >/dev/null 2>&1 || true
    if [ "${KEEP_SERVER:-}" = 1 ]; then echo "kept $SERVER_DIR" >&2; else rm -rf "$SERVER_DIR"; fi
    SERVER_DIR=
  fi
  return $status
}

psql_() { as_user env "PGHOST=$PGHOST" "PGPORT=$PGPORT" "$BIN/psql" -X -q "$@"; }
