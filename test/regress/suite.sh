#!/usr/bin/env bash
# pg_regress over sql/ and expected/: one test per line of test/regress/schedule.
#
#   test/regress/suite.sh               every test
#   test/regress/suite.sh identifier    these only
#
# Each test has a database of its own, with the extension in it, so that no file depends on what
# another one left. Roles belong to the whole server: name them after the file and drop them.
# Results and differences are left in build/regress; a test may write files into the directory that
# PG_TENANCY_SCRATCH names.
source "$(dirname "$0")/../lib/server.sh"

PG_REGRESS=$(dirname "$("$PG_CONFIG" --pgxs)")/../test/regress/pg_regress
WORK=$BUILD/regress

mapfile -t scheduled < <(sed -n 's/^test: *//p' "$TOP/test/regress/schedule")
mapfile -t present < <(cd "$TOP/sql" && printf '%s\n' *.sql | grep -v -e '--' | sed 's/\.sql$//')

# Inputs are copied, as the test user may not be able to read the checkout.
rm -rf "$WORK"
user_dir "$WORK"
cp -R "$TOP/sql" "$TOP/expected" "$WORK/"
start_server
export PATH=$BIN:$PATH # for the tests that call pg_dump

number=0
report() { # ok|not ok, what
  number=$((number + 1))
  echo "$1 $number - $2"
}

if difference=$(diff <(printf '%s\n' "${scheduled[@]}" | sort) \
  <(printf '%s\n' "${present[@]}" | sort)); then
  report ok "every test is scheduled"
else
  report "not ok" "every test is scheduled"
  sed 's/^/# /' <<<"$difference"
fi

if [ $# = 0 ]; then set -- "${scheduled[@]}"; fi
for test in "$@"; do
  out=$WORK/$test
  user_dir "$out"
  if as_user env PATH="$PATH" PG_TENANCY_SCRATCH="$out" "$PG_REGRESS" --bindir="$BIN" \
    --host="$PGHOST" --port="$PGPORT" --user=postgres --inputdir="$WORK" --outputdir="$out" \
    --dbname="regress_$test" --load-extension=pg_tenancy "$test" >"$WORK/$test.log" 2>&1; then
    report ok "$test"
  else
    report "not ok" "$test"
    if [ -s "$out/regression.diffs" ]; then
      head -n 200 "$out/regression.diffs" | sed 's/^/# /'
    else
      sed 's/^/# /' "$WORK/$test.log"
    fi
  fi
done
echo "1..$number"
