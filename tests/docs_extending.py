#!/usr/bin/env python3
"""Follows docs/extending.md in an empty directory, as a reader would.

    tests/docs_extending.py SOURCE WORK

A block of cpp or cmake goes to the file that the line before it names ("`attention.cpp`:"), a block of sh is run. What the
programs print must be what the page promises.
"""
import pathlib
import re
import shutil
import subprocess
import sys

source, work = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
commands, name = [], None
lines = iter((source / "docs" / "extending.md").read_text().splitlines())
for line in lines:
    if named := re.search(r"`([\w.]+)`:$", line):
        name = named[1]
    if not line.startswith("```"):
        continue
    language, block = line[3:], []
    for inner in lines:
        if inner.startswith("```"):
            break
        block.append(inner)
    if language == "sh":
        commands += block
    else:
        assert name, f"a block of {language} has no name: {block[0]}"
        (work / name).write_text("\n".join(block) + "\n")
        name = None

assert commands[0].startswith("ZER0="), commands[0]
commands[0] = f"ZER0={source}"
run = subprocess.run(["bash", "-e", "-c", "\n".join(commands)], cwd=work, capture_output=True, text=True)
print(run.stdout[-3000:], run.stderr[-3000:])
if run.returncode != 0:
    sys.exit("docs/extending.md: a command failed")
errors = [float(x) for x in re.findall(r"gradient error ([\d.e+-]+)", run.stdout)]
programs = "attention|router|loss|training|data"
losses = [float(x) for x in re.findall(rf"^(?:{programs}).* loss ([\d.e+-]+)", run.stdout, re.M)]
resumed = "training: a run in two parts ends in equal weights\n" in run.stdout
said = all(line in run.stdout.splitlines() for line in
           ["family: blocks.0.input_layernorm.weight, weights equal", "size: experts.n_routed is 16, not 8"])
distance = [float(x) for x in re.findall(r"^device: loss [\d.]+, ([\d.e+-]+) from", run.stdout, re.M)]
right = (len(errors) == 3 and max(errors) <= 1e-6 and len(losses) == 6 and max(losses) <= 1
         and resumed and said and len(distance) == 1 and distance[0] <= 1e-9)
if not right:
    sys.exit(f"docs/extending.md promises more: gradient errors {errors}, losses {losses}, "
             f"resumed {resumed}, family and size {said}, device {distance}")
