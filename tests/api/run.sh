#!/bin/sh
# Lets schemathesis ask a running host everything that the API's document allows: no answer may be one that the document does not
# name, and none may be the host's own fault. `run.sh [EXAMPLES]` asks so many of each operation.
set -eu
cd "$(dirname "$0")/../.."
version=4.32.5
tools=target/schemathesis
[ -x "$tools/bin/schemathesis" ] || {
  python3 -m venv "$tools"
  "$tools/bin/pip" install --quiet --disable-pip-version-check "schemathesis==$version"
}
vestibule=${VESTIBULE:-${CARGO_TARGET_DIR:-target}/debug/vestibule-under-test}
[ -x "$vestibule" ] || { echo "there is no $vestibule: run \`cargo test\` first" >&2; exit 1; }
data=$(mktemp -d)
server=
trap '[ -z "$server" ] || kill "$server"; wait; rm -rf "$data"' EXIT
mkfifo "$data/said"
export VESTIBULE_LOG=warn
"$vestibule" serve --data "$data" --listen tcp:127.0.0.1:0 --listen unix:http.sock > "$data/said" &
server=$!
# The Unix socket is named last.
while read -r word _ place; do
  case "$word $place" in
    "listening unix:"*) break ;;
    "listening "*) address=$place ;;
  esac
done < "$data/said"
ask() { "$vestibule" "$@" --server "unix:$data/http.sock" > "$data/answer"; }
ask policy put guests/target/components/policies/known-device.wasm --grant-wanted --activate
ask tenant put acme
ask user prop put alice prop_lzo=true
ask group prop put staff prop_lzo=true
ask token create examiner --operator --scope decide --scope read --scope manage
token=$(cat "$data/answer")
# Followers are not asked: their answers do not end. The operator's tokens are not either: one of them is the examiner's own.
"$tools/bin/schemathesis" --config-file tests/api/schemathesis.toml run "http://$address/v1/openapi.json" \
  --header "Authorization: Bearer $token" --exclude-path-regex '(stream|^/v1/tokens/\{name\})$' \
  --max-examples "${1:-20}" --warnings off --no-color
# A host that is still itself answers to the token.
ask token list --operator
grep -q examiner "$data/answer"
