# What the catalogs say of the installed extension, on a server.

# Who may call what beyond the owner, and what runs with its owner's rights, is a decision: the
# lists beside this file hold all of it.
start_server
psql_ -v ON_ERROR_STOP=1 -c 'CREATE EXTENSION pg_tenancy'

ask() { psql_ -At -v ON_ERROR_STOP=1 -c "$1" 2>&1; }
none() { nothing "$1" ask "$2"; } # none NAME QUERY: the query finds nothing
same() { # same NAME FILE QUERY: what the query finds is what the file lists
  local output passed=1
  output=$(diff <(sed 's/ *#.*//' "$HERE/$2" | grep -v '^$' | LC_ALL=C sort) <(ask "$3" | LC_ALL=C sort)) || passed=0
  report "$1" "$passed" "< listed in test/style/$2, > in the database
$output"
}

# What stands behind an operator, a type, a cast, an index, an aggregate or a trigger is documented
# and granted as that.
SUPPORT="p.prorettype IN ('trigger'::regtype, 'event_trigger'::regtype)
  OR EXISTS (SELECT FROM pg_operator WHERE oprcode = p.oid)
  OR EXISTS (SELECT FROM pg_amproc WHERE amproc = p.oid)
  OR EXISTS (SELECT FROM pg_cast WHERE castfunc = p.oid)
  OR EXISTS (SELECT FROM pg_aggregate WHERE p.oid IN (aggfnoid, aggtransfn, aggcombinefn, aggfinalfn))
  OR EXISTS (SELECT FROM pg_type WHERE p.oid IN (typinput, typoutput, typreceive, typsend))"
FUNCTIONS="pg_proc p WHERE pronamespace = 'tenancy'::regnamespace"
none 'every function has a comment' \
  "SELECT p.oid::regprocedure FROM $FUNCTIONS AND obj_description(p.oid, 'pg_proc') IS NULL"
none 'every comment of a function says more than its name' \
  "SELECT p.oid::regprocedure FROM $FUNCTIONS AND length(obj_description(p.oid, 'pg_proc')) < 12"
none 'every type has a comment' \
  "SELECT t.oid::regtype FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
    WHERE typnamespace = 'tenancy'::regnamespace AND typelem = 0 AND coalesce(c.relkind, 'c') = 'c'
      AND obj_description(t.oid, 'pg_type') IS NULL"
none 'every table and view has a comment' \
  "SELECT oid::regclass FROM pg_class WHERE relnamespace = 'tenancy'::regnamespace
    AND relkind IN ('r', 'v', 'm', 'p') AND obj_description(oid, 'pg_class') IS NULL"
# The columns of tenancy.issuers are the arguments of add_issuer, as the comment of the table says.
none 'every column of a table or view has a comment' \
  "SELECT format('%s.%I', attrelid::regclass, attname) FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
    WHERE relnamespace = 'tenancy'::regnamespace AND relkind IN ('r', 'v', 'm', 'p') AND attnum > 0
      AND NOT attisdropped AND col_description(attrelid, attnum) IS NULL
      AND NOT (relname = 'issuers' AND attname IN (SELECT 'created_at' UNION SELECT unnest(proargnames) FROM pg_proc WHERE proname = 'add_issuer'))"
none 'every setting says what it is for' \
  "SELECT name FROM pg_settings WHERE name LIKE 'tenancy.%' AND length(coalesce(short_desc, '')) < 20"
same 'these settings exist' settings.txt \
  "SELECT name || ' ' || context FROM pg_settings WHERE name LIKE 'tenancy.%'"

none 'every function in SQL or PL/pgSQL pins its search_path, the temporary schema last' \
  "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = prolang
    WHERE pronamespace = 'tenancy'::regnamespace AND lanname IN ('sql', 'plpgsql')
      AND NOT EXISTS (SELECT FROM unnest(proconfig) c WHERE c ~ '^search_path=(pg_catalog|pg_catalog, tenancy), pg_temp\$')"
none 'no function in C sets anything' \
  "SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = prolang
    WHERE pronamespace = 'tenancy'::regnamespace AND lanname = 'c' AND proconfig IS NOT NULL"
none 'a function with side effects is not called parallel safe' \
  "SELECT p.oid::regprocedure FROM $FUNCTIONS AND provolatile = 'v' AND proparallel = 's'"
same 'PUBLIC may execute these functions and no others' public_functions.txt \
  "SELECT DISTINCT proname FROM $FUNCTIONS AND NOT ($SUPPORT) AND has_function_privilege('public', p.oid, 'EXECUTE')"
same 'these functions run with the rights of their owner' security_definer.txt \
  "SELECT DISTINCT proname FROM $FUNCTIONS AND prosecdef"
same 'these functions are leakproof' leakproof_functions.txt \
  "SELECT DISTINCT proname FROM $FUNCTIONS AND proleakproof"
none 'a refusing cast, comparison or accessor never claims to be leakproof without being strict or argumentless' \
  "SELECT p.oid::regprocedure FROM $FUNCTIONS AND proleakproof AND NOT proisstrict AND pronargs > 0"
none 'PUBLIC may do nothing in the schema but look things up' \
  "SELECT 'CREATE' WHERE has_schema_privilege('public', 'tenancy', 'CREATE')
   UNION ALL SELECT 'no USAGE' WHERE NOT has_schema_privilege('public', 'tenancy', 'USAGE')"
same 'PUBLIC may do this with tables and views' public_tables.txt \
  "SELECT relname || ' ' || privilege FROM pg_class,
     unnest(ARRAY['SELECT','INSERT','UPDATE','DELETE','TRUNCATE','REFERENCES','TRIGGER']) privilege
    WHERE relnamespace = 'tenancy'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
      AND has_table_privilege('public', oid, privilege)"
same 'these tables are dumped' dumped_tables.txt \
  "SELECT unnest(extconfig)::regclass FROM pg_extension WHERE extname = 'pg_tenancy'"
same 'these tables hold secrets: row security without a policy' secret_tables.txt \
  "SELECT relname FROM pg_class c WHERE relnamespace = 'tenancy'::regnamespace AND relkind = 'r'
     AND relrowsecurity AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = c.oid)"
same 'only operators, casts, operator classes and these lie outside schema tenancy' outside_schema.txt \
  "SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend d
    WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e'
      AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'pg_tenancy')
      AND classid NOT IN ('pg_operator'::regclass, 'pg_cast'::regclass, 'pg_opclass'::regclass,
        'pg_opfamily'::regclass, 'pg_namespace'::regclass)
      AND (pg_identify_object(classid, objid, objsubid)).schema IS DISTINCT FROM 'tenancy'"

# The reference names everything that a user can name.
unnamed() {
  ask "SELECT DISTINCT proname FROM $FUNCTIONS AND NOT ($SUPPORT)
       UNION SELECT typname FROM pg_type LEFT JOIN pg_class c ON c.oid = typrelid
        WHERE typnamespace = 'tenancy'::regnamespace AND typelem = 0 AND coalesce(relkind, 'c') = 'c'
       UNION SELECT relname FROM pg_class
        WHERE relnamespace = 'tenancy'::regnamespace AND relkind IN ('r', 'v', 'm', 'p')
       UNION SELECT name FROM pg_settings WHERE name LIKE 'tenancy.%'" |
    while read -r name; do
      grep -qwF -- "$name" doc/pg_tenancy.md || echo "$name is not in doc/pg_tenancy.md"
    done
  grep -oE "'T', 'N'(, '[0-9]'){3}" src/pg/sqlstate.hpp | tr -dc "TN0-9\n" | while read -r state; do
    grep -qw "$state" doc/pg_tenancy.md || echo "$state is not in doc/pg_tenancy.md"
  done
}
nothing 'the reference names every object, setting and SQLSTATE' unnamed
stop_server
