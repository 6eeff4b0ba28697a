#!/usr/bin/env python3
"""Makes tests/data/bpe_trainer: small texts, and what Hugging Face's BpeTrainer learns from them and from larger ones.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers
    /tmp/venv/bin/python tests/interop/make_trained_tokenizers.py SHARED/data

SHARED/data holds pretrain_shakespeare.jsonl and pretrain_poetry_zh.jsonl, whose texts are in the public domain. From each
an excerpt is taken: english.txt and chinese.jsonl. <name>.tokenizer.json is the whole tokenizer trained on an excerpt;
shakespeare.merges.txt and poetry.merges.txt are the merges learned from the whole files.
"""
import json
import pathlib
import sys

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "bpe_trainer"
SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]


def texts(path):
    return [json.loads(line)["text"] for line in open(path, encoding="utf-8")]


def train(source, size, special=SPECIAL, **settings):
    """`source`: the path of a plain text, which is trained on line by line, or a list of texts."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=special, show_progress=False,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), **settings)
    if isinstance(source, list):
        tok.train_from_iterator(source, trainer)
    else:
        tok.train([str(source)], trainer)
    return tok


def save(name, tok):
    (FOLDER / f"{name}.tokenizer.json").write_text(tok.to_str(pretty=True), encoding="utf-8")


def save_merges(name, tok):
    merges = json.loads(tok.to_str())["model"]["merges"]
    (FOLDER / f"{name}.merges.txt").write_text("#version: 0.2\n" + "".join(f"{a} {b}\n" for a, b in merges), encoding="utf-8")


def main():
    data = pathlib.Path(sys.argv[1])
    shakespeare, poetry = texts(data / "pretrain_shakespeare.jsonl"), texts(data / "pretrain_poetry_zh.jsonl")
    FOLDER.mkdir(parents=True, exist_ok=True)
    english, chinese = FOLDER / "english.txt", FOLDER / "chinese.jsonl"
    english.write_text("\n\n".join(shakespeare[:25]) + "\n  the end \t\n\n", encoding="utf-8")
    chinese.write_text("".join(json.dumps({"text": text}, ensure_ascii=False) + "\n" for text in poetry[:80]), encoding="utf-8")
    save("english", train(english, 700))
    save("chinese", train(texts(chinese), 600))
    # Special tokens that are spelled like a byte and like merges; a limit of length; pairs that are too rare.
    save("settings", train(english, 600, special=["<|endoftext|>", "the", "e", "Ġyou"], min_frequency=8, max_token_length=6))
    save("rare", train(english, 5000, special=[], min_frequency=20))
    save_merges("shakespeare", train(shakespeare, 4000))
    save_merges("poetry", train(poetry, 4000))


main()
