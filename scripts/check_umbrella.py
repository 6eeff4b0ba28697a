#!/usr/bin/env python3
"""Checks that include/zer0/zer0.hpp includes every header that users name: all but those of LEFT_OUT and what lies in a folder
`detail`. With --fix, rewrites its includes."""
import pathlib
import sys

LEFT_OUT = ("zer0.hpp", "testing/", "device/ops/")  # itself; for tests only; by device.hpp

root = pathlib.Path(__file__).resolve().parent.parent / "include" / "zer0"
umbrella = root / "zer0.hpp"


def main():
    names = sorted(str(path.relative_to(root)) for path in root.rglob("*.hpp"))
    wanted = [f"#include <zer0/{name}>" for name in names if not name.startswith(LEFT_OUT) and "/detail/" not in name]
    lines = umbrella.read_text().splitlines()
    head = [line for line in lines if not line.startswith("#include")]
    present = [line for line in lines if line.startswith("#include")]
    if present == wanted:
        print(f"zer0.hpp includes all {len(wanted)} headers")
        return 0
    if "--fix" in sys.argv[1:]:
        while head and not head[-1]:
            head.pop()
        umbrella.write_text("\n".join([*head, "", *wanted]) + "\n")
        print(f"zer0.hpp rewritten: {len(wanted)} headers")
        return 0
    for line in sorted(set(wanted) - set(present)):
        print(f"zer0.hpp lacks    {line}")
    for line in sorted(set(present) - set(wanted)):
        print(f"zer0.hpp may not  {line}")
    print("run: scripts/check_umbrella.py --fix")
    return 1


if __name__ == "__main__":
    sys.exit(main())
