#!/bin/bash
# Runs the end-to-end tests: installs what they meet, builds the program where its sources are newer, runs them one
# file after another, and says how many passed. `--full` adds the matrices. Other arguments go to vitest, as in
# `run.sh registry` for one file. Everything but the peers lies in a folder of this run, which is removed at the end
# (PYC_E2E_KEEP=1 keeps it).
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
home=${PYC_E2E_HOME:-/var/tmp/pycontainer-e2e}

full=
if [ "${1:-}" = --full ]; then
  full=--full
  shift
fi

export PYC_E2E_PEERS=$home/peers
# shellcheck disable=SC2086
"$here/install-peers.sh" $full
export PYC_E2E_WORK=$home/run.$$
rm -rf "$PYC_E2E_WORK"
mkdir -p "$PYC_E2E_WORK"

finish() {
  # What a killed test left mounted would be emptied, and not only unlisted, by what follows.
  awk -v below="$PYC_E2E_WORK/" 'index($2, below) == 1 { print $2 }' /proc/self/mounts | sort -r | while read -r point; do
    umount "$point"
  done
  if [ -n "${PYC_E2E_KEEP:-}" ]; then
    echo "kept: $PYC_E2E_WORK"
  else
    chmod -R u+w "$PYC_E2E_WORK" && rm -rf --one-file-system "$PYC_E2E_WORK"
  fi
}
trap finish EXIT

cd "$root"
[ -d node_modules ] || npm install
if [ ! -f dist/cli.js ] || [ -n "$(find core plugins presets scripts package.json -newer dist/cli.js -print -quit)" ]; then
  npm run build
fi

results=${PYC_E2E_RESULTS:-$PYC_E2E_WORK/results.json}
status=0
PYC_E2E_FULL=${full:+1} npx vitest run --config test/e2e/vitest.config.ts \
  --reporter=verbose --reporter=json --outputFile.json="$results" "$@" || status=$?
node "$here/count.mjs" "$results" || status=$?
exit "$status"
