# A private pgbouncer in front of the private server. Source after server.sh, then:
#
#   start_pgbouncer [LINE]...   listens in PGHOST on BOUNCER_PORT, for every database, in transaction
#                               mode; the lines are for section [databases], where one may differ
#   stop_pgbouncer              call it before stop_server (also in your trap)
start_pgbouncer() {
  BOUNCER_PORT=$(free_port); export BOUNCER_PORT
  printf '"%s" ""\n' postgres app >"$SERVER_DIR/pgbouncer.users"
  printf '%s\n' '[databases]' "* = host=$PGHOST port=$PGPORT" "$@" '[pgbouncer]' \
    "listen_addr = 127.0.0.1" "listen_port = $BOUNCER_PORT" "unix_socket_dir = $PGHOST" \
    "auth_type = trust" "auth_file = $SERVER_DIR/pgbouncer.users" "pool_mode = transaction" \
    "pidfile = $SERVER_DIR/pgbouncer.pid" "logfile = $SERVER_DIR/pgbouncer.log" \
    "default_pool_size = 3" "max_client_conn = 100" \
    "ignore_startup_parameters = extra_float_digits" >"$SERVER_DIR/pgbouncer.ini"
  local bouncer
  bouncer=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
  as_user "$bouncer" -q -d "$SERVER_DIR/pgbouncer.ini"
  for _ in $(seq 50); do
    [ -S "$PGHOST/.s.PGSQL.$BOUNCER_PORT" ] && return
    sleep 0.1
  done
  cat "$SERVER_DIR/pgbouncer.log" >&2
  return 1
}

stop_pgbouncer() {
  local pidfile=$SERVER_DIR/pgbouncer.pid
  if [ -s "$pidfile" ]; then kill "$(cat "$pidfile")" 2>/dev/null || true; fi
}
