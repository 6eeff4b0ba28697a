#!/usr/bin/env python3
"""compiled_once.py DEVICE/OPS OBJECTS OF THE DEVICE -- OBJECTS OF TESTS

Is every operation that a concept of device/ops/*.hpp asks for listed in
device/detail/cuda/operations.cuh? Then the device's objects define it for each format of numbers,
and no test compiles it or its kernels again."""
import pathlib
import re
import subprocess
import sys

FORMATS = ("float", "__nv_bfloat16", "__half")
# Policies are above the ladder, so these are compiled where they are used.
BY_POLICY = {"judge_pairs", "judged_pairs"}
# What kernels of the tests themselves need.
OF_TESTS = {"launch", "start", "store", "multiply_add", "copy_async_wait"}


def defined(objects, pattern):
    """(object, groups of the pattern) of each function that an object defines."""
    for path in objects:
        text = subprocess.run(["nm", "--defined-only", "-C", path], stdout=subprocess.PIPE,
                              text=True, check=True).stdout
        yield from ((path, found) for found in re.findall(" [TW] void zer0::" + pattern, text))


def main():
    # An object library lists its precompiled header too.
    folder, *rest = (name for name in sys.argv[1:] if not name.endswith(".gch"))
    device, tests = rest[:rest.index("--")], rest[rest.index("--") + 1:]
    operation = r"(\w+)<(%s)[^(]*>\(zer0::basic_cuda<" % "|".join(FORMATS)
    headers = pathlib.Path(folder).glob("*.hpp")
    groups = "".join(path.read_text(encoding="utf-8") for path in headers)
    concepts = "".join(re.findall(r"\nconcept \w+_operations =(.*?)\n(?=\n|\})", groups, re.S))
    names = set(re.findall(r"(?<![\w.])(\w+)\(\s*d,\s", concepts)) - BY_POLICY
    compiled = {found for _, found in defined(device, operation)}
    wrong = [f"{name} of {number} is not in the list"
             for name in sorted(names) for number in FORMATS if (name, number) not in compiled]
    again = [(path, f"{name} of {number}") for path, (name, number) in defined(tests, operation)
             if name in names]
    # A kernel is all that is left of an operation that was inlined.
    again += [(path, f"the kernel {name}") for path, name in defined(tests, r"gpu::(\w+)<")
              if name not in BY_POLICY | OF_TESTS]
    wrong += [f"{path} compiles {what} again" for path, what in again]
    if len(names) < 50 or not tests:
        wrong.append(f"only {len(names)} operations and {len(tests)} tests: looked in the wrong "
                     "places")
    print("\n".join(wrong) or
          f"{len(names)} operations of {len(FORMATS)} formats, each compiled once")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
