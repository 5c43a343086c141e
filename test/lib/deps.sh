#!/usr/bin/env bash
# Installs what building and testing need, or says exactly what to install.
#
# The list is Debian 12's, complete for a machine that has nothing but its base system. Server and
# headers go together: a server older than its headers does not load what was built with them.
set -euo pipefail

PACKAGES=(
  make g++ postgresql-15 postgresql-server-dev-15 libssl-dev libsimdjson-dev         # build
  clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 libgtest-dev libgmock-dev # unit, fuzz, style
  perl postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl libipc-run-perl     # SQL and cluster tests
  pgbouncer openssl sqlsmith
  python3 python3-venv ca-certificates jq xz-utils git                                # clients
  chromium                                                                            # the report, opened
  valgrind                                                                            # bench
  debootstrap                                                                         # matrix
)
if ! command -v dpkg-query >/dev/null; then
  echo "This is no Debian: install what corresponds to ${PACKAGES[*]}" >&2
  exit 0
fi
missing=()
for package in "${PACKAGES[@]}"; do
  dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed' ||
    missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

by_hand="apt-get update && apt-get install --no-install-recommends ${missing[*]}"
if [ "$(id -u)" != 0 ]; then
  printf 'Missing packages. As root:\n  %s\n' "$by_hand" >&2
  exit 1
fi
echo "installing ${missing[*]}"
export DEBIAN_FRONTEND=noninteractive
# Debian's package would make and start a server of its own; on a machine without one it must not.
if ! dpkg-query -W -f '${Status}\n' postgresql-common 2>/dev/null | grep -q '^install ok installed' &&
  [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  mkdir -p /etc/postgresql-common
  echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  echo "(/etc/postgresql-common/createcluster.conf: no server is made when PostgreSQL is installed)"
fi
log=$(mktemp)
trap 'rm -f "$log"' EXIT
run() { # Quiet, unless it fails.
  "$@" >"$log" 2>&1 </dev/null && return
  cat "$log" >&2
  printf '%s failed. When its cause is mended, as root:\n  %s\n' "$1 $2" "$by_hand" >&2
  exit 1
}
run apt-get update -q
run apt-get install -q -y --no-install-recommends "${missing[@]}" postgresql-15 postgresql-server-dev-15
