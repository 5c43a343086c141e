#!/usr/bin/env bash
# Unit tests of src/core: GoogleTest under ASan and UBSan, as TAP.
source "$(dirname "$0")/../lib/env.sh"
cd "$TOP"
make -s -j2 -f test/unit/unit.mk >&2
"$BUILD/unit/unit_tests" "$@" | awk -f test/lib/gtest_tap.awk
