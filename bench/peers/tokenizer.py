#!/usr/bin/env python3
"""zer0's tokenizer and Hugging Face's tokenizers (Rust), turn by turn on the same texts, one thread each.

    python3 -m venv venv && venv/bin/pip install tokenizers
    venv/bin/python bench/peers/tokenizer.py build/all/bench/bench_tokenizer --tokenizer DIR --data texts.jsonl

Both get the texts one after another (`encode_batch` of one thread for the rival, whose calls from Python cost more).
Speeds are medians over the rounds; the ratio is the median of the rounds' ratios, as a machine's speed drifts.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

os.environ["RAYON_NUM_THREADS"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
from tokenizers import Tokenizer, __version__  # noqa: E402  (reads the variables above)


def ours(program, tokenizer, data):
    with tempfile.NamedTemporaryFile(suffix=".json") as out:
        command = [program, "--tokenizer", tokenizer, "--data", data, "--runs", "3", "--json", out.name]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        row = json.load(open(out.name))["rows"][0]
    return row["first encode MB/s"], row["encode MB/s"], row["decode MB/s"]


def theirs(tokenizer, texts, megabytes):
    def timed(call):
        start = time.perf_counter()
        result = call()
        return megabytes / (time.perf_counter() - start), result

    tok = Tokenizer.from_file(str(pathlib.Path(tokenizer) / "tokenizer.json"))  # fresh: its cache is empty
    first, encoded = timed(lambda: tok.encode_batch(texts, add_special_tokens=False))
    again, encoded = timed(lambda: tok.encode_batch(texts, add_special_tokens=False))
    ids = [e.ids for e in encoded]
    back, _ = timed(lambda: [tok.decode(one, skip_special_tokens=False) for one in ids])
    return first, again, back


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", help="bench_tokenizer")
    parser.add_argument("--tokenizer", action="append", required=True, help="a folder with tokenizer.json")
    parser.add_argument("--data", action="append", required=True, help="JSON Lines of {\"text\": ...}")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    print(f"tokenizers {__version__}; MB/s, zer0 / tokenizers = ratio")
    for tokenizer in options.tokenizer:
        for data in options.data:
            texts = [json.loads(line)["text"] for line in open(data, encoding="utf-8") if line.strip()]
            megabytes = sum(len(text.encode()) for text in texts) / 1e6
            rounds = [(ours(options.program, tokenizer, data), theirs(tokenizer, texts, megabytes))
                      for _ in range(options.rounds)]
            parts = []
            for i, what in enumerate(["first encode", "encode again", "decode"]):
                a, b = [statistics.median(r[side][i] for r in rounds) for side in (0, 1)]
                ratio = statistics.median(r[0][i] / r[1][i] for r in rounds)
                parts.append(f"{what} {a:.1f} / {b:.1f} = {ratio:.1f}")
            print(f"{pathlib.Path(tokenizer).name:12} {pathlib.Path(data).name:30} " + "   ".join(parts), flush=True)


if __name__ == "__main__":
    main()
