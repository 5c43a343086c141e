# attempt(): what failed is undone, what surrounds it stays.
says 'control: what passes is kept' "SELECT probe_attempt('INSERT INTO kept VALUES (''x'')');
  SELECT 'kept ' || count(*) FROM kept; TRUNCATE kept; $CLEAN" 'passed' 'kept 1' "$clean"
says 'what fails is told and undone, what came before stays' "
  BEGIN; INSERT INTO kept VALUES ('before');
  SELECT probe_attempt('WITH w AS (INSERT INTO kept VALUES (''x'')) SELECT 1/0'); COMMIT;
  SELECT string_agg(note, ',') FROM kept; TRUNCATE kept; $CLEAN" \
  '22012 division by zero' 'before' "$clean"
says 'a refusal of ours can be survived' "SELECT probe_attempt('SELECT probe_throw(1)'); $CLEAN" \
  'TN001 the message' "$clean"
says 'a long message is cut between characters' \
  "SELECT octet_length(probe_attempt('SELECT probe_long(''ä'', 400)')); $CLEAN" '261' "$clean"
says 'nested: both pass' "SELECT probe_attempt_nested('SELECT 1', 'SELECT 2'); $CLEAN" 'passed / passed' "$clean"
says 'nested: the inner one fails alone' "
  SELECT probe_attempt_nested('SELECT 1/0', 'INSERT INTO kept VALUES (''outer'')');
  SELECT string_agg(note, ',') FROM kept; TRUNCATE kept; $CLEAN" \
  '22012 division by zero / passed' 'outer' "$clean"
says 'nested: the outer one undoes the inner one' "
  SELECT probe_attempt_nested('INSERT INTO kept VALUES (''inner'')', 'SELECT 1/0');
  SELECT 'kept ' || count(*) FROM kept; $CLEAN" 'passed / 22012 division by zero' 'kept 0' "$clean"
says 'an exception undoes the attempt and goes on' "
  SELECT probe_attempt_throw('INSERT INTO kept VALUES (''x'')');
  SELECT 'kept ' || count(*) FROM kept; $CLEAN" 'ERROR:  XX000: internal error of pg_tenancy' 'kept 0' "$clean"
says 'an error swallowed inside the attempt is seen by it' "
  SELECT probe_attempt_swallow('SELECT 1/0'); $CLEAN" '22012 division by zero' "$clean"

# A subtransaction left open would be rolled back in place of the exception block's own.
careless_block() { cat <<SQL
DO \$\$ BEGIN
  BEGIN
    INSERT INTO kept VALUES ('inside');
    PERFORM $1;
  EXCEPTION WHEN OTHERS THEN RAISE NOTICE 'caught %, level %', SQLSTATE, probe_subtransaction_level();
  END;
  INSERT INTO kept VALUES ('outside');
END \$\$;
SELECT string_agg(note, ',') FROM kept; TRUNCATE kept; $CLEAN
SQL
}
says 'a swallowed error and then an exception close the subtransaction' \
  "$(careless_block "probe_attempt_careless('SELECT 1/0')")" 'NOTICE:  00000: caught XX000, level 1' 'outside' "$clean"
says 'an exception closes the subtransaction' \
  "$(careless_block "probe_attempt_throw('SELECT 1')")" 'NOTICE:  00000: caught XX000, level 1' 'outside' "$clean"
says 'an attempt that an outer error ends is closed' \
  "$(careless_block "probe_attempt('SELECT 1/0'), 1/0")" 'NOTICE:  00000: caught 22012, level 1' 'outside' "$clean"

says 'attempts inside a savepoint' "
  BEGIN; SAVEPOINT s; SELECT probe_attempt('SELECT 1/0'); INSERT INTO kept VALUES ('kept'); RELEASE s; COMMIT;
  SELECT string_agg(note, ',') FROM kept; TRUNCATE kept; $CLEAN" '22012 division by zero' 'kept' "$clean"
says 'a cancelled query is not survived' "
  SET statement_timeout = 200; SELECT probe_attempt('SELECT pg_sleep(60)'); $CLEAN" \
  'ERROR:  57014: canceling statement due to statement timeout' "$clean"
says 'a cancelled query passes two attempts and closes both' "
  SET statement_timeout = 200; SELECT probe_attempt_nested('SELECT pg_sleep(60)', 'SELECT 1');
  SELECT 'level ' || probe_subtransaction_level(); $CLEAN" \
  'ERROR:  57014: canceling statement due to statement timeout' 'level 1' "$clean"
