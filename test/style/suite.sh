#!/usr/bin/env bash
# What a reader may rely on in every file, and what the catalogs must say. Prints TAP.
#
#   test/style/suite.sh [text] [catalog] [cpp]     these parts only; cpp takes minutes
source "$(dirname "$0")/../lib/server.sh"
source "$(dirname "$0")/../lib/tap.sh"

HERE=$TOP/test/style
WORK=$BUILD/style
mkdir -p "$WORK"
cd "$TOP"
# Every file of the project: what is neither built nor installed.
mapfile -t FILES < <(find . -type f -not -path './build/*' -not -path './.git/*' -not -path './.git' \
  -not -path '*/node_modules/*' -not -path '*/__pycache__/*' -not -path './results/*' \
  -not -path './output_iso/*' -not -path './tmp_check/*' \
  -not -name '*.o' -not -name '*.d' -not -name '*.so' | sed 's|^\./||' | sort)
files() { printf '%s\n' "${FILES[@]}" | grep -E -- "$1"; } # files PATTERN

PARTS=("$@")
if [ $# = 0 ]; then PARTS=(text catalog cpp); fi
for part in "${PARTS[@]}"; do source "$HERE/cases_$part.sh"; done
finish
