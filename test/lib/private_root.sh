#!/usr/bin/env bash
# Makes or refreshes build/root: a private copy of PostgreSQL with the extension installed into it,
# so that no test touches the system's own server.
source "$(dirname "$0")/env.sh"

mkdir -p "$ROOT"
for dir in "$(dirname "$PG_LIB")" "$("$PG_CONFIG" --sharedir)"; do
  if [ ! -e "$ROOT$dir/.copied" ] || [ "$dir" -nt "$ROOT$dir/.copied" ]; then
    mkdir -p "$ROOT$dir"
    cp -a "$dir/." "$ROOT$dir/"
    touch "$ROOT$dir/.copied"
  fi
done
make -s -C "$TOP" -j2 -f pgxs.mk all >"$BUILD/make.log" 2>&1 ||
  { cat "$BUILD/make.log" >&2; exit 1; }
make -s -C "$TOP" -f pgxs.mk install DESTDIR="$ROOT" PG_CONFIG="$PG_CONFIG" >"$BUILD/install.log" 2>&1 ||
  { cat "$BUILD/install.log" >&2; exit 1; }
