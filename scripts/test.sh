#!/usr/bin/env bash
# Builds and tests everything, from a bare Debian or Ubuntu to ctest's summary.
#   scripts/test.sh          all of it: release build, sanitizer build, every test
#   scripts/test.sh --fast   without the tests labelled slow: no sanitizers, no long trainings
set -euo pipefail
cd "$(dirname "$0")/.."

usage() { sed -n '2,4s/^# //p' "$0"; }

fast=
for argument in "$@"; do
  case "$argument" in
    --fast) fast=1 ;;
    -h | --help) usage; exit 0 ;;
    *) echo "test.sh: unknown option $argument" >&2; usage >&2; exit 2 ;;
  esac
done

scripts/install_dependencies.sh
jobs=$(nproc)

cmake --preset all
cmake --build --preset all -j "$jobs"

if [[ -n "$fast" ]]; then
  exec ctest --preset all -j "$jobs" -LE slow
fi

# Built here, where its progress shows; the test `sanitize` then runs it.
cmake --preset sanitize
cmake --build --preset sanitize -j "$jobs"
exec ctest --preset all -j "$jobs"
