#!/usr/bin/env bash
# Makes or refreshes build/root: a private copy of PostgreSQL with the extension installed into it,
# so that no test touches the system's own server.
source "$(dirname "$0")/env.sh"

mkdir -p "$ROOT"
for dir in "$(dirname "$PG_LIB")" "$("$PG_CONFIG" --sharedir)"; do
  copied=$ROOT$dir/.copied
  if [ ! -e "$copied" ] || [ -n "$(find "$dir" -newer "$copied" -print -quit)" ]; then
    mkdir -p "$ROOT$dir"
    touch "$BUILD/copying"
    cp -a "$dir/." "$ROOT$dir/"
    mv "$BUILD/copying" "$copied" # as old as the beginning of the copy
  fi
done
quietly() { # LOG COMMAND...
  local log=$1
  shift
  "$@" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
}
make -q -C "$TOP" -f pgxs.mk all PG_CONFIG="$PG_CONFIG" >"$BUILD/make.log" 2>&1 ||
  echo "building pg_tenancy (minutes the first time; build/make.log)"
quietly "$BUILD/make.log" make -s -C "$TOP" -j2 -f pgxs.mk all PG_CONFIG="$PG_CONFIG"
quietly "$BUILD/install.log" make -s -C "$TOP" -f pgxs.mk install DESTDIR="$ROOT" PG_CONFIG="$PG_CONFIG"
