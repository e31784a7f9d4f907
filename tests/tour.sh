#!/bin/sh
# Shows policies deciding on logins: four that people run, four that misbehave, then one at a door of its own. `make run` builds what
# it needs.
set -eu
cd "$(dirname "$0")/.."

vestibule=${VESTIBULE:-${CARGO_TARGET_DIR:-target}/release/vestibule}
policies=guests/target/components/policies
probes=guests/target/components/probes

# `show WHAT ARGUMENTS...`: says what is tried, tries it, and goes on whatever the policy answers; anything else ends the tour.
show() {
  printf '\n\n%s\n\n$ vestibule' "$1"
  shift
  printf ' %s' "$@"
  printf '\n'
  status=0
  "$vestibule" "$@" || status=$?
  case $status in 0 | 1 | 3 | 5) ;; *) exit "$status" ;; esac
}

show 'What is this policy, and what can it do?' \
  inspect $policies/known-device.wasm
show 'Joe comes from his laptop, which is registered.' \
  try $policies/known-device.wasm --login tests/logins/laptop.json
show 'Joe'"'"'s client is too old.' \
  try $policies/app-versions.wasm --login tests/logins/laptop.json --config tests/tour/app-versions.json
show 'The directory says which group Jane is in.' \
  try $policies/group-map.wasm --login tests/logins/ldap.json --config tests/tour/group-map.json --directory tests/tour/directory.json
show 'Ann has to give a one-time code.' \
  try $policies/one-time-code.wasm --login tests/tour/with-a-secret.json
show 'A policy that loops forever.' \
  try $probes/loops-forever.wasm --login tests/logins/laptop.json
show 'A policy that takes all the memory it can get.' \
  try $probes/allocates-until-refused.wasm --login tests/logins/laptop.json
show 'A policy that calls home.' \
  try $probes/uses-sockets.wasm --login tests/logins/laptop.json
show 'A policy that makes Ann an administrator.' \
  try $probes/sets-ungranted-superuser.wasm --login tests/tour/with-a-secret.json

data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT
export VESTIBULE_DATA="$data"
printf 'correct horse\n' > "$data/password"
show 'Alice is given a password.' user passwd alice --pass-file "$data/password"
show 'A policy guards the door.' policy put $policies/known-device.wasm --grant-wanted --activate
show 'Alice logs in: her first device is registered.' \
  authcli -u alice --pass-file "$data/password" --hw-addr 00:00:5e:00:53:01
show 'Somebody else has her password, but not her device.' \
  authcli -u alice --pass-file "$data/password" --hw-addr 00:00:5e:00:53:02
show 'What was decided.' decisions tail

printf '\n\nFour policies decided. Four misbehaved, and each of them kept one user out and did nothing else.\n'
