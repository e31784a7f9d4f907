#!/bin/sh
# Makes sure of the servers that the tests start: installs what is missing on Debian as root, says what is missing elsewhere.
set -eu
missing=
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || missing="$missing postgresql"
command -v slapd >/dev/null || [ -x /usr/sbin/slapd ] || missing="$missing slapd"
command -v freeradius >/dev/null || [ -x /usr/sbin/freeradius ] || missing="$missing freeradius"
command -v openssl >/dev/null || missing="$missing openssl"
command -v minisign >/dev/null || missing="$missing minisign"
[ -n "$missing" ] || exit 0
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
  echo "installing$missing for the tests"
  export DEBIAN_FRONTEND=noninteractive
  # shellcheck disable=SC2086
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends $missing; } >/dev/null
else
  echo "the tests need these Debian packages:$missing; install them, or run \`make test-quick\`" >&2
  exit 1
fi
