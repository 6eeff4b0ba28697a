#!/usr/bin/env python3
"""Does transformers read what zer0 wrote? Compares logits with those recorded in tests/data/models; exit code 1 if one differs.

    pip install torch==2.5.1 transformers==4.57.1
    tests/interop/model_files_judge.py FOLDER        # written by tests/interop/write_models.cpp
"""
import pathlib
import sys

import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM

recorded = pathlib.Path(__file__).resolve().parent.parent / "data" / "models"
wrong = 0
for folder in sorted(pathlib.Path(sys.argv[1]).iterdir()):
    expected = load_file(recorded / folder.name / "expected.safetensors")
    model, info = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    with torch.no_grad():
        logits = model.eval()(expected["input_ids"][None]).logits[0]
    difference = (logits - expected["logits"]).abs().max().item()
    good = difference < 1e-5 and not info["missing_keys"] and not info["unexpected_keys"]
    wrong += not good
    print(f"{folder.name}: {type(model).__name__}, largest difference {difference:.1e}, missing {info['missing_keys']}, "
          f"unexpected {info['unexpected_keys']}{'' if good else '  WRONG'}")
sys.exit(wrong > 0)
