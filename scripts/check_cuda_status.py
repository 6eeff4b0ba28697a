#!/usr/bin/env python3
"""Prints each call of CUDA, cuBLAS or NCCL whose status nobody looks at.

A call must be the argument of gpu::check(...), or one of the exceptions below, each with its reason; and a kernel must be started by
gpu::launch, which checks.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
PLACES = ["include/zer0/device/detail/cuda", "examples/cuda", "bench/cuda"]
CALL = r"\b(?:cuda|cublas|cublasLt|nccl)[A-Z]\w*(?=\()"
# Return a text, not a status.
TEXTS = {"cudaGetErrorString", "cudaGetErrorName", "cublasGetStatusString", "cublasGetStatusName", "ncclGetErrorString"}
# (file, call): why it stands outside check().
EXCEPTIONS = {
    ("device.cuh", "cudaMalloc"): "its failure is no error yet: kept memory is given back, and it is tried again",
    ("device.cuh", "cudaGetDeviceCount"): "its failure is said in another sentence: no device found",
    ("device.cuh", "cudaFree"): "in a destructor, and in what it calls",
    ("recorder.cuh", "cudaStreamEndCapture"): "while another error is on its way; the other call is checked",
    ("recorder.cuh", "cudaGraphDestroy"): "while another error is on its way, and before an older status is checked",
    ("recorder.cuh", "cudaGraphExecUpdate"): "its failure is no error: the graph is then made anew",
    ("recorder.cuh", "cudaGraphInstantiate"): "its status is returned, and checked by the caller",
    ("recorder.cuh", "cudaGraphExecDestroy"): "in what a destructor calls",
    ("count.cpp", "cudaGetDeviceCount"): "its failure means that there is none",
}
CLEARS = r"\(void\)\s*$"  # (void)cudaGetLastError(): forgets an error that is being reported

MUST_BE_SEEN = ["cudaStreamSynchronize(stream);", "const auto s = cublasGemmEx(h);", "if (ncclGetVersion(&n) == ncclSuccess) f();",
                "kernel<<<1, 32>>>(x);", "gpu::check(a, cudaFree(p));"]
MAY_BE_SAID = ['gpu::check(cudaSetDevice(0), "x");', 'check(\n    cublasCreate(&h), "x");', "(void)cudaGetLastError();",
               "~state() { cudaStreamDestroy(s); }", "// cudaFree(p)"]


def without_comments(text):
    return re.sub(r"//[^\n]*", lambda m: " " * len(m[0]), text)


def destructors(code):
    """(begin, end) of the bodies of destructors: they cannot throw."""
    spans = []
    for m in re.finditer(r"~\w+\(\)[^;{]*\{", code):
        depth, end = 1, m.end()
        while depth and end < len(code):
            depth += {"{": 1, "}": -1}.get(code[end], 0)
            end += 1
        spans.append((m.start(), end))
    return spans


def faults(name, text):
    code = without_comments(text)
    in_destructor = destructors(code)
    found = []
    for m in re.finditer(CALL, code):
        before = code[:m.start()]
        fine = (m[0] in TEXTS or re.search(r"\bcheck\(\s*$", before) or (name, m[0]) in EXCEPTIONS
                or m[0] == "cudaGetLastError" and re.search(CLEARS, before) or any(a <= m.start() < b for a, b in in_destructor))
        if not fine:
            found.append((before.count("\n") + 1, f"{m[0]} outside check()"))
    if name != "platform.cuh":
        found += [(code.count("\n", 0, m.start()) + 1, "a kernel started past gpu::launch") for m in re.finditer("<<<", code)]
    return found


def main():
    blind = [s for s in MUST_BE_SEEN if not faults("x", s)] + [s for s in MAY_BE_SAID if faults("x", s)]
    if blind:
        sys.exit("check_cuda_status: judges these wrongly:\n" + "\n".join(blind))
    files = sorted(p for place in PLACES for p in (root / place).rglob("*") if p.suffix in (".cuh", ".cu", ".cpp", ".hpp"))
    texts = {p: p.read_text() for p in files}
    wrong = [f"{p.relative_to(root)}:{line}: {what}" for p in files for line, what in faults(p.name, texts[p])]
    used = {(p.name, m[0]) for p in files for m in re.finditer(CALL, without_comments(texts[p]))}
    wrong += [f"{file}: {call} is an exception of this script that is no longer there" for file, call in EXCEPTIONS.keys() - used]
    calls = sum(len(re.findall(CALL, without_comments(t))) for t in texts.values())
    print("\n".join(wrong) or f"{calls} calls in {len(files)} files: every status is looked at")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
