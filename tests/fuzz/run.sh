#!/usr/bin/env bash
# SPDX-License-Identifier: PostgreSQL
# Builds all fuzzers with AddressSanitizer and UndefinedBehaviorSanitizer and runs them.
#   run.sh                5 seconds each, two at a time
#   run.sh RUNS           that many inputs each
#   run.sh --coverage     which lines the inputs gathered so far reach
# FUZZERS="journey_fuzz text_fuzz" picks some. New inputs gather in build/fuzz/corpus.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(dirname "$(dirname "$here")")
build=$root/build/fuzz
options=()

build_into() {
  cmake -S "$root" -B "$1" -DCMAKE_CXX_COMPILER=clang++-14 -DCLIENTELE_FUZZ=ON "${@:2}" >/dev/null
  cmake --build "$1" --parallel 2 >"$1/build.log" || {
    tail -n 30 "$1/build.log"
    exit 1
  }
}

fuzzers() {
  local source
  if [[ -n ${FUZZERS:-} ]]; then
    tr ' ' '\n' <<<"$FUZZERS"
  else
    for source in "$here"/*_fuzz.cpp; do basename "$source" .cpp; done
  fi
}

# The folders of inputs of fuzzer $1, the one that new inputs go to first.
corpora() {
  mkdir -p "$build/corpus/$1"
  echo "$build/corpus/$1"
  [[ ! -d $here/corpus/$1 ]] || echo "$here/corpus/$1"
}

coverage() {
  local name folders programs=() to=$root/build/coverage
  build_into "$to" -DCLIENTELE_COVERAGE=ON
  rm -f "$to"/*.profraw
  for name in $(fuzzers); do
    mapfile -t folders < <(corpora "$name")
    LLVM_PROFILE_FILE=$to/$name.profraw "$to/$name" -runs=0 "${folders[@]}" 2>"$to/$name.log"
    programs+=(-object "$to/$name")
  done
  llvm-profdata-14 merge -o "$to/all.profdata" "$to"/*.profraw
  llvm-cov-14 report "${programs[@]:1}" -instr-profile="$to/all.profdata" \
    "$root"/src/base "$root"/src/journey
}

if [[ ${1:-} == --coverage ]]; then
  coverage
  exit
elif [[ -n ${1:-} ]]; then
  options=(-runs="$1")
else
  options=(-max_total_time="${CLIENTELE_FUZZ_SECONDS:-5}")
fi

build_into "$build"
# shellcheck source=tests/counts.sh
source "$root/tests/counts.sh"
# Stacks of allocations are of no use in a run without a finding, and cost a third of the time.
export ASAN_OPTIONS=malloc_context_size=0:quarantine_size_mb=8
fuzz() {
  local folders
  mapfile -t folders < <(corpora "$1")
  "$build/$1" "${options[@]}" -max_len=1024 -timeout=10 -entropic=0 -reload=0 \
    -artifact_prefix="$build/" "${folders[@]}" >"$build/$1.log" 2>&1 && touch "$build/$1.passed"
}

for name in $(fuzzers); do
  while (($(jobs -pr | wc -l) >= 2)); do wait -n || true; done
  rm -f "$build/$name.passed"
  fuzz "$name" &
done
wait
for name in $(fuzzers); do
  if [[ -f $build/$name.passed ]]; then
    passed=$((passed + 1))
    echo "$name: $(grep '^tally:' "$build/$name.log")"
  else
    failed=$((failed + 1))
    echo "not ok: $name"
    tail -n 40 "$build/$name.log"
  fi
done
end fuzz
