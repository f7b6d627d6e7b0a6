#!/usr/bin/env bash
# snarkjs and medledger on a circuit of 2^POWER constraints whose key snarkjs made (groth16 setup, one contribution): each proves,
# each verifies what the other proved and refuses it for another public input; and `ceremony verify` accepts the key. Too slow for
# every test run; `dotnet test tests/Crypto.Tests` does the same for thirteen small shapes. Powers of tau with known secrets.
# usage: tests/Benchmarks/both-ways.sh [POWER]     16 unless given
set -euo pipefail
cd "$(dirname "$0")/../.."
power=${1:-16}
modules=$PWD/circuits/node_modules
[ -d "$modules/snarkjs" ] || (cd circuits && npm ci --ignore-scripts --no-audit --no-fund)
dotnet build -c Release Api -v q --nologo > /dev/null
dotnet build -c Release tests/Benchmarks -v q --nologo > /dev/null
medledger() { dotnet "$repository/artifacts/bin/Api/release/medledger.dll" "$@" 2> /dev/null; }
snarkjs() { node "$modules/snarkjs/build/cli.cjs" "$@" > /dev/null; }
must() { echo -n "$1: "; "${@:2}" && echo yes || { echo NO; exit 1; }; }
never() { echo -n "$1: "; "${@:2}" && { echo YES; exit 1; } || echo no; }
repository=$PWD
benchmarks=$repository/tests/artifacts/bin/Benchmarks/release/Benchmarks.dll
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
dotnet "$benchmarks" known-powers "$power" "$work"
cd "$work"
snarkjs groth16 setup circuit.r1cs powers.ptau 0.zkey
snarkjs zkey contribute 0.zkey key.zkey --name=one "-e=entropy of a test"
snarkjs zkey export verificationkey key.zkey vkey.json
snarkjs groth16 prove key.zkey witness.wtns their-proof.json their-public.json
must "medledger proves 2^$power constraints" medledger prove --zkey key.zkey --witness witness.wtns --r1cs circuit.r1cs --proof proof.json --public public.json
must "the public inputs are the same" node -e 'const [a, b] = process.argv.slice(1).map(f => JSON.stringify(JSON.parse(require("fs").readFileSync(f)))); process.exit(a === b ? 0 : 1)' public.json their-public.json
must "snarkjs verifies medledger's proof" snarkjs groth16 verify vkey.json public.json proof.json
must "medledger verifies snarkjs's proof" medledger verify-proof --vkey vkey.json --public public.json --proof their-proof.json
node -e 'const fs = require("fs"); const p = JSON.parse(fs.readFileSync("public.json")); p[0] = String(BigInt(p[0]) + 1n); fs.writeFileSync("other.json", JSON.stringify(p))'
never "snarkjs verifies it for another input" snarkjs groth16 verify vkey.json other.json proof.json
never "medledger verifies it for another input" medledger verify-proof --vkey vkey.json --public other.json --proof their-proof.json
must "ceremony verify accepts snarkjs's key" medledger ceremony verify --zkey key.zkey --r1cs circuit.r1cs --ptau powers.ptau
