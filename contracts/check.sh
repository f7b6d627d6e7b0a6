#!/usr/bin/env bash
# Everything about the contracts that takes longer than `dotnet test` should: solhint, 10,000 fuzz runs, coverage of at
# least 95 % of lines and branches, proofs of the state machines (needs z3), hardhat's node. Every part runs, whatever
# became of the others; fails when one failed. `check.sh lint coverage` runs these parts alone. Three quarters of an hour.
set -uo pipefail
cd "$(dirname "$0")"
forge=node_modules/@foundry-rs/forge-linux-amd64/bin/forge
[ -x "$forge" ] || npm ci --no-audit --no-fund || exit 3
export FORGE_SNAPSHOT_EMIT=false
mkdir -p out

lint() {
  [ -x tools/lint/node_modules/.bin/solhint ] || npm ci --prefix tools/lint --ignore-scripts --no-audit --no-fund || return
  tools/lint/node_modules/.bin/solhint --noPoster --max-warnings 0 "src/**/*.sol"
}

coverage() {
  "$forge" coverage --no-match-coverage "test/" --no-match-contract "GasTest|Invariants" --fuzz-runs 16 > out/coverage.txt ||
    { cat out/coverage.txt; return 1; }
  grep '^| Total' out/coverage.txt
  # columns: lines, statements, branches, functions
  awk -F'|' '/^\| Total/ { seen = 1; if ($3 + 0 < 95 || $5 + 0 < 95) { print "coverage is below 95 %"; exit 1 } }
    END { if (!seen) exit 1 }' out/coverage.txt
}

hardhat() { MEDLEDGER_HARDHAT=1 dotnet test ../tests/Consent.Tests --filter HardhatTests; }

fuzz() { FOUNDRY_PROFILE=full "$forge" test; }

formal() { node tools/prove.mjs; }

failed=()
for part in ${*:-lint coverage hardhat fuzz formal}; do
  echo "== $part"
  "$part" || failed+=("$part")
done
[ ${#failed[@]} -eq 0 ] || { echo "failed: ${failed[*]}"; exit 1; }
