#!/usr/bin/env bash
# Runs the parsers of Crypto under afl-fuzz, one after the other, and prints a table. Needs afl++ (afl-fuzz); the tool that puts
# the counters into Crypto.dll comes from NuGet. What is found stays in tests/artifacts/fuzz/findings/TARGET/default/crashes and
# .../hangs (an input that took more than 10 seconds); the exit code is then 1.
# usage: tests/Fuzz/fuzz.sh [SECONDS [TARGET...]]     300 seconds of every target without arguments
set -euo pipefail
cd "$(dirname "$0")"
command -v afl-fuzz > /dev/null || { echo 'afl-fuzz is missing: install afl++' >&2; exit 3; }
seconds=${1:-300}
work=$PWD/../artifacts/fuzz
rm -rf "$work/bin" "$work/seeds"
mkdir -p "$work/findings"
[ -x "$work/tools/sharpfuzz" ] || dotnet tool install SharpFuzz.CommandLine --version 2.3.0 --tool-path "$work/tools" > /dev/null
dotnet build -c Release -v q --nologo > /dev/null
cp -r ../artifacts/bin/Fuzz/release "$work/bin"
"$work/tools/sharpfuzz" "$work/bin/Crypto.dll"
dotnet "$work/bin/Fuzz.dll" seeds "$work/seeds"
targets=("${@:2}")
[ ${#targets[@]} -gt 0 ] || mapfile -t targets < <(ls "$work/seeds" | grep -v planted-fault)

export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_NO_AFFINITY=1 AFL_NO_UI=1
export AFL_FORKSRV_INIT_TMOUT=120000 # a busy machine starts the runtime slowly
# TARGET SECONDS
run() {
  local findings=$work/findings/$1
  rm -rf "$findings"
  mkdir -p "$findings" # afl-fuzz makes one level alone
  afl-fuzz -i "$work/seeds/$1" -o "$findings" -t 10000 -m none -V "$2" \
    -- dotnet "$work/bin/Fuzz.dll" "$1" > "$findings/log" 2>&1 || { tail -20 "$findings/log" >&2; exit 1; }
}

# A fuzzer that finds nothing has to find what is known to be there.
run planted-fault 20
grep -qE '^saved_crashes +: [1-9]' "$work/findings/planted-fault/default/fuzzer_stats" \
  || { echo 'afl-fuzz does not see an exception of the program' >&2; exit 1; }

found=0
echo "| target | seconds | executions | inputs with a path of their own | crashes | hangs |"
echo "|---|---|---|---|---|---|"
for target in "${targets[@]}"; do
  run "$target" "$seconds"
  awk -F ' *: *' -v target="$target" '{ value[$1] = $2 }
    END { printf "| %s | %d | %d | %d | %d | %d |\n", target, value["run_time"], value["execs_done"],
      value["corpus_count"], value["saved_crashes"], value["saved_hangs"];
      exit value["saved_crashes"] + value["saved_hangs"] > 0 }' "$work/findings/$target/default/fuzzer_stats" || found=1
done
exit $found
