#!/usr/bin/env bash
# Formats every C++ file as .clang-format says, with the one version of clang-format that all agree on: from the Python
# package index, kept in build/tools.
#   scripts/format.sh           rewrites them
#   scripts/format.sh --check   only names those that are not formatted; 77 if that version cannot be had
set -euo pipefail
cd "$(dirname "$0")/.."

version=18.1.8
tool=build/tools/clang-format-$version/clang_format/data/bin/clang-format
if [[ ! -e "$tool" ]]; then
  mkdir -p build/tools
  if ! python3 -m pip download --quiet --no-deps --dest build/tools "clang-format==$version"; then
    echo "format.sh: clang-format $version cannot be had (python3 -m pip download clang-format==$version)" >&2
    exit 77
  fi
  python3 -m zipfile -e build/tools/clang_format-$version-*.whl "build/tools/clang-format-$version"
fi
chmod +x "$tool"

mapfile -t files < <(find include tests examples bench -type f \
  \( -name '*.hpp' -o -name '*.ipp' -o -name '*.cpp' -o -name '*.cu' -o -name '*.cuh' \) | sort)
if [[ "${1:-}" == --check ]]; then
  exec "$tool" --dry-run --Werror "${files[@]}"
fi
exec "$tool" -i "${files[@]}"
