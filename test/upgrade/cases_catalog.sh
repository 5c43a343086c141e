# From each older version the upgrade ends in the catalogs of a fresh install.

catalog() { psql_ -d "$1" -f "$HERE/catalog.sql" >"$WORK/$1.catalog" 2>&1; }
sql postgres 'CREATE DATABASE fresh'
sql fresh 'CREATE EXTENSION pg_tenancy'
expect 'the catalogs of a fresh install can be listed' catalog fresh
report 'and hold more than the schema' "$([ "$(grep -c '^function: ' "$WORK/fresh.catalog")" -gt 20 ] && echo 1)" \
  "$(head -n 20 "$WORK/fresh.catalog")"

for script in "$TOP"/sql/pg_tenancy--*.sql; do
  old=$(basename "$script" .sql)
  old=${old#pg_tenancy--}
  case $old in *--* | "$VERSION") continue ;; esac
  database=from_${old//./_}
  sql postgres "CREATE DATABASE $database"
  expect "version $old can be installed" sql "$database" "CREATE EXTENSION pg_tenancy VERSION '$old'"
  expect "and upgraded to $VERSION" sql "$database" 'ALTER EXTENSION pg_tenancy UPDATE'
  catalog "$database" || true
  same_text "$old upgraded is $VERSION installed" "$WORK/fresh.catalog" "$WORK/$database.catalog"
done

# Controls: the comparison sees what an upgrade script may forget.
sql postgres 'CREATE DATABASE same TEMPLATE template0'
sql same 'CREATE EXTENSION pg_tenancy'
catalog same || true
same_text 'control: two fresh installs are equal' "$WORK/fresh.catalog" "$WORK/same.catalog"
seen() { # seen NAME STATEMENT
  psql_ -At -v ON_ERROR_STOP=1 -d same -c "$2" >/dev/null || { report "control: $1" 0 'the statement failed'; return; }
  cp "$WORK/same.catalog" "$WORK/before.catalog"
  catalog same || true
  refuse "control: the comparison sees $1" cmp "$WORK/before.catalog" "$WORK/same.catalog"
}
seen 'a forgotten comment' 'COMMENT ON TYPE tenancy.tenant_id IS NULL'
seen 'another volatility' 'ALTER FUNCTION tenancy.current_tenant_id() VOLATILE'
seen 'another privilege' 'GRANT EXECUTE ON FUNCTION tenancy.add_issuer TO PUBLIC'
seen 'another default' 'ALTER TABLE tenancy.tenants ALTER created_at DROP DEFAULT'
seen 'a disabled trigger' 'ALTER TABLE tenancy.issuers DISABLE TRIGGER USER'
seen 'a missing member' 'ALTER EXTENSION pg_tenancy DROP FUNCTION tenancy.logout()'
