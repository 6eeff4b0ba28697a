#!/usr/bin/env python3
"""Loads a tokenizer that `tokenizer train` wrote with Hugging Face's tokenizers and transformers, and compares what they say.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers transformers jinja2
    /tmp/venv/bin/python tests/interop/trained_tokenizer_judge.py build/release/examples/tokenizer FOLDER TEXTS.jsonl

FOLDER holds the four files. Every text must have the same ids from tokenizer.json, from vocab.json + merges.txt, from
transformers and from zer0 (asked for the first 20 texts, a process each), and decode to itself.
"""
import json
import pathlib
import subprocess
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import AutoTokenizer


def main():
    program, folder, path = sys.argv[1], pathlib.Path(sys.argv[2]), sys.argv[3]
    whole = Tokenizer.from_file(str(folder / "tokenizer.json"))
    pair = Tokenizer(models.BPE.from_file(str(folder / "vocab.json"), str(folder / "merges.txt")))
    pair.pre_tokenizer, pair.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    auto = AutoTokenizer.from_pretrained(folder)
    config = json.loads((folder / "tokenizer_config.json").read_text())
    for role in ["bos_token", "eos_token", "pad_token", "unk_token", "chat_template"]:
        assert getattr(auto, role) == config.get(role), role
    texts = [json.loads(line)["text"] for line in open(path, encoding="utf-8")]
    for number, text in enumerate(texts):
        ids = whole.encode(text).ids
        assert ids == pair.encode(text).ids == auto(text, add_special_tokens=False)["input_ids"], number
        assert whole.decode(ids) == text, number
        if number < 20:
            command = [program, "encode", "--tokenizer_path", str(folder)]
            ours = subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout
            assert [int(word) for word in ours.split()] == ids, number
    if auto.chat_template:
        print(auto.apply_chat_template([{"role": "user", "content": "hi"}], tokenize=False, add_generation_prompt=True))
    print(f"{len(texts)} texts: the same ids")


main()
