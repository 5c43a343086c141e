#!/usr/bin/env bash
# The catalogue of known attacks. Prints TAP; part of the suite attack.
#   test/attack/catalogue/suite.sh 072_fk_existence_oracle   only these cases
#   test/attack/catalogue/suite.sh --write-document          writes doc/attacks.md
source "$(dirname "$0")/../../lib/server.sh"

CASES=$TOP/test/attack/catalogue
document() { PYTHONPATH=$CASES python3 -B -c 'import case; print(end=case.document(case.all_cases()))'; }
if [ "${1:-}" = --write-document ]; then document >"$TOP/doc/attacks.md"; exit; fi

start_server "shared_preload_libraries = 'pg_tenancy,pg_stat_statements'" "wal_level = logical"
POOLER_PORT=$(free_port)
PGBOUNCER=$(command -v pgbouncer || echo /usr/sbin/pgbouncer)
export POOLER_PORT PGBOUNCER SERVER_DIR TEST_USER PSQL=$BIN/psql PATH=$BIN:$PATH
python3 -B "$CASES/run.py" "$@"
