# The install script is the pages of src/ddl, and a released one never changes.

{ printf '%s\n\n' '\echo Use "CREATE EXTENSION pg_tenancy" to load this file. \quit'; cat "$TOP"/src/ddl/*.sql; } >"$WORK/joined.sql"
same_text "sql/pg_tenancy--$VERSION.sql is src/ddl joined" "$WORK/joined.sql" "$TOP/sql/pg_tenancy--$VERSION.sql"
same_text 'the installed script is the same' "$WORK/joined.sql" "$SHAREDIR/extension/pg_tenancy--$VERSION.sql"
for list in "$TOP"/src/ddl/upgrade/*--"$VERSION".list; do
  upgrade=pg_tenancy--$(basename "$list" .list).sql
  { printf '%s\n\n' '\echo Use "ALTER EXTENSION pg_tenancy UPDATE" to load this file. \quit'
    sed -n '/^[^#]/p' "$list" | while read -r page; do cat "$TOP/src/ddl/$page"; done; } >"$WORK/$upgrade"
  same_text "sql/$upgrade is what its list names" "$WORK/$upgrade" "$TOP/sql/$upgrade"
done

# sql/released.sha256 is written when a version is released, one line for each script.
unchanged() { [ ! -s "$TOP/sql/released.sha256" ] || (cd "$TOP/sql" && sha256sum --check --strict --quiet released.sha256); }
expect 'every released script is as it was released' unchanged
listed() { # every script but this version's is listed: it was released, or it would not be here
  local script
  for script in "$TOP"/sql/pg_tenancy--*.sql; do
    script=$(basename "$script")
    case $script in *"--$VERSION.sql") continue ;; esac
    grep -qF "  $script" "$TOP/sql/released.sha256" || { echo "$script is not in sql/released.sha256"; return 1; }
  done
}
expect 'every other script belongs to a release' listed
