# Who can install it, where it refuses, and what is left when it goes.

sql postgres 'CREATE ROLE plain LOGIN'
sql postgres 'CREATE DATABASE taken'
sql taken 'GRANT CREATE ON DATABASE taken TO plain; CREATE SCHEMA tenancy AUTHORIZATION plain'
fails 'a schema tenancy that somebody made first is refused' 42P06 taken 'CREATE EXTENSION pg_tenancy'
sql taken 'DROP SCHEMA tenancy'
fails 'who is no superuser cannot install it' 42501 taken 'SET ROLE plain; CREATE EXTENSION pg_tenancy'
fails 'it cannot be moved' 0A000 taken \
  'CREATE SCHEMA other; CREATE EXTENSION pg_tenancy; ALTER EXTENSION pg_tenancy SET SCHEMA other'

everything() { # all that an extension can leave behind
  sql "$1" "
    SELECT 'pg_' || what, count FROM (
      SELECT 'class' what, count(*) FROM pg_class UNION ALL SELECT 'proc', count(*) FROM pg_proc UNION ALL
      SELECT 'type', count(*) FROM pg_type UNION ALL SELECT 'operator', count(*) FROM pg_operator UNION ALL
      SELECT 'opclass', count(*) FROM pg_opclass UNION ALL SELECT 'opfamily', count(*) FROM pg_opfamily UNION ALL
      SELECT 'amop', count(*) FROM pg_amop UNION ALL SELECT 'amproc', count(*) FROM pg_amproc UNION ALL
      SELECT 'cast', count(*) FROM pg_cast UNION ALL SELECT 'namespace', count(*) FROM pg_namespace UNION ALL
      SELECT 'trigger', count(*) FROM pg_trigger UNION ALL SELECT 'event_trigger', count(*) FROM pg_event_trigger UNION ALL
      SELECT 'policy', count(*) FROM pg_policy UNION ALL SELECT 'constraint', count(*) FROM pg_constraint UNION ALL
      SELECT 'description', count(*) FROM pg_description UNION ALL SELECT 'init_privs', count(*) FROM pg_init_privs UNION ALL
      SELECT 'default_acl', count(*) FROM pg_default_acl UNION ALL SELECT 'depend', count(*) FROM pg_depend UNION ALL
      SELECT 'shdepend', count(*) FROM pg_shdepend UNION ALL SELECT 'shdescription', count(*) FROM pg_shdescription UNION ALL
      SELECT 'authid', count(*) FROM pg_authid UNION ALL SELECT 'db_role_setting', count(*) FROM pg_db_role_setting UNION ALL
      SELECT 'seclabel', count(*) FROM pg_seclabel UNION ALL SELECT 'extension', count(*) FROM pg_extension) x ORDER BY what"
}
everything taken >"$WORK/before.counts"
expect 'control: a superuser installs it' sql taken 'CREATE EXTENSION pg_tenancy'
everything taken >"$WORK/with.counts"
refuse 'control: the count sees an installed extension' cmp -s "$WORK/before.counts" "$WORK/with.counts"
expect 'it can be removed' sql taken 'DROP EXTENSION pg_tenancy'
everything taken >"$WORK/after.counts"
same_text 'and leaves nothing behind' "$WORK/before.counts" "$WORK/after.counts"
expect 'and installed again' sql taken 'CREATE EXTENSION pg_tenancy'

sql taken 'CREATE TABLE note (id int PRIMARY KEY); SELECT tenancy.protect($$note$$)' >/dev/null
fails 'a protected table holds the extension in place' 2BP01 taken 'DROP EXTENSION pg_tenancy'
sql taken 'DROP TABLE note'
expect 'control: without the table it goes' sql taken 'DROP EXTENSION pg_tenancy'

# Everything is named with its schema; the extension itself must hang on none that users drop.
fails 'no other schema can be given' 0A000 taken 'CREATE EXTENSION pg_tenancy SCHEMA public'
expect 'it needs no schema public' sql taken 'DROP SCHEMA public CASCADE; CREATE EXTENSION pg_tenancy'
expect 'and dropping one later does not take it along' sql taken \
  "CREATE SCHEMA public; DROP SCHEMA public CASCADE; SELECT 1 / count(*) FROM pg_extension
     WHERE extname = 'pg_tenancy' AND extnamespace = 'pg_catalog'::regnamespace"
