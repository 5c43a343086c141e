# Python and the Python clients, for the suites that need them. Source it, then:
#
#   need_python   sets PYTHON to that of a private virtual environment in build/clients/python
#   need_py       the above, and the packages of test/clients/python/requirements.txt in it
#
# What is installed stays there and is used without network from then on.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

PYTHON=$BUILD/clients/python/bin/python

need_python() {
  "$PYTHON" -m pip --version >/dev/null 2>&1 && return
  local system
  for system in python3 /usr/bin/python3; do # a python3 of PATH may lack venv; Debian's has it
    "$system" -m venv --clear "$BUILD/clients/python" >/dev/null 2>&1 && return
  done
  echo "no virtual environment could be made: install python3-venv" >&2
  return 1
}

need_py() {
  local pins=$TOP/test/clients/python/requirements.txt
  mkdir -p "$BUILD/clients"
  { # the suites that come here may run side by side
    flock 8
    need_python
    if ! cmp -s "$pins" "$BUILD/clients/python/installed.txt"; then
      "$PYTHON" -m pip install --quiet --require-hashes --only-binary :all: -r "$pins" >&2
      cp "$pins" "$BUILD/clients/python/installed.txt"
    fi
  } 8>"$BUILD/clients/lock"
}
