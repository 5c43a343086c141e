#!/usr/bin/env bash
# What needs a server of its own, several sessions or a pooler: Perl tests over
# PostgreSQL::Test::Cluster, which PGXS installs.
#
#   test/cluster/suite.sh                       all
#   test/cluster/suite.sh t/entering.pl ...     these only
source "$(dirname "$0")/../lib/env.sh"

PGXS_TEST=$(dirname "$("$PG_CONFIG" --pgxs)")/../test
OUT=$BUILD/cluster
rm -rf "$OUT/tmp_check"   # what a failed run kept
user_dir "$OUT"
cd "$TOP/test/cluster"
files=("$@")
[ $# -gt 0 ] || files=(t/*.pl)

as_user env -u PGHOST -u PGPORT -u PGUSER -u PGDATABASE -u PGOPTIONS \
  PATH="$BIN:$PATH" TESTDIR="$OUT" TESTDATADIR="$OUT" TESTLOGDIR="$OUT/log" \
  PG_REGRESS="$PGXS_TEST/regress/pg_regress" \
  prove --verbose --merge -I lib -I "$PGXS_TEST/perl" "${files[@]}"
