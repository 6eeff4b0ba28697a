#!/usr/bin/env bash
# Formats every C++ file as .clang-format says (clang-format 14).
#   scripts/format.sh           rewrites them
#   scripts/format.sh --check   only names those that are not formatted
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t files < <(git ls-files --cached --others --exclude-standard '*.hpp' '*.cpp' '*.cu' '*.cuh')
if [[ "${1:-}" == --check ]]; then
  exec clang-format --dry-run --Werror "${files[@]}"
fi
exec clang-format -i "${files[@]}"
