#!/usr/bin/env bash
# The chain side in numbers: state rebuilt from logs (two events a leaf), questions of the gate with that many leaves,
# grants a second in batches, and how soon a revocation is seen. Usage: chain.sh [LEAVES], 1,000,000 unless given.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MEDLEDGER_CHAIN_LEAVES="${1:-1000000}"
dotnet test tests/Consent.Tests ${CONFIGURATION:+-c "$CONFIGURATION"} \
  --filter "ChainMeasurements|Revoked_is_seen_within_a_moment" --logger "console;verbosity=detailed" |
  grep -E "events applied|leaves hashed|questions a second|batch|milliseconds| ms|Passed|Failed"
