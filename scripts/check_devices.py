#!/usr/bin/env python3
"""Prints each place outside the devices and the programs' table that asks which device it runs on.

A layer, a loss, an optimizer, a recipe or a program may hand a device on, call its operations, and ask what a number type is; it
may not branch on the device's type, and not name the cuda device at all. So a third device needs no change in them.
"""
import pathlib
import re
import sys

root = pathlib.Path(__file__).resolve().parent.parent
PLACES = ["include/zer0", "examples", "bench"]
# The devices themselves, and what binds them to programs.
DEVICES = ["include/zer0/device/", "examples/cpu/", "examples/cuda/", "examples/support/device_table.hpp", "bench/cpu/",
           "bench/cuda/"]

A_DEVICE = r"\b(?:[Dd]evice\w*|cpu|cuda\w*|basic_cuda|archetype)\b"
WRONG = {
    "names the cuda device": r"\b(?:basic_)?cuda(?:_\w+)?\b|\bZER0_CUDA\w*",
    "asks for the compiler of a device": r"\b__CUDA\w*|\b__NVCC__",
    "branches on the type of a device":
        r"(?:\bif\b|\?|&&|\|\||\brequires\b|static_assert|conditional_t|enable_if\w*)[^;{]*\b(?:is_same\w*|same_as|derived_from|"
        r"is_base_of\w*)\s*<[^;{]*" + A_DEVICE + r"|\b(?:is_same\w*|same_as|derived_from|is_base_of\w*)\s*<[^;{()]*" + A_DEVICE,
    "asks for the type of an object": r"\b(?:typeid|dynamic_cast)\b",
}
MUST_BE_SEEN = [
    "if constexpr (std::is_same_v<Device, other>) f();",
    "if constexpr (std::is_same_v<typename Model::device_type, cpu>) f();",
    "requires std::same_as<D, zer0::cpu>",
    "constexpr bool on_gpu = std::is_same_v<Device, T>;",
    "using other = zer0::model<Variant, zer0::cuda>;",
    "void f(basic_cuda<float>& d);",
    "#if defined(ZER0_CUDA)",
    "#ifdef __CUDACC__",
]
MAY_BE_SAID = [
    "template <device Device> class layer;",
    "static constexpr bool has_master = !std::same_as<real, wide<real>>;",
    "zer0::model<my_llm, zer0::cpu> llm(sizes);  // zer0::cuda: the same program on a GPU",
    'options.add("device", o.device, "cpu, or cuda:N");',
    "{ d.allocate(bytes) } -> std::same_as<void*>;",
]


def code_only(text):
    """The text with comments and the insides of strings blanked; lines stay where they are."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"'
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)


def faults(text):
    """(line, what is wrong) of each fault in a source."""
    code = re.sub(r"#\s*include[^\n]*", "", code_only(text))
    return sorted({(code.count("\n", 0, m.end()) + 1, what) for what, regex in WRONG.items() for m in re.finditer(regex, code)})


def main():
    blind = [s for s in MUST_BE_SEEN if not faults(s)] + [s for s in MAY_BE_SAID if faults(s)]
    if blind:
        sys.exit("check_devices: judges these wrongly:\n" + "\n".join(blind))
    files = sorted(p for place in PLACES for suffix in ("hpp", "cpp") for p in (root / place).rglob("*." + suffix))
    names = [n for n in (str(p.relative_to(root)) for p in files) if not any(n.startswith(d) for d in DEVICES)]
    wrong = [f"{name}:{line}: {what}" for name in names for line, what in faults((root / name).read_text())]
    print("\n".join(wrong) or f"{len(names)} files: none asks which device it runs on")
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
