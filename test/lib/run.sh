#!/usr/bin/env bash
# Runs a script of this checkout that needs servers: test/lib/run.sh SCRIPT [ARGUMENT]...
#
# Every target of the Makefile that starts a server comes here, and finds
#   - what it needs installed,
#   - a checkout that the test user can read (one below /root is copied to /var/tmp first),
#   - nobody else at work in it,
#   - build/root refreshed.
set -euo pipefail
cd "$(dirname "$0")/../.."
test/lib/deps.sh
source test/lib/env.sh

if ! as_user test -x "$TOP/test/check.sh" -a -r "$TOP/META.json" 2>/dev/null; then
  copy=/var/tmp/pg_tenancy.$(id -u).$(printf %s "$TOP" | cksum | cut -d ' ' -f 1)
  mkdir -p "$copy"
  [ -O "$copy" ] && [ ! -L "$copy" ] || { echo "$copy belongs to somebody else" >&2; exit 1; }
  echo "user $TEST_USER cannot read $TOP: running in $copy"
  find "$copy" -mindepth 1 -maxdepth 1 ! -name build -exec rm -rf {} +
  tar -C "$TOP" --exclude=./build --exclude=./.git -cf - . | tar -C "$copy" --no-same-owner -xf -
  chmod -R a+rX "$copy"
  exec "$copy/test/lib/run.sh" "$@"
fi

# Servers and their clients may live on in the background: they must not inherit the lock.
mkdir -p "$BUILD"
exec 9>"$BUILD/lock"
flock -n 9 || { echo "another run is at work in $TOP; waiting for its end"; flock 9; }
test/lib/private_root.sh 9>&-
status=0
"$@" 9>&- || status=$?
exit "$status"
