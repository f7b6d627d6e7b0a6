#!/usr/bin/env bash
# The chain side in numbers: state rebuilt from logs (two events a leaf), questions of the gate with that many leaves,
# decisions of the gate with that many leaves, grants a second in batches, and how soon a revocation denies (signed),
# is mined, and is final (three blocks of a second). Usage: chain.sh [LEAVES], 1,000,000 unless given.
set -euo pipefail
cd "$(dirname "$0")/../.."
export MEDLEDGER_CHAIN_LEAVES="${1:-1000000}"
dotnet test tests/Consent.Tests ${CONFIGURATION:+-c "$CONFIGURATION"} \
  --filter "ChainMeasurements|Revoked_is_seen_within_a_moment" --logger "console;verbosity=detailed" |
  grep -E "events applied|leaves hashed|a second|batch|milliseconds| ms|Passed|Failed"
dotnet test tests/Api.Tests ${CONFIGURATION:+-c "$CONFIGURATION"} \
  --filter "A_revocation_denies_when_signed" --logger "console;verbosity=detailed" | grep -E "after|Passed|Failed"
