#!/usr/bin/env bash
# Rebuilds the prepared powers of tau, which are too large to keep, from the committed transcript of phase 1
# (artifacts/powers_of_tau_16.ptau): verifies it, then prepares it for phase 2. About half an hour on two cores.
# Usage: rebuild-powers.sh [output], by default build/powers_of_tau_16_prepared.ptau
set -euo pipefail
cd "$(dirname "$0")"

[ -d node_modules ] || npm ci --ignore-scripts --no-audit --no-fund
mkdir -p build
output=${1:-build/powers_of_tau_16_prepared.ptau}
snarkjs="node node_modules/snarkjs/build/cli.cjs"
$snarkjs powersoftau verify artifacts/powers_of_tau_16.ptau
$snarkjs powersoftau prepare phase2 artifacts/powers_of_tau_16.ptau "$output"
sha256sum "$output"
