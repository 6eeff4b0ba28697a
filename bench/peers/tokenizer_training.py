#!/usr/bin/env python3
"""`tokenizer train` and Hugging Face's BpeTrainer (Rust), turn by turn on the same texts, both on the given number of threads.

    python3 -m venv venv && venv/bin/pip install tokenizers
    venv/bin/python bench/peers/tokenizer_training.py build/release/examples/tokenizer --vocab_size 8000 texts.jsonl

Files of JSON Lines are made plain texts first, which both read by themselves; several files are one text. Ours is the whole
process, files written; theirs is train(files) and save, in a process of its own, without the start of Python. Seconds are
medians over the rounds; the ratio is the median of the rounds' ratios, as a machine's speed drifts. Memory is the most that
each process held. Both tokenizer.json must be equal.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

THEIRS = """
import json, sys, time
from tokenizers import Tokenizer, __version__, decoders, models, pre_tokenizers, trainers
text, out, size, special = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4].split()
tok = Tokenizer(models.BPE())
tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
tok.decoder = decoders.ByteLevel()
trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False,
                              initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
start = time.perf_counter()
tok.train([text], trainer)
tok.save(out)
print(time.perf_counter() - start, __version__)
"""
SPECIAL = "<unk> <s> </s> <|im_start|> <|im_end|>"


def run(command, environment):
    """Seconds, MiB at most, output."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=os.environ | environment, stdout=subprocess.PIPE, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, command
    return time.perf_counter() - start, usage.ru_maxrss / 1024, output


def plain_text(files, folder):
    path = folder / "texts.txt"
    with open(path, "wb") as out:
        for file in files:
            with open(file, "rb") as source:  # never whole in memory: a child's peak is at least its parent's
                if file.endswith(".jsonl"):
                    out.writelines(json.loads(line)["text"].encode() + b"\n" for line in source)
                else:
                    shutil.copyfileobj(source, out)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="tokenizer, of examples/")
    parser.add_argument("--vocab_size", type=int, default=8000)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("files", nargs="+")
    o = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        text, out, other = plain_text(o.files, folder), folder / "ours", folder / "theirs.json"
        rounds = []
        for _ in range(o.rounds):
            ours = run([o.program, "train", "--out", str(out), "--overwrite", "--vocab_size", str(o.vocab_size), "--special_tokens",
                        SPECIAL, "--n_threads", str(o.threads), str(text)], {})
            theirs = run([sys.executable, "-c", THEIRS, str(text), str(other), str(o.vocab_size), SPECIAL],
                         {"RAYON_NUM_THREADS": str(o.threads), "TOKENIZERS_PARALLELISM": "true"})
            seconds, version = theirs[2].split()
            rounds.append((ours[0], float(seconds), ours[1], theirs[1]))
        assert (out / "tokenizer.json").read_bytes() == other.read_bytes(), "the tokenizers differ"
        a, b, memory, their_memory = [statistics.median(r[i] for r in rounds) for i in range(4)]
        ratios = sorted(r[1] / r[0] for r in rounds)
        print(f"{text.stat().st_size / 1e6:.1f} MB, vocabulary {o.vocab_size}, {o.threads} threads, tokenizers {version}: "
              f"{a:.2f} s / {b:.2f} s, {statistics.median(ratios):.1f} times as fast ({ratios[0]:.1f} to {ratios[-1]:.1f}); "
              f"{memory:.0f} / {their_memory:.0f} MiB; the same tokenizer.json")


if __name__ == "__main__":
    main()
