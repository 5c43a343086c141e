# Sourced by every script under test/: where things are, and who runs servers.
#
#   TOP         the checkout
#   BUILD       everything the tests make (build/)
#   ROOT        a private copy of PostgreSQL's tree with the extension installed into it
#   BIN         the private server's programs
#   TEST_USER   the unprivileged user that servers and their clients run as
#   as_user     runs a command as that user
set -euo pipefail
umask 022        # the test user reads what root makes
export LC_ALL=C.UTF-8

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
BUILD=$TOP/build
PG_CONFIG=${PG_CONFIG:-pg_config}
PG_LIB=$("$PG_CONFIG" --bindir)   # /usr/lib/postgresql/15/bin on Debian
ROOT=$BUILD/root
BIN=$ROOT$PG_LIB
PKGLIBDIR=$ROOT$("$PG_CONFIG" --pkglibdir)
SHAREDIR=$ROOT$("$PG_CONFIG" --sharedir)

# PostgreSQL refuses to run as root.
if [ "$(id -u)" = 0 ]; then
  TEST_USER=postgres
  as_user() { runuser -u "$TEST_USER" -- "$@"; }
else
  TEST_USER=$(id -un)
  as_user() { "$@"; }
fi

# A directory that the test user owns. The sticky /tmp is where socket paths are short enough.
user_dir() {
  local dir=$1
  mkdir -p "$dir"
  if [ "$(id -u)" = 0 ]; then chown "$TEST_USER" "$dir"; fi
}
