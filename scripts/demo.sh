#!/usr/bin/env bash
# From a bare Debian or Ubuntu to a small language model that was trained here and talks: installs, builds, runs.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_dependencies.sh
cmake --preset release

# What the demo builds and runs: one program.
program=pretrain_minimal
cmake --build --preset release -j "$(nproc)" --target "$program"
exec "build/release/examples/$program" "$@"
