#!/usr/bin/env bash
# Phase 2 of the trusted setup, once per circuit version: two contributions and a beacon over the prepared powers of
# tau. The entropy of the contributions goes from the system's generator straight into snarkjs and is kept nowhere.
# Everything up to the final key is removed. Usage: setup.sh PREPARED.ptau OUTPUT-FOLDER "label of the beacon"
set -euo pipefail
cd "$(dirname "$0")"
powers=$(realpath "$1")
output=$(realpath -m "$2")
label=$3
snarkjs="node node_modules/snarkjs/build/cli.cjs"
plain() { sed 's/\x1b\[[0-9;]*m//g'; }

mkdir -p "$output"
work=$(mktemp -d "$output/.setup-XXXXXX")
trap 'rm -rf "$work"' EXIT
chmod 700 "$work"

$snarkjs groth16 setup build/analysis_policy.r1cs "$powers" "$work/0.zkey" | plain
for number in 1 2; do
  head -c 64 /dev/urandom | base64 -w0 | { cat; echo; } | $snarkjs zkey contribute "$work/$((number - 1)).zkey" "$work/$number.zkey" \
    --name="MedLedger setup, contribution $number" | plain | tee "$work/contribution-$number.txt"
  rm -f "$work/$((number - 1)).zkey"
done

# The beacon follows from the second contribution, so that it could not be known before it. It is not public
# randomness: see README.md.
contribution=$(grep -A4 'Contribution Hash' "$work/contribution-2.txt" | tail -4 | tr -d ' \t\n')
[ ${#contribution} = 128 ] || { echo 'no hash of the second contribution' >&2; exit 1; }
beacon=$(printf '%s %s' "$label" "$contribution" | sha256sum | cut -d' ' -f1)
$snarkjs zkey beacon "$work/2.zkey" "$output/analysis_policy.zkey" "$beacon" 10 --name="MedLedger phase 2 beacon" | plain
$snarkjs zkey export verificationkey "$output/analysis_policy.zkey" "$output/verification_key.json" | plain
$snarkjs zkey verify build/analysis_policy.r1cs "$powers" "$output/analysis_policy.zkey" | plain \
  | tee "$output/phase2_transcript.txt"
grep -q 'ZKey Ok!' "$output/phase2_transcript.txt"
echo "beacon: SHA-256 of '$label $contribution' = $beacon, 2^10 iterations"
