#!/usr/bin/env python3
"""Prints each include of include/zer0 that climbs the ladder of folders, or that brings a library where it does not belong.

A folder may include itself, the folders named for it here, and what those may include.
"""
import pathlib
import re
import sys

BELOW = {"core": [], "file": ["core"], "device": ["core"], "layer": ["device"], "attention": ["layer"], "loss": ["layer"],
         "moe": ["layer", "loss"], "model": ["attention", "moe", "loss"], "family": ["model", "file"], "checkpoint": ["family"],
         "optim": ["model"], "text": ["file"], "data": ["text"], "generate": ["model", "data"],
         "recipe": ["generate", "optim", "checkpoint", "data"], "testing": ["recipe"]}
INSIDE = ["file/detail", "family/detail", "checkpoint/detail", "text/detail", "data/detail", "generate/detail", "recipe/detail", "recipe/hook/detail"]
LIBRARIES = {"Eigen/": ["device/detail/cpu"], "unsupported/Eigen/": ["device/detail/cpu"],
             "nlohmann/json.hpp": INSIDE,  # what users name has json_fwd.hpp: compile time is a feature
             "pcre2": ["text/detail"], "utf8proc": ["text/detail"], "boost/": [], "catch2/": [],
             "cuda": ["device/detail/cuda"], "cublas": ["device/detail/cuda"], "nccl": ["device/detail/cuda"]}

root = pathlib.Path(__file__).resolve().parent.parent / "include" / "zer0"
headers = {str(path.relative_to(root)): path.read_text() for path in sorted(path for end in ("hpp", "ipp", "cuh") for path in root.rglob(f"*.{end}"))}


def includes(header):
    """(line number, what) of each #include."""
    lines = enumerate(headers.get(header, "").splitlines(), 1)
    return [(n, found[1]) for n, line in lines if (found := re.match(r'\s*#\s*include\s*[<"]([^>"]+)[>"]', line))]


def own(header):
    """The headers of zer0 that a header includes, as paths inside include/zer0."""
    return [(n, what[5:]) for n, what in includes(header) if what.startswith("zer0/")]


def folder(header):
    return header.split("/")[0]


def reachable(name):
    return {name}.union(*(reachable(below) for below in BELOW.get(name, [])))



def may_include(header, to):
    if "/" not in header:  # zer0.hpp
        return True
    return folder(to) in reachable(folder(header))


def main():
    wrong = [f"{name}: the folder has no place in the ladder of scripts/check_includes.py"
             for name in {folder(header) for header in headers if "/" in header} - BELOW.keys()]
    for header in headers:
        wrong += [f"{header}:{n}: includes <zer0/{to}>, which the ladder puts above or beside it"
                  for n, to in own(header) if not may_include(header, to)]
        wrong += [f"{header}:{n}: includes <{what}>, which is allowed only in: {', '.join(places) or 'no header'}"
                  for n, what in includes(header) for start, places in LIBRARIES.items()
                  if what.startswith(start) and not any(header.startswith(place + "/") for place in places)]
    print("\n".join(wrong) or f"{len(headers)} headers: every include goes down the ladder")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
