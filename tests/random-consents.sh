#!/usr/bin/env bash
# The evaluator against the reference evaluator, grants against the evaluator, changes of consents against both, on random
# consents, requests and records. Usage: random-consents.sh [COUNT], 100,000 unless given; `dotnet test` does 10,000.
set -euo pipefail
cd "$(dirname "$0")/.."
export MEDLEDGER_RANDOM_CASES="${1:-100000}"
dotnet test tests/Consent.Tests -c Release --filter "AgreementTests|GrantCompilerTests|ConsentChangesTests" \
  --logger "console;verbosity=normal"
