# Mistakes that the compiler refuses, each for the reason given.
refuses_to_compile() { # NAME FILE REASON
  local output passed=0
  if ! output=$(make -s -f "$HERE/Makefile" refused FILE="$HERE/$2" 2>&1) &&
    grep -qF -- "$3" <<<"$output"; then passed=1; fi
  report "$1" "$passed" "$output"
}
refuses_to_compile 'call() refuses to capture an object by value' refused_capture.cpp \
  'capture by reference: siglongjmp skips destructors'
refuses_to_compile 'call() refuses to return an object' refused_result.cpp 'return plain data'
refuses_to_compile 'core headers refuse postgres.h' refused_core.cpp 'src/core must not see postgres.h'
if output=$(make -s -f "$HERE/Makefile" refused FILE="$HERE/probe_attempt.cpp" 2>&1); then passed=1; else passed=0; fi
report 'control: the probe itself compiles in the same way' "$passed" "$output"
