# judge(): a refusal is an answer of the check hook, an error of PostgreSQL goes on its way.
LOADED="LOAD '$PROBE';"
says 'control: an accepted value' "$LOADED SET probe.judged = 'fine'; SHOW probe.judged; $CLEAN" 'fine' '!ERROR' "$clean"
says 'a refusal keeps SQLSTATE, message, DETAIL and HINT' "$LOADED
  SET probe.judged = 'fine'; SET probe.judged = 'refuse'; SHOW probe.judged; $CLEAN" \
  'ERROR:  TN002: value refused' 'DETAIL:  The detail.' 'HINT:  The hint.' 'fine' "$clean"
says 'a refusal without DETAIL and HINT after one with both' "$LOADED
  SET probe.judged = 'refuse'; \\echo next
  SET probe.judged = 'bare';" 'next' 'ERROR:  TN002: value refused'
says 'long reasons are cut between characters' "$LOADED
  DO \$\$ DECLARE m text; d text; BEGIN SET probe.judged = 'long';
  EXCEPTION WHEN SQLSTATE 'TN002' THEN GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL;
    RAISE NOTICE 'octets % %', octet_length(m), octet_length(d); END \$\$; $CLEAN" \
  'NOTICE:  00000: octets 511 1023' "$clean"
says 'std::exception refuses' "$LOADED SET probe.judged = 'runtime'; $CLEAN" \
  'ERROR:  XX000: internal error of pg_tenancy' 'DETAIL:  words of the exception' "$clean"
says 'bad_alloc refuses' "$LOADED SET probe.judged = 'memory'; $CLEAN" 'ERROR:  53200: out of memory' "$clean"
says 'throw 42 refuses' "$LOADED SET probe.judged = 'number'; $CLEAN" 'ERROR:  XX000: internal error of pg_tenancy' "$clean"
says 'an error of PostgreSQL is rethrown as it is' "$LOADED SET probe.judged = 'sql SELECT 1/0'; $CLEAN" \
  'ERROR:  22012: division by zero' 'CONTEXT:  SQL statement "SELECT 1/0"' "$clean"
says 'a swallowed error is rethrown too' "$LOADED SET probe.judged = 'careless SELECT 1/0'; SHOW probe.judged; $CLEAN" \
  'ERROR:  22012: division by zero' '' "$clean"
says 'a cancel is rethrown' "$LOADED SET statement_timeout = 200; SET probe.judged = 'sql SELECT pg_sleep(60)'; $CLEAN" \
  'ERROR:  57014: canceling statement due to statement timeout' "$clean"
psql_ -c "BEGIN; LOCK TABLE locked; SELECT pg_sleep(30);" >/dev/null 2>&1 & locker=$!
for _ in $(seq 100); do
  [ "$(run "SELECT count(*) FROM pg_locks WHERE relation = 'locked'::regclass AND granted")" = 1 ] && break
  sleep 0.05
done
says 'a lock timeout is rethrown' "$LOADED
  SET lock_timeout = 200; SET probe.judged = 'sql SELECT * FROM locked'; $CLEAN" \
  'ERROR:  55P03: canceling statement due to lock timeout' "$clean"
run "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'BEGIN; LOCK TABLE locked%'" >/dev/null
wait "$locker" || true
says 'set_config and savepoints keep the value from before' "$LOADED
  BEGIN; SELECT set_config('probe.judged', 'one', true); SAVEPOINT s;
  SELECT set_config('probe.judged', 'refuse', true); ROLLBACK TO s; SHOW probe.judged; COMMIT; $CLEAN" \
  'ERROR:  TN002: value refused' 'one' "$clean"
says 'a function SET clause is judged' "$LOADED
  CREATE FUNCTION pg_temp.f() RETURNS int LANGUAGE sql SET probe.judged = 'refuse' AS 'SELECT 1'; $CLEAN" \
  'ERROR:  TN002: value refused' "$clean"
