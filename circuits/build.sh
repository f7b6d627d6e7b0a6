#!/usr/bin/env bash
# Compiles src/analysis_policy.circom with circom2 --O2 into build/: r1cs, witness wasm, symbols. The output is
# reproducible: `build.sh --check` compares it with the hashes in manifest.json.
set -euo pipefail
cd "$(dirname "$0")"

[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund
mkdir -p build
node node_modules/circom2/cli.js src/analysis_policy.circom --r1cs --wasm --sym --O2 -l node_modules -o build
mv -f build/analysis_policy_js/analysis_policy.wasm build/analysis_policy.wasm
rm -rf build/analysis_policy_js

(cd build && sha256sum analysis_policy.r1cs analysis_policy.wasm)
if [ "${1:-}" = --check ]; then
  for file in analysis_policy.r1cs analysis_policy.wasm; do
    hash=$(sha256sum "build/$file" | cut -d' ' -f1)
    grep -q "\"$hash\"" manifest.json || { echo "build/$file differs from manifest.json" >&2; exit 1; }
  done
  echo "build/ equals manifest.json"
fi
