#!/usr/bin/env bash
# libFuzzer: every target over its corpus and what mutation makes of it. Prints TAP.
#
#   test/fuzz/suite.sh            every target, 20 seconds each (FUZZ_SECONDS says otherwise)
#   test/fuzz/suite.sh jws jwt    these only
#
# test/fuzz/corpus/NAME is kept and only read; new inputs go to build/fuzz/corpus/NAME, what broke a
# property to build/fuzz/broken. To keep what is new: build/fuzz/NAME -merge=1 OLD NEW.
source "$(dirname "$0")/../lib/env.sh"
source "$(dirname "$0")/../lib/tap.sh"
cd "$TOP"

WORK=$BUILD/fuzz
TARGETS=("$@")
if [ $# = 0 ]; then
  mapfile -t TARGETS < <(basename -s .cpp -a test/fuzz/*.cpp | grep -vx control)
fi
make -s -j2 -f test/fuzz/fuzz.mk >&2
rm -rf "$WORK/broken"
mkdir -p "$WORK/broken" "$WORK/log"

run() { # run NAME: the same seed each time, so that a machine as fast finds the same
  mkdir -p "$WORK/corpus/$1"
  timeout -k 5 $((${FUZZ_SECONDS:-20} + 60)) "$WORK/$1" -seed=1 \
    -max_total_time="${FUZZ_SECONDS:-20}" -timeout=10 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$WORK/broken/$1-" "$WORK/corpus/$1" "test/fuzz/corpus/$1" \
    >"$WORK/log/$1" 2>&1
}
result() { # result NAME: the end of its log, and whether it ended well
  tail -n 30 "$WORK/log/$1"
  [ -e "$WORK/log/$1.passed" ]
}

for target in "${TARGETS[@]}"; do
  rm -f "$WORK/log/$target.passed"
  while [ "$(jobs -pr | wc -l)" -ge 2 ]; do wait -n || true; done
  { if run "$target"; then touch "$WORK/log/$target.passed"; fi; } &
done
wait
for target in "${TARGETS[@]}"; do
  inputs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$WORK/log/$target")
  expect "$target: no input of ${inputs:-0} breaks a property" result "$target"
done

broken_property() { # the control finds its input, and for that reason only
  ! run control && grep -q 'broken property' "$WORK/log/control"
}
rm -rf "$WORK/corpus/control"
expect 'control: a property that does not hold is reported' broken_property
finish
