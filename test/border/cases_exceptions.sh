# C++ exceptions become errors with everything they said.
says 'control: nothing thrown, nothing reported' "SELECT 'got ' || (probe_throw(0) IS NOT NULL); $CLEAN" \
  'got true' "$clean" '!ERROR'
says 'Refused keeps SQLSTATE, message, DETAIL and HINT' "SELECT probe_throw(1); $CLEAN" \
  'ERROR:  TN001: the message' 'DETAIL:  The detail.' 'HINT:  The hint.' "$clean"
says 'Refused without DETAIL and HINT has none' "SELECT probe_throw(8);" \
  'ERROR:  TN001: the message alone' '!DETAIL' '!HINT'
says 'std::exception is an internal error with its words as DETAIL' "SELECT probe_throw(2); $CLEAN" \
  'ERROR:  XX000: internal error of pg_tenancy' 'DETAIL:  words of the exception' "$clean"
says 'bad_alloc is out of memory' "SELECT probe_throw(3); $CLEAN" 'ERROR:  53200: out of memory' "$clean"
says 'throw 42 is an internal error' "SELECT probe_throw(4); $CLEAN" \
  'ERROR:  XX000: internal error of pg_tenancy' 'DETAIL:  An unknown C++ exception was thrown.' "$clean"
says 'an exception of the standard library' "SELECT probe_throw(5); $CLEAN" \
  'ERROR:  XX000: internal error of pg_tenancy' "$clean"
says 'a size that no memory has' "SELECT probe_throw(6); $CLEAN" \
  'ERROR:  XX000: internal error of pg_tenancy' "$clean"
says 'a PgError that nobody owes is an error all the same' "SELECT probe_throw(7); $CLEAN" \
  'ERROR:  XX000: internal error of pg_tenancy' "$clean"
says 'the next error shows nothing of the one before' "SELECT probe_throw(1); SELECT probe_throw(8);" \
  'ERROR:  TN001: the message' 'ERROR:  TN001: the message alone'

# 511, 1023 and 1023 bytes fit; characters of 2, 3 and 4 bytes are cut between, never inside.
# psql shows nothing of a message that is not valid UTF-8, so the cut is measured on the server.
long() { # UNIT COUNT: octets and characters of the three texts
  cat <<SQL
DO \$\$
DECLARE m text; d text; h text;
BEGIN
  PERFORM probe_long('$1', $2);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS m = MESSAGE_TEXT, d = PG_EXCEPTION_DETAIL, h = PG_EXCEPTION_HINT;
  RAISE NOTICE 'octets % % %, valid %', octet_length(m), octet_length(d), octet_length(h),
    m = convert_from(convert_to(m, 'UTF8'), 'UTF8') AND right(d, 1) = '$1' AND right(h, 1) = '$1';
END \$\$;
SQL
}
says 'control: a short text is not cut' "$(long ä 3)" 'NOTICE:  00000: octets 7 7 7, valid t'
says 'long texts are cut to fit' "$(long x 3000)" 'NOTICE:  00000: octets 511 1023 1023, valid t'
says 'characters of two bytes stay whole' "$(long ä 3000)" 'NOTICE:  00000: octets 511 1023 1023, valid t'
says 'characters of three bytes stay whole' "$(long € 3000)" 'NOTICE:  00000: octets 511 1021 1021, valid t'
says 'characters of four bytes stay whole' "$(long 𝄞 3000)" 'NOTICE:  00000: octets 509 1021 1021, valid t'

# Exceptions and PL/pgSQL's exception blocks: the block's work is undone, the rest stays.
says 'an exception block catches a refusal by its SQLSTATE' "
  DO \$\$ BEGIN
    INSERT INTO kept VALUES ('outside');
    BEGIN
      INSERT INTO kept VALUES ('inside');
      PERFORM probe_throw(1);
    EXCEPTION WHEN SQLSTATE 'TN001' THEN RAISE NOTICE 'caught %', SQLERRM;
    END;
  END \$\$;
  SELECT string_agg(note, ',') FROM kept; TRUNCATE kept; $CLEAN" \
  'NOTICE:  00000: caught the message' 'outside' "$clean"
says 'exceptions pass several exception blocks' "
  DO \$\$ BEGIN
    BEGIN
      BEGIN PERFORM probe_throw(2);
      EXCEPTION WHEN division_by_zero THEN RAISE NOTICE 'wrong block';
      END;
    EXCEPTION WHEN internal_error THEN RAISE NOTICE 'right block';
    END;
  END \$\$; $CLEAN" 'NOTICE:  00000: right block' '!wrong' "$clean"
says 'a savepoint takes the session back' "
  BEGIN; INSERT INTO kept VALUES ('before'); SAVEPOINT s; INSERT INTO kept VALUES ('after');
  SELECT probe_throw(1); SELECT 'aborted'; ROLLBACK TO s; COMMIT;
  SELECT string_agg(note, ',') FROM kept; TRUNCATE kept; $CLEAN" \
  'before' '!after' "$clean"
