#!/usr/bin/env bash
# Everything about the contracts that takes longer than `dotnet test` should: 10,000 fuzz runs, coverage of at least
# 95 % of lines and branches, proofs of the state machines (needs z3), solhint. About half an hour on two cores.
set -euo pipefail
cd "$(dirname "$0")"
forge=node_modules/@foundry-rs/forge-linux-amd64/bin/forge
[ -x "$forge" ] || npm ci --no-audit --no-fund
export FORGE_SNAPSHOT_EMIT=false

echo "== solhint"
npm exec --yes --package=solhint@6.2.4 -- solhint --noPoster --max-warnings 0 "src/**/*.sol"

echo "== formal"
node tools/prove.mjs

echo "== coverage"
"$forge" coverage --no-match-coverage "test/" --no-match-contract "GasTest|Invariants" --fuzz-runs 16 | tee out/coverage.txt |
  grep '^| Total'
awk -F'|' '/^\| Total/ { if ($3 + 0 < 95 || $5 + 0 < 95) { print "coverage is below 95 %"; exit 1 } }' out/coverage.txt

echo "== forge test, 10,000 fuzz runs"
FOUNDRY_PROFILE=full "$forge" test
