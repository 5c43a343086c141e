# Ten thousand errors of each kind in one session: the heap may not grow with them.
loop() { cat <<SQL
DO \$\$ BEGIN FOR i IN 1..$2 LOOP BEGIN PERFORM $1; EXCEPTION WHEN OTHERS THEN NULL; END; END LOOP; END \$\$;
SQL
}
keeps_the_heap() { # NAME EXPRESSION: a lost exception object or string would cost over 1 MB
  says "$1" "$(loop "$2" 500)
    SELECT probe_heap() AS before \\gset
    $(loop "$2" 10000)
    SELECT 'grown ' || (probe_heap() - :before > 1000000); $CLEAN" 'grown false' "$clean"
}
says 'control: objects that are lost are seen' "SELECT probe_heap() AS before \\gset
  $(loop 'probe_lose()' 1000)
  SELECT 'grown ' || (probe_heap() - :before > 1000000), 'live ' || probe_live();" 'grown true|live 1000'
keeps_the_heap '10000 refusals' 'probe_throw(1)'
keeps_the_heap '10000 exceptions' 'probe_throw(2)'
keeps_the_heap '10000 errors of PostgreSQL' "probe_run('SELECT 1/0')"
keeps_the_heap '10000 survived errors' "probe_attempt('SELECT 1/0')"
keeps_the_heap '10000 swallowed errors' "probe_careless('SELECT 1/0')"
says '10000 exceptions out of an attempt' "SELECT probe_survive_throws(500);
  SELECT probe_heap() AS before \\gset
  SELECT probe_survive_throws(10000);
  SELECT 'grown ' || (probe_heap() - :before > 1000000); $CLEAN" 'grown false' "$clean"
