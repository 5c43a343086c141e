#!/usr/bin/env bash
# Installs what building and testing need, or says exactly what to install.
#
# The list is Debian 12's. Server and headers go together: a server older than its headers does
# not load what was built with them.
set -euo pipefail

PACKAGES=(
  make g++ postgresql-15 postgresql-server-dev-15 libssl-dev libsimdjson-dev         # build
  clang-14 libclang-rt-14-dev clang-format-14 clang-tidy-14 libgtest-dev libgmock-dev # unit, fuzz, style
  postgresql-15-pgtap libtap-parser-sourcehandler-pgtap-perl libipc-run-perl pgbouncer # SQL and cluster tests
  python3 python3-venv jq xz-utils git valgrind                                       # clients, bench
)
missing=()
for package in "${PACKAGES[@]}"; do
  dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' ||
    missing+=("$package")
done
if [ ${#missing[@]} -gt 0 ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "Missing packages. As root: apt-get update && apt-get install ${missing[*]}" >&2
    exit 1
  fi
  echo "installing ${missing[*]}"
  export DEBIAN_FRONTEND=noninteractive
  # Debian's package would make and start a server of its own.
  mkdir -p /etc/postgresql-common
  [ -e /etc/postgresql-common/createcluster.conf ] ||
    echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf
  apt-get update -q >/dev/null
  apt-get install -q -y --no-install-recommends "${missing[@]}" postgresql-15 \
    postgresql-server-dev-15 >/dev/null
fi
