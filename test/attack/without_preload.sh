# The library is not preloaded: until one of our functions loads it, there is no planner hook, and
# what a client writes in good faith must fail, never reach another tenant's row.
start_server "shared_preload_libraries = ''"
psql_ >/dev/null 2>&1 <<'SQL'
CREATE EXTENSION pg_tenancy;
CREATE ROLE app LOGIN;
CREATE TABLE docs (id int PRIMARY KEY, secret text);
SELECT tenancy.protect('docs');
GRANT SELECT, INSERT, UPDATE ON docs TO app;
SELECT tenancy.issue_token('globex', 'eve') AS globex \gset
BEGIN;
SELECT tenancy.login(:'globex');
INSERT INTO docs VALUES (1, 'CANARY');
COMMIT;
SQL
token=$(psql_ -At -c "SELECT tenancy.issue_token('acme', 'alice')")
rows="SELECT string_agg(concat(tenant_id, ' ', id, ' ', secret), ', ' ORDER BY tenant_id) FROM docs"
upsert="INSERT INTO docs VALUES (1, 'mine') ON CONFLICT (id) DO UPDATE SET secret = 'PWNED'"
without() { # KIND: NAME, the session's SQL, what it says, the rows afterwards
  local output found
  count=$((count + 1))
  output=$(psql_ -At -v VERBOSITY=verbose -U app -v token="$token" 2>&1 <<<"$2") || true
  found=$(psql_ -At -c "$rows")
  if grep -qF -- "$3" <<<"$output" && [ "$found" = "$4" ]; then
    echo "ok $count - without_preload: $1"
  else
    status=1
    echo "not ok $count - without_preload: $1"
    sed 's/^/#   /' <<<"$output"$'\n'"$found"
  fi
}
without 'attack: an upsert before anything loaded the library' \
  "SELECT set_config('tenancy.token', :'token', false) \\g /dev/null
   $upsert" 'ERROR:  42P10' 'globex 1 CANARY'
without 'control: after login it reaches the own row only' \
  "BEGIN; SELECT tenancy.login(:'token') \\g /dev/null
   $upsert; COMMIT; SELECT 'done';" 'done' 'acme 1 mine, globex 1 CANARY'
without 'attack: a placeholder of the setting is no identity once the library is loaded' \
  "SELECT set_config('tenancy.token', :'token', false) \\g /dev/null
   SELECT secret FROM docs;" 'ERROR:  TN001' 'acme 1 mine, globex 1 CANARY'
without 'control: the token itself enters' \
  "BEGIN; SELECT tenancy.login(:'token') \\g /dev/null
   SELECT secret FROM docs;" 'mine' 'acme 1 mine, globex 1 CANARY'
stop_server
