#!/usr/bin/env bash
# pgTAP: every test/tap/*.sql in a database of its own, with pgTAP and the extension in it.
#
#   test/tap/suite.sh                  every file
#   test/tap/suite.sh protect_keys     these only
#
# Roles belong to the whole server: each file makes its own, named after the file.
source "$(dirname "$0")/../lib/server.sh"

WORK=$BUILD/tap
# The test user may not be able to read the checkout.
rm -rf "$WORK"
user_dir "$WORK"
cp "$TOP"/test/tap/*.sql "$WORK/"
mkdir "$WORK/helpers" && cp "$TOP/tap/tenancy_tap.sql" "$TOP"/test/tap/helpers/*.sql "$WORK/helpers/"
start_server "jit = off" "wal_level = logical"

psql_ -d template1 -c 'CREATE EXTENSION pgtap' >&2
files=()
if [ $# = 0 ]; then files=("$WORK"/*.sql); else for name in "$@"; do files+=("$WORK/$name.sql"); done; fi
number=0
for file in "${files[@]}"; do
  name=$(basename "$file" .sql)
  psql_ -c "CREATE DATABASE \"tap_$name\"" >&2
  psql_ -d "tap_$name" -c 'CREATE EXTENSION pg_tenancy' >&2
  status=0 planned=
  as_user env "PGHOST=$PGHOST" "PGPORT=$PGPORT" "$BIN/psql" -X -q -A -t -v ON_ERROR_STOP=1 \
    -v VERBOSITY=verbose -P pager=off -d "tap_$name" -f "$file" >"$WORK/$name.out" 2>"$WORK/$name.err" ||
    status=$?
  # Renumbered, so that all files are one stream.
  while IFS= read -r line; do
    case $line in
      "ok "* | "not ok "*)
        number=$((number + 1))
        sed -E "s/^(not )?ok [0-9]+( - )?/\1ok $number - $name: /" <<<"$line"
        ;;
      [0-9]*..[0-9]*) planned=${line#*..} ;;
      *) echo "# $line" ;;
    esac
  done <"$WORK/$name.out"
  ran=$(grep -cE '^(not )?ok ' "$WORK/$name.out" || true)
  if [ "$status" != 0 ] || [ "${planned:-0}" != "$ran" ]; then
    number=$((number + 1))
    echo "not ok $number - $name: ran to its end (status $status, $ran of ${planned:-?} tests)"
    tail -n 20 "$WORK/$name.err" | sed 's/^/# /'
  fi
done
echo "1..$number"
