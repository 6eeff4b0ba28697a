#!/usr/bin/env python3
"""Compares `eval --ppl` with what transformers say of the same texts under the same weights.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install torch transformers
    /tmp/venv/bin/python tests/interop/perplexity_judge.py build/release/examples/eval TOKENIZER TEXTS.jsonl [MODEL]

MODEL is a folder in Hugging Face's layout with the tokenizer's vocabulary; without it small Llamas with random weights are
made, tied and untied, with and without grouped heads. transformers compute in double. Each text is bos + text + eos, as
the tokenizer has them, and must fit into the model's context. Exits with 1 if a perplexity differs by more than 1e-4
relative.
"""
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM


def random_models(tokenizer, folder):
    for tied in (True, False):
        for kv_heads in (4, 2):
            torch.manual_seed(1)
            config = LlamaConfig(vocab_size=len(tokenizer), hidden_size=64, intermediate_size=172, num_hidden_layers=3,
                                 num_attention_heads=4, num_key_value_heads=kv_heads, max_position_embeddings=256,
                                 tie_word_embeddings=tied, initializer_range=0.1, bos_token_id=tokenizer.bos_token_id,
                                 eos_token_id=tokenizer.eos_token_id)
            path = folder / f"tied_{tied}_kv_{kv_heads}"
            LlamaForCausalLM(config).save_pretrained(path)
            yield path


def by_transformers(path, documents):
    model = AutoModelForCausalLM.from_pretrained(path, torch_dtype=torch.float64).eval()
    total, count = 0.0, 0
    with torch.no_grad():
        for ids in documents:
            tokens = torch.tensor([ids])
            logits = model(tokens).logits[0, :-1]
            total += torch.nn.functional.cross_entropy(logits, tokens[0, 1:], reduction="sum").item()
            count += len(ids) - 1
    return math.exp(total / count), count


def by_eval(program, path, tokenizer, texts):
    command = [program, "--device", "cpu", "--checkpoint", path, "--tokenizer_path", tokenizer, "--ppl", texts]
    line = subprocess.run(command, capture_output=True, check=True, text=True).stdout
    found = re.match(r"perplexity (\S+) \(loss (\S+) over ([\d,]+) tokens", line)
    return float(found[1]), int(found[3].replace(",", ""))


def main():
    program, folder, path = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
    tokenizer = AutoTokenizer.from_pretrained(folder)
    ends = [[i] if i is not None else [] for i in (tokenizer.bos_token_id, tokenizer.eos_token_id)]
    texts = [json.loads(line)["text"] for line in path.read_text(encoding="utf-8").splitlines()]
    documents = [ends[0] + tokenizer(t, add_special_tokens=False)["input_ids"] + ends[1] for t in texts]
    worst = 0.0
    with tempfile.TemporaryDirectory() as made:
        models = [pathlib.Path(sys.argv[4])] if len(sys.argv) > 4 else list(random_models(tokenizer, pathlib.Path(made)))
        for model in models:
            theirs, their_count = by_transformers(model, documents)
            ours, count = by_eval(program, model, folder, path)
            assert count == their_count, f"{count} tokens, not {their_count}"
            worst = max(worst, abs(ours / theirs - 1))
            print(f"{model.name}: {ours:.6g}, transformers {theirs:.9g}, {count} tokens")
    print(f"largest difference {worst:.1e}")
    sys.exit(worst > 1e-4)


main()
