#!/bin/sh
# Finds or prepares a Rust toolchain that compiles guests to components, for wasm32-unknown-unknown
# and wasm32-wasip2, and prints the shell lines that select it:
#
#     env=$(guests/toolchain.sh) && eval "$env" && cd guests && "$CARGO" build --release
#
# The same lines are kept in `env` under guests/target/toolchain, or under $VESTIBULE_TOOLCHAIN, which
# lets several clones share one toolchain. Progress goes to stderr. Once ready, a call only prints.
# shellcheck disable=SC2015,SC2016,SC2086
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=${VESTIBULE_TOOLCHAIN:-$here/target/toolchain}
targets="wasm32-unknown-unknown wasm32-wasip2"
suite=trixie

have() { command -v "$1" > /dev/null; }
say() { echo "toolchain: $*" >&2; }
fail() { say "$*"; exit 1; }

# An outer cargo (a build script, `cargo test`) or make hands down its own compiler, flags, target
# directory and job server. None of them is meant for guests; where to find crates and toolchains is.
clean='for name in $(env | grep -oE "^(CARGO_|RUST)[A-Z0-9_]*="); do
  name=${name%=}
  case $name in
    CARGO_HOME|CARGO_HTTP_*|CARGO_NET_*|CARGO_REGISTR*|CARGO_SOURCE_*|CARGO_TERM_*|RUSTUP_HOME|RUSTUP_DIST_SERVER|RUST_BACKTRACE) ;;
    *) unset "$name" ;;
  esac
done
unset name MAKEFLAGS MFLAGS'
eval "$clean"

# `ready RUSTC`: both standard libraries are beside this compiler. No process is started.
ready() {
  [ -x "$1" ] || return 1
  for target in $targets; do [ -d "${1%/bin/rustc}/lib/rustlib/$target/lib" ] || return 1; done
}

# `keep CARGO RUSTC`: links one empty component for each target before anyone relies on the toolchain.
keep() {
  for target in $targets; do
    "$2" --crate-type cdylib --crate-name empty --target "$target" -C linker=wasm-component-ld \
      -o "$dir/empty.wasm" - < /dev/null || fail "\`$2\` cannot link a component for $target"
  done
  rm -f "$dir/empty.wasm"
  printf '%s\nexport CARGO="%s" RUSTC="%s"\n' "$clean" "$1" "$2" > "$dir/env.new"
  mv "$dir/env.new" "$dir/env"
  cat "$dir/env"
  exit 0
}

reuse() {
  [ -f "$dir/env" ] || return 0
  choice=$(sed -n 's/^export CARGO="\(.*\)" RUSTC="\(.*\)"$/\1|\2/p' "$dir/env")
  [ -x "${choice%|*}" ] && ready "${choice#*|}" || return 0
  cat "$dir/env"
  exit 0
}

# The usual way. An unreachable server can hang the call, and a failure is remembered for an hour.
add_targets() {
  have rustup || return 1
  log=$dir/rustup-failed
  [ -z "$(find "$log" -mmin -60 2> /dev/null)" ] || return 1
  say "asking rustup for $targets (60 s at most)"
  limit=$(! have timeout || echo timeout -k 5 60)
  RUST_BACKTRACE=0 RUSTUP_MAX_RETRIES=0 $limit rustup target add $targets > "$log" 2>&1 && rm "$log" && return 0
  say "rustup could not add them: $(grep -m 1 '^error' "$log" | cut -c 1-120 | grep . || echo 'no answer')"
  return 1
}

apt() { program=$1; shift; "$program" -c "$dir/apt/apt.conf" "$@"; }

# Debian's stable suite carries these standard libraries ready made, and a frozen suite keeps the one
# compiler (1.85) that reads them. Everything is unpacked under $dir: the system's packages and sources
# stay as they are, and root is not needed. The mirror is the one this machine already uses.
apt_root() {
  rm -rf "$dir/apt" "$dir/debian"
  mkdir -p "$dir/apt/lists/partial" "$dir/apt/cache/archives/partial"
  : > "$dir/apt/status"
  # The hooks that desktops and containers put around apt are about the system's lists and packages.
  cat > "$dir/apt/apt.conf" <<EOF
#clear APT::Update;
Dir::Etc::SourceList "$dir/apt/sources.list";
Dir::Etc::SourceParts "/dev/null";
Dir::State "$dir/apt";
Dir::State::status "$dir/apt/status";
Dir::Cache "$dir/apt/cache";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::IndexTargets::deb::DEP-11::DefaultEnabled "false";
Acquire::Retries "3";
EOF
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  option=; [ ! -f $keyring ] || option="[signed-by=$keyring] "
  for mirror in $(apt-get update --print-uris 2> /dev/null \
    | sed -n "s|^'\(.*\)/dists/[a-z]*/InRelease'.*|\1|p" | sort -u); do
    echo "deb $option$mirror $suite main" > "$dir/apt/sources.list"
    apt apt-get -qq update >&2 && apt apt-cache show libstd-rust-dev-wasm32 > /dev/null 2>&1 && return 0
  done
  return 1
}

unpack() {
  # rustc depends on a C compiler, which every Rust machine has: only its libraries are followed.
  packages="rustc libstd-rust-dev-wasm32 $(apt apt-cache depends -i --recurse libstd-rust-dev | grep '^[a-z]' | sort -u)"
  (cd "$dir/apt/cache/archives" && apt apt-get -qq download $packages >&2) || return 1
  for deb in "$dir"/apt/cache/archives/*.deb; do dpkg -x "$deb" "$dir/debian" || return 1; done
  rm -rf "$dir/apt" "$dir"/debian/usr/share "$dir"/debian/usr/lib/rustlib/wasm32-wasip1
}

# The unpacked compiler brings its own C library, newer than an older system's, so its own loader starts
# it; the programs it starts in turn see the system's. The linker comes from the installed toolchain.
wrap() {
  loader=$(echo "$dir"/debian/usr/lib/*/ld-linux-*.so.*)
  rustc=$dir/debian/usr/bin/rustc
  mv "$rustc" "$rustc-1.85"
  cat > "$rustc" <<EOF
#!/bin/sh
PATH="\$PATH:$tools:$tools/gcc-ld"
exec "$loader" --library-path "${loader%/*}" "$rustc-1.85" "\$@"
EOF
  chmod +x "$rustc"
}

reuse
mkdir -p "$dir" && dir=$(cd "$dir" && pwd)
exec 9> "$dir/lock"
! have flock || flock 9
reuse

cd "$here"
have rustc && have cargo || fail "no Rust compiler found: install rustup and its stable toolchain"
sysroot=$(rustc --print sysroot)
cargo=$sysroot/bin/cargo
[ -x "$cargo" ] || cargo=$(command -v cargo)
tools=$sysroot/lib/rustlib/$(rustc -vV | sed -n 's/^host: //p')/bin

if ready "$sysroot/bin/rustc" || add_targets; then keep "$cargo" "$sysroot/bin/rustc"; fi

missing="no standard library for $targets: run \`rustup target add $targets\` with rustup's stable toolchain"
[ -x "$tools/wasm-component-ld" ] || fail "$missing"
have apt-get && have dpkg || fail "$missing (this is not a Debian system to take it from)"
say "unpacking Debian's Rust 1.85 into $dir (190 MB to fetch, once)"
apt_root || fail "$missing (none of the mirrors in apt's sources offers Debian $suite)"
unpack || fail "$missing (Debian's packages could not be fetched or unpacked)"
wrap
keep "$cargo" "$dir/debian/usr/bin/rustc"
