# The library is newer than the SQL objects until ALTER EXTENSION UPDATE has run in each database:
# until then callers enter and work as before.

enter="SELECT tenancy.login(tenancy.issue_token('acme', 'alice', '{viewer}'))"
inside() { # inside DATABASE STATEMENT...: in one transaction, after entering
  psql_ -At -v ON_ERROR_STOP=1 -d "$1" -c 'BEGIN' -c "$enter" -c "$2" -c 'COMMIT' | tail -n 1
}
is() { # is NAME EXPECTED COMMAND...
  local name=$1 expected=$2 output passed=0
  shift 2
  output=$("$@" 2>&1) || true
  [ "$output" = "$expected" ] && passed=1
  report "$name" "$passed" "$output"
}
sql postgres 'CREATE DATABASE before'
sql before "CREATE EXTENSION pg_tenancy VERSION '0.2.0'; CREATE TABLE note (id int);
  SELECT tenancy.protect('note'); SET tenancy.auto_protect = off" >/dev/null
who='SELECT (w).tenant_id, (w).roles FROM tenancy.whoami() w'
is 'with the objects of 0.2.0 a caller enters' 'acme|{viewer}' inside before "$who"
is 'and asks for roles' '{viewer}' inside before 'SELECT tenancy.current_roles()'
is 'and writes and reads' 1 inside before 'INSERT INTO note VALUES (1); SELECT count(*) FROM note'
sql before "INSERT INTO tenancy.tenants (tenant_id, status) VALUES ('acme', 'suspended')"
refuse 'a suspended tenant is refused' inside before "$who"
sql before 'DELETE FROM tenancy.tenants'

# A session that was there before the update goes on after it.
rm -f "$WORK/out/fifo" && mkfifo "$WORK/out/fifo"
psql_ -At -v ON_ERROR_STOP=1 -d before <"$WORK/out/fifo" >"$WORK/session.out" 2>&1 &
session=$!
exec 7>"$WORK/out/fifo"
ask_roles() { echo "BEGIN; DO \$\$ BEGIN PERFORM ($enter); END \$\$; SELECT tenancy.current_roles(); COMMIT;" >&7; }
said() { # said LINES: waits until the session has answered so much
  for _ in $(seq 100); do
    [ "$(wc -l <"$WORK/session.out")" -ge "$1" ] && return
    sleep 0.1
  done
}
# opens, or none: no pattern of tenancy.routes matches.
ask_route() {
  echo "DO \$\$ DECLARE t text := tenancy.issue_token('acme'); BEGIN PERFORM tenancy.login(t, route => '/t/acme');
    EXCEPTION WHEN SQLSTATE 'TN003' THEN PERFORM set_config('note.route', 'none', false); END \$\$;
    SELECT coalesce(nullif(current_setting('note.route', true), ''), 'opens'); RESET note.route;" >&7
}
ask_roles
ask_route
said 2
sql before 'ALTER EXTENSION pg_tenancy UPDATE'
sql before "INSERT INTO tenancy.tenants (tenant_id) VALUES ('acme');
  INSERT INTO tenancy.members VALUES ('acme', 'alice', '{editor}');
  INSERT INTO tenancy.routes VALUES ('/t/{tenant}')"
ask_roles
ask_route
exec 7>&-
wait "$session" || true
is 'a session from before the update meets the new tables' '{viewer} none {viewer,editor} opens' xargs -a "$WORK/session.out"
is 'and so do later ones' 'acme|{viewer,editor}' inside before "$who"
