"""Compares zer0's safetensors reader and writer with the `safetensors` package.

    python -m venv /somewhere/venv && /somewhere/venv/bin/pip install safetensors numpy
    /somewhere/venv/bin/python tests/interop/safetensors_judge.py        (CXX chooses the compiler, default c++)

1. Files by the package are read by zer0, written again, and must come out byte for byte the same.
2. Those files are damaged at random; what zer0 accepts the package must accept too, with the same tensors. (zer0 alone
   refuses duplicate names and white space before the header's brace, which the package lets pass.)
Prints the counts and exits with 1 at the first disagreement.
"""
import json
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile

import numpy as np
import safetensors.numpy

PROGRAM = r"""
#include <zer0/checkpoint/safetensors.hpp>
#include <iostream>
int main(int, char**) {
  std::string from, to;
  while (std::cin >> from >> to) try {
      const zer0::safetensors_file file(from);
      zer0::write_safetensors(to, file.entries(), file.metadata());
      std::cout << "ok" << std::endl;
    } catch (const zer0::error& e) {
      std::cout << "refused: " << e.what() << std::endl;
    }
}
"""
DTYPES = ["bool", "u1", "i1", "i2", "u2", "f2", "i4", "u4", "f4", "c8", "f8", "i8", "u8"]


def build(folder):
    source = folder / "copy.cpp"
    source.write_text(PROGRAM)
    include = pathlib.Path(__file__).resolve().parents[2] / "include"
    compiler = os.environ.get("CXX", "c++")
    subprocess.run([compiler, "-std=c++20", "-O1", f"-I{include}", source, "-o", folder / "copy"], check=True)
    return subprocess.Popen([folder / "copy"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def copy(program, source, target):
    program.stdin.write(f"{source} {target}\n")
    program.stdin.flush()
    return program.stdout.readline().strip()


def random_tensors(rng):
    tensors = {}
    for i in range(rng.randrange(6)):
        shape = [rng.randrange(4) for _ in range(rng.randrange(4))]
        name = rng.choice(["w", "model.layers.", 'quote"\\', "tab\t\n\x01\x7f", "你好 🙂", "é"]) + str(i)
        values = np.random.default_rng(rng.randrange(2**32)).integers(0, 2, size=shape)
        tensors[name] = values.astype(rng.choice(DTYPES))
    return tensors


def damaged(rng, data):
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        at = rng.randrange(len(data)) if rng.random() < 0.5 else rng.randrange(min(len(data), 120))
        kind = rng.randrange(4)
        if kind == 0:
            data[at] = rng.choice(b'0123456789{}[],:"\\ \x00\xff')
        elif kind == 1:
            del data[at : at + rng.randrange(1, 9)]
        elif kind == 2:
            data[at:at] = bytes(rng.choice(b'0123456789{}[],:" \n') for _ in range(rng.randrange(1, 4)))
        else:
            del data[at:]
        if len(data) < 9:
            break
    # Half of the time the length field is made to fit again, so that the damage reaches the JSON.
    end = data.rfind(b"}") + 1
    if rng.random() < 0.5 and end > 8:
        data[:8] = struct.pack("<Q", end - 8)
    return bytes(data)


def duplicates(data):
    """Whether the header has a key twice anywhere."""
    found = []

    def pairs(items):
        keys = [k for k, _ in items]
        found.append(len(set(keys)) != len(keys))
        return dict(items)

    (length,) = struct.unpack("<Q", data[:8])
    json.loads(data[8 : 8 + length], object_pairs_hook=pairs)
    return any(found)


def main():
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        program = build(folder)
        source, target = folder / "a", folder / "b"
        accepted = refused = 0
        for _ in range(300):
            good = safetensors.numpy.save(random_tensors(rng), metadata={"format": "pt"})
            source.write_bytes(good)
            answer = copy(program, source, target)
            if answer != "ok" or target.read_bytes() != good:
                sys.exit(f"a file of the package does not survive: {answer}\n{good}\n{target.read_bytes()}")
            for _ in range(20):
                bad = damaged(rng, good)
                source.write_bytes(bad)
                ours = copy(program, source, target)
                try:
                    theirs = safetensors.numpy.load(bad)
                except Exception:
                    theirs = None
                if theirs is not None and ours != "ok" and not duplicates(bad) and bad[8:9] == b"{":
                    sys.exit(f"only zer0 refuses: {ours}\n{bad}")
                if theirs is None and ours == "ok":
                    sys.exit(f"only zer0 accepts\n{bad}")
                if ours == "ok":
                    again = safetensors.numpy.load(target.read_bytes())
                    same = again.keys() == theirs.keys() and all(
                        again[k].dtype == theirs[k].dtype and again[k].tobytes() == theirs[k].tobytes() for k in again
                    )
                    if not same:
                        sys.exit(f"read differently\n{bad}")
                accepted += ours == "ok"
                refused += ours != "ok"
        print(f"300 files byte for byte the same; of the damaged ones {accepted} accepted and {refused} refused by both")


main()
