#!/bin/sh
# Builds the Python policies into components with componentize-py, which is installed into a virtual
# environment under guests/target. guests/build.sh calls this.
#
# Two builds of one source differ in their bytes (the interpreter's state is part of the component), so
# a component is rebuilt only when what it is made of has changed.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
wit=$here/../../wit/v0.1
target=$here/../target
venv=$target/python-venv
policies=$target/components/policies

fail() { echo "build: python: $*" >&2; exit 1; }

install() {
  ! cmp -s "$here/requirements.txt" "$venv/requirements.txt" || return 0
  command -v python3 > /dev/null || fail "python3 was not found: install Python 3.10 or later"
  echo "build: python: installing componentize-py" >&2
  rm -rf "$venv"
  python3 -m venv "$venv" || fail "python3 cannot make a virtual environment: install its venv module (python3-venv)"
  "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt" ||
    fail "componentize-py could not be installed"
  cp "$here/requirements.txt" "$venv/requirements.txt"
}

# `build FOLDER COMPONENT`: FOLDER/policy.py has the class `WitWorld`.
build() {
  component=$policies/$2.wasm
  stamp=$target/$2.inputs
  work=$target/python/$1
  inputs=$(cd "$here" && find build.sh requirements.txt "$1" "$wit" -type f ! -name '*.pyc' ! -name '*.md' \
    -exec sha256sum {} + | sort -k 2 | sha256sum)
  [ "$inputs" != "$(cat "$stamp" 2> /dev/null)" ] || [ ! -f "$component" ] || return 0
  install
  mkdir -p "$policies"
  # From a copy: componentize-py leaves a __pycache__ beside what it reads.
  rm -rf "$work" && mkdir -p "$work" && cp "$here/$1"/*.py "$work"
  # Without --stub-wasi: Python's own clock, stderr and urandom reach the host, and a failure says why.
  RUST_BACKTRACE=0 "$venv/bin/componentize-py" --quiet --wit-path "$wit" --world policy \
    componentize --python-path "$work" --output "$component.new" policy
  mv "$component.new" "$component"
  echo "$inputs" > "$stamp"
  echo "build: target/components/policies/$2.wasm" >&2
}

mkdir -p "$target"
exec 9> "$target/python.lock"
! command -v flock > /dev/null || flock 9
build known_device known-device-py
