#!/usr/bin/env bash
# make demo as a test: each of its checks is a test, and it has to end with 0.
set -euo pipefail
cd "$(dirname "$0")"
source ../lib/env.sh
source ../lib/tap.sh

told=$(NO_COLOR=1 "$TOP/demo/demo.sh" 2>&1 </dev/null) && status=0 || status=$?
while read -r mark text; do
  case $mark in
    ✔) report "$text" 1 ;;
    ✘) report "$text" 0 ;;
  esac
done < <(sed 's/^ *//' <<<"$told")
report "the demo ends with 0" "$([ "$status" = 0 ] && echo 1)" "$told"

shell=$(NO_COLOR=1 "$TOP/demo/demo.sh" --shell 2>&1 <<'SQL'
SELECT count(*) FROM checkpoints;
BEGIN;
SELECT 'inside as ' || tenant_id || '/' || user_id FROM tenancy.login(:'greg');
SELECT DISTINCT 'sees ' || tenant_id FROM checkpoints;
SQL
) && status=0 || status=$?
report "the shell of the demo ends with 0" "$([ "$status" = 0 ] && echo 1)" "$shell"
seen() { grep -qF -- "$1" <<<"$shell" && echo 1; }
report "in it nothing is seen before entering" "$(seen 'ERROR:  no identity' || seen 'TN001')" "$shell"
report "in it the tokens enter" "$(seen 'inside as globex/greg')" "$shell"
report "in it the identity's rows are seen" "$(seen 'sees globex')" "$shell"
finish
