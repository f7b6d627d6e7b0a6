#!/usr/bin/env bash
# Requests made from a seed to every route of a started server (tests/Api.Tests/Http/Fuzz). Usage: http-fuzz.sh SEED [COUNT],
# 20,000 requests unless given; `dotnet test` sends 1,500. A fault names the seed and the number of the request.
set -euo pipefail
cd "$(dirname "$0")/.."
export MEDLEDGER_HTTP_FUZZ_SEED="${1:?a seed: any number}"
export MEDLEDGER_HTTP_FUZZ_COUNT="${2:-20000}"
dotnet test tests/Api.Tests -c Release --filter "HttpFuzzTests" --logger "console;verbosity=normal"
