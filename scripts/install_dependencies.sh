#!/usr/bin/env bash
# Installs what zer0 needs and this machine lacks (Debian, Ubuntu). Does nothing if all is there.
#   scripts/install_dependencies.sh              for building and testing
#   scripts/install_dependencies.sh --programs   for building the programs alone
#   ... --print                                  only says what it would install
set -euo pipefail

tests=1
print=
for argument in "$@"; do
  case "$argument" in
    --programs) tests= ;;
    --print) print=1 ;;
    *) echo "install_dependencies: unknown option $argument" >&2; sed -n '2,5s/^# //p' "$0" >&2; exit 2 ;;
  esac
done
missing=()

# need_tool COMMAND PACKAGE: a program, wherever it comes from.
need_tool() { command -v "$1" >/dev/null || missing+=("$2"); }

# need_package PACKAGE...: libraries.
need_package() {
  local package
  for package in "$@"; do
    [[ "$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null)" == *" installed" ]] || missing+=("$package")
  done
}

if ! command -v dpkg-query >/dev/null; then
  echo "install_dependencies: not Debian or Ubuntu; install by other means: a C++20 compiler, CMake 3.22, Ninja, Python 3," \
       "Eigen 3.4, nlohmann-json 3.10, PCRE2, utf8proc, Boost.Program_options${tests:+, Catch2}" >&2
  exit 0
fi

need_tool cmake cmake
need_tool ninja ninja-build
need_tool c++ g++
need_package libeigen3-dev nlohmann-json3-dev libpcre2-dev libutf8proc-dev libboost-program-options-dev
if [[ -n "$tests" ]]; then
  need_tool python3 python3
  python3 -m pip --version >/dev/null 2>&1 || missing+=(python3-pip)  # fetches the formatter that scripts/format.sh checks with
  need_package catch2
  # The tests that run CUDA kernels on the CPU.
  if command -v nvcc >/dev/null || [[ -e /usr/local/cuda/include/cuda_runtime.h ]]; then need_package libboost-context-dev; fi
fi

# With which scripts/cuda_report sees the instructions of compiled kernels. Without it, it checks the rest and says so.
need_disassembler() {
  [[ -n "$tests" ]] && command -v nvcc >/dev/null && ! command -v nvdisasm >/dev/null && ! command -v cuobjdump >/dev/null &&
    ! compgen -G "$(python3 -c 'import site; print(site.getsitepackages()[0])')/nvidia/*/bin/nvdisasm" >/dev/null
}
if need_disassembler; then
  echo "install_dependencies: nvidia-cuda-nvdisasm (from PyPI)"
  [[ -n "$print" ]] || python3 -m pip install --quiet nvidia-cuda-nvdisasm ||
    echo "install_dependencies: nvidia-cuda-nvdisasm could not be installed; cuda_report will not look at instructions" >&2
fi

((${#missing[@]})) || exit 0
echo "install_dependencies: ${missing[*]}"
[[ -z "$print" ]] || exit 0

as_root=()
if ((EUID != 0)); then as_root=(sudo); fi
export DEBIAN_FRONTEND=noninteractive
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
