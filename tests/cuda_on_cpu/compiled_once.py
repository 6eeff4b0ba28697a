#!/usr/bin/env python3
"""compiled_once.py DEVICE.HPP OBJECTS OF THE DEVICE -- OBJECTS OF TESTS

Is every operation of the device concept listed in device/cuda/detail/operations.cuh? Then the device's objects define it for
each format of numbers, and no test compiles it or its kernels again."""
import re
import subprocess
import sys

FORMATS = ("float", "__nv_bfloat16", "__half")
BY_POLICY = {"judge_pairs", "judged_pairs"}  # policies are above the ladder, so these are compiled where they are used
OF_TESTS = {"launch", "start", "store", "multiply_add", "copy_async_wait"}  # what kernels of the tests themselves need


def defined(objects, pattern):
    """(object, groups of the pattern) of each function that an object defines."""
    for path in objects:
        text = subprocess.run(["nm", "--defined-only", "-C", path], stdout=subprocess.PIPE, text=True, check=True).stdout
        yield from ((path, found) for found in re.findall(" [TW] void zer0::" + pattern, text))


def main():
    header, *rest = (name for name in sys.argv[1:] if not name.endswith(".gch"))  # an object library lists that too
    device, tests = rest[:rest.index("--")], rest[rest.index("--") + 1:]
    operation = r"(\w+)<(%s)[^(]*>\(zer0::basic_cuda<" % "|".join(FORMATS)
    with open(header, encoding="utf-8") as file:
        concept = re.search(r"\nconcept device = (.*?)\n\};", file.read(), re.S)[1]
    names = set(re.findall(r"(?<![\w.])(\w+)\(d, ", concept)) - BY_POLICY
    compiled = {found for _, found in defined(device, operation)}
    wrong = [f"{name} of {number} is not in the list" for name in sorted(names) for number in FORMATS
             if (name, number) not in compiled]
    again = [(path, f"{name} of {number}") for path, (name, number) in defined(tests, operation) if name in names]
    again += [(path, f"the kernel {name}") for path, name in defined(tests, r"gpu::(\w+)<")
              if name not in BY_POLICY | OF_TESTS]  # all that is left of an operation that was inlined
    wrong += [f"{path} compiles {what} again" for path, what in again]
    if len(names) < 50 or not tests:
        wrong.append(f"only {len(names)} operations and {len(tests)} tests: looked in the wrong places")
    print("\n".join(wrong) or f"{len(names)} operations of {len(FORMATS)} formats, each compiled once")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
