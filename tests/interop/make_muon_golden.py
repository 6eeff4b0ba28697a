#!/usr/bin/env python3
"""Writes tests/data/muon: weights before and after three steps of torch.optim.Muon.

    pip install torch==2.15.0 numpy safetensors
    tests/interop/make_muon_golden.py

torch orthogonalises in bfloat16; here it does so in double, so that the numbers tell to more digits
whether the formula is the same. All matrices lie one after the other in `weights`, in
`gradient.0`, ... and in `after.<case>`; SHAPES below is what tests/optim/muon.cpp has, too.
"""
import pathlib

import torch
from safetensors.torch import save_file
from torch.optim import _muon

SHAPES = [(6, 10), (3, 10), (3, 10), (12, 5), (7, 7), (1, 9), (40, 3)]
CASES = {
    "match_adamw": {"adjust_lr_fn": "match_rms_adamw"},
    "original": {"adjust_lr_fn": "original"},
    "without_nesterov": {"adjust_lr_fn": "original", "nesterov": False},
}


class InDouble:
    """torch, but what it calls bfloat16 is double."""
    bfloat16 = torch.float64

    def __getattr__(self, name):
        return getattr(torch, name)


_muon.torch = InDouble()
folder = pathlib.Path(__file__).resolve().parent.parent / "data" / "muon"
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(5)


def numbers(deviation):
    return [torch.normal(0.0, deviation, s).float() for s in SHAPES]


def flat(tensors):
    return torch.cat([t.flatten() for t in tensors])


before = numbers(0.1)
gradients = [numbers(0.01), numbers(1.0), numbers(0.001)]
gradients[0][3].zero_()  # nothing to orthogonalise
out = {"weights": flat(before)} | {f"gradient.{k}": flat(g) for k, g in enumerate(gradients)}
for name, options in CASES.items():
    weights = [torch.nn.Parameter(w.double()) for w in before]
    optimizer = torch.optim.Muon(weights, lr=0.02, weight_decay=0.3, momentum=0.9, **options)
    for gradient in gradients:
        for w, g in zip(weights, gradient):
            w.grad = g.double()
        optimizer.step()
    out[f"after.{name}"] = flat([w.detach() for w in weights])
save_file(out, folder / "torch.safetensors")
changes = {n: float((out[f"after.{n}"] - out["weights"]).abs().max()) for n in CASES}
print(f"{folder}: torch {torch.__version__}, largest changes {changes}")
