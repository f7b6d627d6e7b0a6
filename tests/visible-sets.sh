#!/usr/bin/env bash
# What a clinician sees on each path against what the evaluator permits, for random consents of a Synthea patient.
# Usage: visible-sets.sh [COUNT], 100 unless given; `dotnet test` does 3. Needs ../shared/data/synthea-r4.
set -euo pipefail
cd "$(dirname "$0")/.."
export MEDLEDGER_VISIBLE_CASES="${1:-100}"
dotnet test tests/Api.Tests -c Release --filter "VisibleSetTests" --logger "console;verbosity=normal"
