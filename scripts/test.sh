#!/usr/bin/env bash
# Builds and tests, from a bare Debian or Ubuntu to ctest's summary; says what each phase took.
#   scripts/test.sh          what a change could break: a release build, the tests, the sanitizers
#   scripts/test.sh --full   also what takes long: every program with CUDA in each number format, every header alone, whole
#                            models under the sanitizers
#   scripts/test.sh --fast   only tests of seconds: no sanitizers, no long trainings
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,6s/^# //p' "$0"; }

full=OFF
sanitize=1
leave_out=full
for argument in "$@"; do
  case "$argument" in
    --full) full=ON leave_out=none ;;
    --fast) sanitize= leave_out='slow|full' ;;
    -h | --help) usage; exit 0 ;;
    *) echo "test.sh: unknown option $argument" >&2; usage >&2; exit 2 ;;
  esac
done

mkdir -p build
table=$(printf '%-24s %8s %10s' phase seconds processor)

# Sets `processor` to the seconds that all ended children of this shell have used. `times` must not run in a subshell,
# which has children of its own.
read_processor() {
  times > build/times.txt
  processor=$(awk 'NR == 2 { gsub(/[ms]/, " "); print int($1 * 60 + $2 + $3 * 60 + $4) }' build/times.txt)
}
finish() {
  printf '\n%s\n' "$table"
  [[ ! -s build/ctest.log ]] || sed -n '/tests passed/,$p' build/ctest.log
}
trap finish EXIT

# phase NAME COMMAND...
phase() {
  local name=$1 start=$SECONDS before status=0
  shift
  read_processor
  before=$processor
  "$@" || status=$?
  read_processor
  table+=$(printf '\n%-24s %8d %10d' "$name" $((SECONDS - start)) $((processor - before)))
  return "$status"
}
run_tests() { ctest --preset all -j "$(nproc)" -LE "$leave_out" | tee build/ctest.log; }

rm -f build/ctest.log
phase dependencies scripts/install_dependencies.sh
phase configure cmake --preset all
phase build cmake --build --preset all -j "$(nproc)"
if [[ -n "$sanitize" ]]; then
  # Built here, where its progress shows; the test `sanitize` then runs it.
  phase 'sanitizers: configure' cmake --preset sanitize -DZER0_TEST_FULL=$full
  phase 'sanitizers: build' cmake --build --preset sanitize -j "$(nproc)"
fi
phase tests run_tests
