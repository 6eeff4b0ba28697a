#!/usr/bin/env python3
"""Seconds, processor seconds and peak memory that the compiler needs for zer0's headers and for the smallest training program.

    bench/compile_time.py [--compiler g++] [--flags="-O2"] [--repeat 3] [--json FILE] [FILE.cpp | FILE.cu | HEADER ...]

Without names: zer0/core/error.hpp (the floor), zer0/zer0.hpp, examples/pretrain_minimal.cpp and, where nvcc is, the files of
the program train with CUDA. A header is only included, so its row is what a user's file pays before its first line; a .cpp file is
compiled to an object, a .cu file by nvcc for one architecture (--nvcc_flags). Each is measured as users of zer0::zer0 compile it,
and as those of zer0::compiled do (ZER0_COMPILED), turn by turn. The fastest of the repeats counts.
"""
import argparse
import json
import os
import pathlib
import platform
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

root = pathlib.Path(__file__).resolve().parent.parent
INCLUDES = ["-I", str(root / "include"), "-I", str(root / "examples"), "-isystem", "/usr/include/eigen3"]
NVCC = shutil.which("nvcc") or shutil.which("/usr/local/cuda/bin/nvcc")


def measure(command):
    """(seconds, processor seconds, MiB) of one run of the compiler, the processes it starts included."""
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        sys.exit(f"compile_time: failed: {shlex.join(command)}")
    return seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def command_for(name, arguments, folder):
    if name.endswith((".cpp", ".cu")):
        source = root / name
    else:
        source = pathlib.Path(folder) / "include.cpp"
        source.write_text(f"#include <{name}>\n")
    compiler = [arguments.compiler, "-fopenmp", *shlex.split(arguments.flags)]
    if name.endswith(".cu"):
        compiler = [NVCC, "--expt-relaxed-constexpr", *shlex.split(arguments.nvcc_flags)]
    return [*compiler, "-std=c++20", *INCLUDES, "-c", str(source), "-o", str(pathlib.Path(folder) / "out.o")]


def rows_of(name, arguments, folder):
    """One row for each way of using zer0."""
    command = command_for(name, arguments, folder)
    ways = {"zer0::zer0": [], "zer0::compiled": ["-DZER0_COMPILED"]}
    runs = {way: [] for way in ways}
    for _ in range(arguments.repeat):
        for way, define in ways.items():
            runs[way].append(measure([*command, *define]))
    for way, measured in runs.items():
        seconds, processor, mebibytes = zip(*measured)
        yield {"what": name, "with": way, "seconds": round(min(seconds), 2), "processor": round(min(processor), 2),
               "mebibytes": round(max(mebibytes))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--compiler", default=os.environ.get("CXX", "g++"))
    parser.add_argument("--flags", default="-O2")
    parser.add_argument("--nvcc_flags", default="-O3 -arch=sm_80")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("names", nargs="*")
    arguments = parser.parse_args()

    with_cuda = ["examples/train.cpp", "examples/cpu/train.cpp", *(f"examples/cuda/train_{t}.cu" for t in ("bfloat16", "float16", "float32"))]
    with_cuda = with_cuda if NVCC else []
    names = arguments.names or ["zer0/core/error.hpp", "zer0/zer0.hpp", "examples/pretrain_minimal.cpp", *with_cuda]
    with tempfile.TemporaryDirectory() as folder:
        rows = [row for name in names for row in rows_of(name, arguments, folder)]

    version = subprocess.run([arguments.compiler, "--version"], capture_output=True, text=True, check=True).stdout.splitlines()[0]
    print(f"{version}, {arguments.flags}, {platform.machine()}")
    print(f"{'':36} {'with':16} {'seconds':>8} {'processor':>10} {'MiB':>6}")
    for r in rows:
        print(f"{r['what']:36} {r['with']:16} {r['seconds']:8.2f} {r['processor']:10.2f} {r['mebibytes']:6}")
    if arguments.json:
        report = {"compiler": version, "flags": arguments.flags, "machine": platform.machine(), "rows": rows}
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n")


if __name__ == "__main__":
    main()
