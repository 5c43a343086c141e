# doc/testing.md as it stands: its tests pass on a protected table, and each of them fails on the same
# table without protection, for else it would prove nothing. Sourced by suite.sh.

PAGE_FILES= # where the blocks of the page are

pgtap() { # What pg_prove sees.
  (cd "$TOP" && "$BIN/psql" -X -qAt -v ON_ERROR_STOP=1 -d app_test -f "$PAGE_FILES/docs.sql")
}
pytest_() {
  TEST_DATABASE_URL="host=$PGHOST port=$PGPORT dbname=app_test user=postgres" \
    "$PYTHON" -m pytest -q --tb=line -p no:cacheprovider --rootdir "$PAGE_FILES" "$PAGE_FILES/test_docs.py"
}
django() {
  (cd "$PAGE_FILES" && DJANGO_SETTINGS_MODULE=settings "$PYTHON" -m django test --noinput)
}
vitest() {
  (cd "$PAGE_FILES" && TEST_DATABASE_URL="postgresql://postgres@localhost/app_test?host=$PGHOST&port=$PGPORT" \
    "$NODE" "$JS_DIR/node_modules/vitest/vitest.mjs" run --root . --reporter=tap-flat)
}

# The page's files, and the database it speaks of; with an argument, without the protection.
page_and_database() {
  local file
  rm -rf "$PAGE_FILES" && mkdir -p "$PAGE_FILES"
  "$PYTHON" "$TOP/test/clients/blocks.py" "$TOP/doc/testing.md" "$PAGE_FILES" || return
  touch "$PAGE_FILES/docs/__init__.py" "$PAGE_FILES/docs/migrations/__init__.py"
  if [ $# != 0 ]; then
    for file in schema.sql docs/migrations/0001_initial.py; do
      sed -i -E "s/SELECT tenancy\.protect\('[a-z_]+'\)/SELECT 1/w $PAGE_FILES/changed" "$PAGE_FILES/$file"
      [ -s "$PAGE_FILES/changed" ] || return
    done
  fi
  psql_ -v ON_ERROR_STOP=1 -c 'DROP DATABASE IF EXISTS app_test' -c 'CREATE DATABASE app_test' &&
    psql_ -v ON_ERROR_STOP=1 -d app_test -c 'CREATE EXTENSION pgtap' -f - <"$PAGE_FILES/schema.sql" &&
    psql_ -v ON_ERROR_STOP=1 -f - <"$PAGE_FILES/session_scope.sql"
}

passes() { # PATTERN COMMAND: ends well and says so; what it says otherwise is shown
  local said status=0
  said=$("$2" 2>&1) || status=$?
  if [ "$status" = 0 ] && grep -qE "$1" <<<"$said" && ! grep -q '^not ok' <<<"$said"; then return; fi
  printf '%s\n' "$said"
  return 1
}
fails() { # COUNT PATTERN COMMAND: so many lines say that a test failed
  local said
  said=$("$3" 2>&1) || true
  [ "$(grep -cE "$2" <<<"$said")" = "$1" ] && return
  printf '%s\n' "$said"
  return 1
}

run_testing() {
  need_js
  need_py
  PAGE_FILES=$JS_DIR/doc/testing # the packages are found above it
  tap "doc/testing.md: its schema is made" page_and_database
  tap "doc/testing.md: pgTAP" passes '^ok 4 ' pgtap
  tap "doc/testing.md: pytest" passes '^2 passed' pytest_
  tap "doc/testing.md: Django" passes '^Ran 2 tests' django
  tap "doc/testing.md: vitest" passes '^ok 2 ' vitest
  tap "doc/testing.md: the same schema without protection" page_and_database unprotected
  tap "doc/testing.md: pgTAP fails without protection" fails 3 '^not ok ' pgtap
  tap "doc/testing.md: pytest fails without protection" fails 2 '^E .*(AssertionError: |DID NOT RAISE)' \
    pytest_
  tap "doc/testing.md: Django fails without protection" fails 2 '^AssertionError: ' django
  tap "doc/testing.md: vitest fails without protection" fails 2 '^not ok ' vitest
}
