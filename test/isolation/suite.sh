#!/usr/bin/env bash
# Two sessions at a time: PostgreSQL's isolation tester over specs/ and expected/, as TAP.
#
#   test/isolation/suite.sh              every spec
#   test/isolation/suite.sh first_key    these only
#
# All specs share one database with the extension and the token maker of sql/include/tokens.sql.
# Results and differences are left in build/isolation.
source "$(dirname "$0")/../lib/server.sh"

PG_ISOLATION=$(dirname "$("$PG_CONFIG" --pgxs)")/../test/isolation/pg_isolation_regress
WORK=$BUILD/isolation

# Inputs are copied, as the test user may not be able to read the checkout.
rm -rf "$WORK"
user_dir "$WORK"
cp -R "$TOP/test/isolation/specs" "$TOP/test/isolation/expected" "$WORK/"
start_server
psql_ -v ON_ERROR_STOP=1 -c 'CREATE DATABASE isolation' >&2
psql_ -v ON_ERROR_STOP=1 -d isolation -c 'CREATE EXTENSION pg_tenancy' -f - >&2 \
  <"$TOP/sql/include/tokens.sql"

if [ $# = 0 ]; then
  mapfile -t specs < <(cd "$WORK/specs" && printf '%s\n' *.spec | sed 's/\.spec$//')
  set -- "${specs[@]}"
fi
number=0
for spec in "$@"; do
  number=$((number + 1))
  out=$WORK/$spec
  user_dir "$out"
  if as_user "$PG_ISOLATION" --bindir="$BIN" --host="$PGHOST" --port="$PGPORT" --user=postgres \
    --inputdir="$WORK" --outputdir="$out" --dbname=isolation --use-existing "$spec" \
    >"$WORK/$spec.log" 2>&1; then
    echo "ok $number - $spec"
  else
    echo "not ok $number - $spec"
    if [ -s "$out/regression.diffs" ]; then
      head -n 200 "$out/regression.diffs" | sed 's/^/# /'
    else
      sed 's/^/# /' "$WORK/$spec.log"
    fi
  fi
done
echo "1..$number"
