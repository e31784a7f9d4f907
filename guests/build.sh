#!/bin/sh
# Builds the guests into components:
#
#     guests/build.sh [rust|python|js|all]     (all, unless told otherwise)
#
# Packages of policies/ end up as target/components/policies/<package>.wasm, examples of the packages in probes/ and scripted/ as
# target/components/probes/<example>.wasm and .../scripted/<example>.wasm, and probes written as text beside them as <probe>.wat. The
# examples <policy>-module of modules/ are no components: they end up as target/modules/<policy>.wasm. Files are rewritten only where
# their bytes changed, so that whoever watches them sees real changes alone.
# A package is built for wasm32-unknown-unknown unless its Cargo.toml says
# `[package.metadata.vestibule]`, `target = "wasm32-wasip2"`. Other languages have a build.sh of their own.
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
  mkdir -p "$components/policies" "$components/probes" "$components/scripted"
  for target in wasm32-unknown-unknown wasm32-wasip2; do
    packages=
    for manifest in policies/*/Cargo.toml; do
      if [ -f "$manifest" ] && [ "$(target_of "$manifest")" = $target ]; then
        packages="$packages --package $(field package name "$manifest")"
      fi
    done
    # shellcheck disable=SC2086
    [ -z "$packages" ] || "$CARGO" build --quiet --release --target $target $packages
  done
  for manifest in policies/*/Cargo.toml; do
    [ -f "$manifest" ] || continue
    package=$(field package name "$manifest")
    file=$(echo "$package" | tr - _).wasm
    collect "target/$(target_of "$manifest")/release/$file" "$components/policies/$package.wasm"
  done
  for manifest in probes/Cargo.toml probes/*/Cargo.toml; do
    examples "$manifest" probes
  done
  examples scripted/Cargo.toml scripted
  modules
  assembled_probes
}

# `examples MANIFEST FOLDER`
examples() {
  target=$(target_of "$1")
  "$CARGO" build --quiet --release --target "$target" --package "$(field package name "$1")" --examples
  for example in $(sed -n 's/^path = ".*src\/\([a-z0-9_]*\)\.rs"$/\1/p' "$1"); do
    collect "target/$target/release/examples/$example.wasm" "$components/$2/$(echo "$example" | tr _ -).wasm"
  done
}

modules() {
  mkdir -p target/modules
  "$CARGO" build --quiet --release --package vestibule-modules --examples
  for policy in $(sed -n 's/^name = "\(.*\)-module"$/\1/p' modules/Cargo.toml); do
    file=$(echo "$policy" | tr - _)_module.wasm
    collect "target/wasm32-unknown-unknown/release/examples/$file" "target/modules/$policy.wasm"
  done
}

assembled_probes() {
  assembled=$(mktemp)
  for text in probes/wat/*.wat; do
    if grep -q '^(core module \$policy' "$text"; then
      sed -e "/^  ;; (the probe)/{r $text" -e 'd}' probes/wat/common/policy.wat > "$assembled"
    else
      cat "$text" > "$assembled"
    fi
    collect "$assembled" "$components/probes/${text##*/}"
  done
  rm "$assembled"
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
