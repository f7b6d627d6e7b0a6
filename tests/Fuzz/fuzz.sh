#!/usr/bin/env bash
# Runs one parser of Crypto under afl-fuzz until it is stopped. Needs afl++ (afl-fuzz) and the tool SharpFuzz.CommandLine.
# usage: tests/Fuzz/fuzz.sh TARGET [SECONDS]     findings are in tests/Fuzz/findings/TARGET/default/crashes
set -euo pipefail
cd "$(dirname "$0")"
target=$1
seconds=${2:-3600}
command -v afl-fuzz > /dev/null || { echo 'afl-fuzz is missing: install afl++' >&2; exit 3; }
tools=$(mktemp -d)
trap 'rm -rf "$tools"' EXIT
dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$tools" > /dev/null
dotnet build -c Release -v q --nologo
bin=$(dirname "$(find .. ../.. -path '*bin/Fuzz/release/Fuzz.dll' | head -1)")
mkdir -p "findings/$target" # afl-fuzz makes one level alone
dotnet "$bin/Fuzz.dll" seeds seeds
"$tools/sharpfuzz" "$bin/Crypto.dll"
AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 \
  afl-fuzz -i "seeds/$target" -o "findings/$target" -t 10000 -m none -V "$seconds" -- dotnet "$bin/Fuzz.dll" "$target"
