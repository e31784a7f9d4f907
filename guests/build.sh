#!/bin/sh
# Builds the guests into components:
#
#     guests/build.sh [rust|python|js|all]     (all, unless told otherwise)
#
# Rust packages of policies/ and probes/ end up as target/components/<policies|probes>/<package>.wasm,
# rewritten only where their bytes changed, so that whoever watches these files sees real changes alone.
# A package is built for wasm32-unknown-unknown unless its Cargo.toml says
# `[package.metadata.vestibule]`, `target = "wasm32-wasip2"`. Other languages have a build.sh of their own;
# a probe written as text (probe.wat) needs no build.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
components=$here/target/components

# `field TABLE KEY MANIFEST`: the string under that key of that table, nothing where there is none.
field() {
  sed -n "/^\[$1\]/,/^\[[a-z]/s/^$2 *= *\"\(.*\)\".*/\1/p" "$3" | head -n 1
}

target_of() {
  target=$(field package.metadata.vestibule target "$1")
  echo "${target:-wasm32-unknown-unknown}"
}

collect() {
  [ -f "$1" ] || {
    echo "build: no component at \`$1\`: is its crate type cdylib?" >&2
    exit 1
  }
  cmp -s "$1" "$2" && return 0
  cp "$1" "$2.new"
  mv "$2.new" "$2"
  echo "build: ${2#"$here/"}" >&2
}

rust() {
  toolchain=$("$here/toolchain.sh")
  eval "$toolchain"
  cd "$here"
  mkdir -p "$components/policies" "$components/probes"
  for target in wasm32-unknown-unknown wasm32-wasip2; do
    packages=
    for manifest in policies/*/Cargo.toml probes/*/Cargo.toml; do
      if [ -f "$manifest" ] && [ "$(target_of "$manifest")" = $target ]; then
        packages="$packages --package $(field package name "$manifest")"
      fi
    done
    # shellcheck disable=SC2086
    [ -z "$packages" ] || "$CARGO" build --quiet --release --target $target $packages
  done
  for manifest in policies/*/Cargo.toml probes/*/Cargo.toml; do
    [ -f "$manifest" ] || continue
    package=$(field package name "$manifest")
    file=$(echo "$package" | tr - _).wasm
    collect "target/$(target_of "$manifest")/release/$file" "$components/${manifest%%/*}/$package.wasm"
  done
}

case ${1:-all} in
  rust) rust ;;
  python | js) "$here/$1/build.sh" ;;
  all)
    (rust)
    for language in python js; do
      [ ! -x "$here/$language/build.sh" ] || "$here/$language/build.sh"
    done
    ;;
  *)
    echo "usage: guests/build.sh [rust|python|js|all]" >&2
    exit 2
    ;;
esac
