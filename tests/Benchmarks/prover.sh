#!/usr/bin/env bash
# Compares `medledger prove` with snarkjs: same key, same witness, a cold process for each, alternately; and a proof in a
# process with the key loaded, as a server makes it.
# Chains of Poseidon(2), whose witnesses are dense. Keys are made with known secrets: for measuring only.
# usage: tests/Benchmarks/prover.sh [ROUNDS]     (prints a Markdown table of medians)
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-5}
root=$PWD
modules=$root/circuits/node_modules
[ -d "$modules/snarkjs" ] || (cd circuits && npm ci --ignore-scripts --no-audit --no-fund)
dotnet build -c Release Api -v q --nologo > /dev/null
dotnet build -c Release tests/Benchmarks -v q --nologo > /dev/null
benchmarks=$(find "$root/artifacts" "$root/tests/artifacts" -path '*bin/Benchmarks/release/Benchmarks.dll' 2> /dev/null | head -1)
medledger=$root/artifacts/bin/Api/release/medledger.dll
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cp -r "$modules/circomlib" .

# seconds of wall time, then of processor time, of a command
measure() {
  local TIMEFORMAT='%R %U %S'
  { time "$@" > /dev/null 2>&1; } 2>&1 | awk '{ print $1, $2 + $3 }'
}

# median of one column of a file
median() { sort -n -k"$2" "$1" | awk -v c="$2" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'; }

echo "| constraints | snarkjs wall s | medledger wall s | ratio | warm wall s | ratio | snarkjs CPU s | medledger CPU s | ratio | warm CPU s | ratio |"
echo "|---|---|---|---|---|---|---|---|---|---|---|"
for links in 20 61 212 495; do
  cat > chain.circom <<EOF
pragma circom 2.0.0;
include "circomlib/circuits/poseidon.circom";
template Chain(n) {
    signal input x;
    signal input k;
    signal output h;
    component p[n];
    for (var i = 0; i < n; i++) {
        p[i] = Poseidon(2);
        p[i].inputs[0] <== i == 0 ? x : p[i - 1].out;
        p[i].inputs[1] <== k;
    }
    h <== p[n - 1].out;
}
component main {public [x]} = Chain($links);
EOF
  node "$modules/circom2/cli.js" chain.circom --O2 --r1cs --wasm > /dev/null
  dotnet "$benchmarks" known-tau "$work/chain.r1cs" "$work/chain.zkey"
  echo '{"x":"3","k":"12"}' > input.json
  dotnet "$medledger" witness --wasm chain_js/chain.wasm --input input.json --out chain.wtns 2> /dev/null
  rm -f ours theirs warm
  for _ in $(seq "$rounds"); do
    measure node "$modules/snarkjs/build/cli.cjs" groth16 prove chain.zkey chain.wtns their-proof.json their-public.json >> theirs
    measure dotnet "$medledger" prove --zkey chain.zkey --witness chain.wtns --proof proof.json --public public.json >> ours
    dotnet "$benchmarks" warm chain.zkey chain.wtns >> warm
  done
  awk -v n=$((links * 240)) \
    -v tw="$(median theirs 1)" -v ow="$(median ours 1)" -v ww="$(median warm 1)" \
    -v tc="$(median theirs 2)" -v oc="$(median ours 2)" -v wc="$(median warm 2)" \
    'BEGIN {
      printf "| %d | %.2f | %.2f | %.1f | %.2f | %.1f |", n, tw, ow, tw / ow, ww, tw / ww
      printf " %.2f | %.2f | %.1f | %.2f | %.1f |\n", tc, oc, tc / oc, wc, tc / wc
    }'
done
