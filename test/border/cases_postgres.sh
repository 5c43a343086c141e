# Errors of PostgreSQL below C++ frames: 16 objects in four frames, each destroyed.
says 'control: a statement without an error' "SELECT probe_reset(); SELECT probe_run('INSERT INTO kept VALUES (''x'')');
  SELECT 'made ' || probe_made(); SELECT 'kept ' || count(*) FROM kept; TRUNCATE kept; $CLEAN" \
  'made 16' 'kept 1' "$clean"
says 'an error in SPI destroys the 16 objects above it' "SELECT probe_reset(); SELECT probe_run('SELECT 1/0');
  SELECT 'made ' || probe_made(); $CLEAN" \
  'ERROR:  22012: division by zero' 'CONTEXT:  SQL statement "SELECT 1/0"' 'made 16' "$clean"
says 'SQLSTATE, DETAIL, constraint and table names survive' \
  "SELECT probe_run('INSERT INTO kept VALUES (repeat(''y'', 50))'); $CLEAN" \
  'ERROR:  23514: new row for relation "kept" violates check constraint "note_is_short"' \
  'DETAIL:  Failing row contains (yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy).' \
  'CONSTRAINT NAME:  note_is_short' 'TABLE NAME:  kept' 'SCHEMA NAME:  public' "$clean"
says 'HINT and CONTEXT of PL/pgSQL below survive' "
  CREATE FUNCTION pg_temp.f() RETURNS void LANGUAGE plpgsql AS \$\$
    BEGIN RAISE 'from below' USING HINT = 'A hint from below.', ERRCODE = '22P02'; END \$\$;
  SELECT probe_run('SELECT pg_temp.f()'); $CLEAN" \
  'ERROR:  22P02: from below' 'HINT:  A hint from below.' 'SQL statement "SELECT pg_temp.f()"' "$clean"
says 'the position inside the statement survives' "SELECT probe_run('SELECT no_such_column');" \
  'ERROR:  42703: column "no_such_column" does not exist' 'QUERY:  SELECT no_such_column'
says 'an error of ours below a statement of ours' "SELECT probe_run('SELECT probe_throw(1)'); $CLEAN" \
  'ERROR:  TN001: the message' 'DETAIL:  The detail.' 'HINT:  The hint.' "$clean"
says 'four levels of both doors' \
  "SELECT probe_reset(); SELECT probe_run('SELECT probe_run(''SELECT probe_run(''''SELECT 1/0'''')'')');
   SELECT 'made ' || probe_made(); $CLEAN" 'ERROR:  22012: division by zero' 'made 48' "$clean"

says 'a swallowed error comes out: nothing is committed' "
  BEGIN; INSERT INTO kept VALUES ('before'); SELECT probe_careless('SELECT 1/0'); COMMIT;
  SELECT 'kept ' || count(*) FROM kept; $CLEAN" 'ERROR:  22012: division by zero' 'kept 0' "$clean"
says 'control: the same function without an error commits' "
  SELECT probe_careless('SELECT 1'); SELECT note FROM kept; TRUNCATE kept; $CLEAN" \
  'after the swallowed error' '!ERROR' "$clean"
says 'a swallowed error wins over a later exception' "SELECT probe_careless_throw('SELECT 1/0'); $CLEAN" \
  'ERROR:  22012: division by zero' '!XX000' "$clean"
says 'a swallowed error inside an exception block undoes the block' "
  DO \$\$ BEGIN
    BEGIN
      INSERT INTO kept VALUES ('inside'); PERFORM probe_careless('SELECT 1/0');
    EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'caught';
    END;
  END \$\$;
  SELECT 'kept ' || count(*) FROM kept; $CLEAN" 'NOTICE:  00000: caught' 'kept 0' "$clean"

says 'the memory context is the one from before' "SELECT probe_memory_after('SELECT 1/0'); $CLEAN" \
  'NOTICE:  00000: memory context restored: attempt 1, call 1' 'ERROR:  22012: division by zero' "$clean"
says 'a destructor may speak while an error is in flight' "SELECT probe_chatty('SELECT 1/0'); $CLEAN" \
  'WARNING:  01000: a destructor speaks' 'ERROR:  22012: division by zero' "$clean"
says 'a destructor that comes in again changes nothing' "SELECT probe_reentrant('SELECT 1/0'); $CLEAN" \
  'ERROR:  22012: division by zero' "$clean"
# Jumping over frames loses their objects; the session must work on all the same.
says 'a destructor that raises leaves a session that works' "
  SELECT probe_rude('SELECT 1/0'); \\echo next
  SELECT 'ran ' || (probe_run('SELECT 1') IS NOT NULL); SELECT probe_attempt('SELECT 1/0');" \
  'ERROR:  XX000: raised by a destructor' 'ran true' '22012 division by zero'
says 'recursion ends with stack depth, every frame destroyed' "
  SET max_stack_depth = '1MB'; SELECT probe_recurse(); SELECT 'deep ' || (probe_made() > 50); $CLEAN" \
  'ERROR:  54001: stack depth limit exceeded' 'deep true' "$clean"

parallel="SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
  SET parallel_leader_participation = off; SET max_parallel_workers_per_gather = 2;"
says 'control: parallel workers run the probe' "$parallel
  SELECT 'sum ' || sum(probe_odd(even, 0)), bool_and(probe_in_worker()) FROM numbers; $CLEAN" \
  'sum 400020000|t' "$clean"
says 'a refusal in a parallel worker arrives whole' "$parallel
  SELECT sum(probe_odd(odd, 0)) FROM numbers; $CLEAN" \
  'ERROR:  TN004: odd number' 'DETAIL:  The detail.' 'HINT:  The hint.' 'CONTEXT:  parallel worker' "$clean"
says 'an error of PostgreSQL in a parallel worker arrives whole' "$parallel
  SELECT sum(probe_odd(even, 1)) FROM numbers; $CLEAN" \
  'ERROR:  22012: division by zero' 'CONTEXT:  parallel worker' "$clean"
