#!/usr/bin/env python3
"""Writes tests/data/adapter: a tiny Llama, a LoRA adapter for it by PEFT, and the logits of both.

    pip install torch==2.5.1 transformers==4.46.3 peft==0.13.2
    tests/interop/make_small_adapter.py

The logits of one sequence, without and with the adapter, are in expected.safetensors (input_ids, base, adapted).
"""
import json
import pathlib

import torch
from peft import LoraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

folder = pathlib.Path(__file__).resolve().parent.parent / "data" / "adapter"
folder.mkdir(parents=True, exist_ok=True)
torch.manual_seed(3)
config = LlamaConfig(vocab_size=23, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
                     max_position_embeddings=32, rms_norm_eps=1e-5, tie_word_embeddings=True)
model = LlamaForCausalLM(config).float().eval()
for name, p in model.named_parameters():
    torch.nn.init.normal_(p, 1.0 if "norm" in name else 0.0, 0.2 if "norm" in name else p.shape[-1] ** -0.5)
model.save_pretrained(folder)
(folder / "generation_config.json").unlink()
ids = torch.randint(0, 23, (1, 11))
with torch.no_grad():
    base = model(ids).logits[0]
    adapted = get_peft_model(model, LoraConfig(r=3, lora_alpha=5, target_modules=["q_proj", "v_proj", "down_proj"], task_type="CAUSAL_LM")).eval()
    for name, p in adapted.named_parameters():
        if "lora_B" in name:
            torch.nn.init.normal_(p, 0.0, 0.3)
    logits = adapted(ids).logits[0]
adapted.save_pretrained(folder)
(folder / "README.md").unlink(missing_ok=True)
written = json.loads((folder / "adapter_config.json").read_text())
written["base_model_name_or_path"] = "."
(folder / "adapter_config.json").write_text(json.dumps(written, indent=2) + "\n")
save_file({"input_ids": ids[0], "base": base.contiguous(), "adapted": logits.contiguous()}, folder / "expected.safetensors")
print(f"{folder}: largest change by the adapter {(logits - base).abs().max():.3f}")
