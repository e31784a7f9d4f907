#!/bin/sh
# Builds the JavaScript policies into components with componentize-qjs, which is installed into
# node_modules beside this file. guests/build.sh calls this.
#
# Two builds of one source differ in their bytes (the interpreter's state is part of the component), so
# a component is rebuilt only when what it is made of has changed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
wit=$here/../../wit/v0.1
target=$here/../target
modules=$here/node_modules
policies=$target/components/policies

fail() { echo "build: js: $*" >&2; exit 1; }

install() {
  ! cmp -s "$here/package-lock.json" "$modules/.installed" || return 0
  command -v node > /dev/null && command -v npm > /dev/null || fail "node and npm were not found: install Node.js 18 or later"
  echo "build: js: installing componentize-qjs" >&2
  # Not `npm ci`: the lock file lacks those systems for which this version was never published, and `ci` insists on them.
  (cd "$here" && npm install --no-save --loglevel=error --no-audit --no-fund > /dev/null) ||
    fail "componentize-qjs could not be installed"
  cp "$here/package-lock.json" "$modules/.installed"
}

# `build FOLDER COMPONENT`: FOLDER/policy.js exports `manifest` and `postAuth`.
build() {
  component=$policies/$2.wasm
  stamp=$target/$2.inputs
  inputs=$(cd "$here" && find build.sh package-lock.json "$1" "$wit" -type f ! -name '*.md' \
    -exec sha256sum {} + | sort -k 2 | sha256sum)
  [ "$inputs" != "$(cat "$stamp" 2> /dev/null)" ] || [ ! -f "$component" ] || return 0
  install
  mkdir -p "$policies"
  # --stub-wasi: the engine's own WASI imports are cut off, so that only the contract's are left.
  output=$("$modules/.bin/componentize-qjs" --wit "$wit" --world policy --js "$here/$1/policy.js" --sync --stub-wasi \
    --output "$component.new" 2>&1) || fail "$output"
  mv "$component.new" "$component"
  echo "$inputs" > "$stamp"
  echo "build: target/components/policies/$2.wasm" >&2
}

mkdir -p "$target"
exec 9> "$target/js.lock"
! command -v flock > /dev/null || flock 9
build known-device known-device-js
