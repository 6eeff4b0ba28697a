#!/usr/bin/env python3
"""Trains the small byte-level BPE tokenizer of the examples and says how well it compresses.

    python3 -m venv venv && venv/bin/pip install tokenizers==0.23.3
    corpus --out data
    venv/bin/python scripts/make_demo_tokenizer.py data examples/tokenizer

Reads DATA/pretrain.jsonl, measures on DATA/pretrain_val.jsonl, writes OUT/tokenizer.json and OUT/tokenizer_config.json.
The result depends on the texts and the version of `tokenizers` only.
"""

import argparse
import json
import pathlib
import re

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ["<unk>", "<s>", "</s>", "<|im_start|>", "<|im_end|>"]

# ChatML: every message between <|im_start|>role and <|im_end|>.
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + '<|im_end|>\\n' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"
)


def texts(path):
    with open(path, encoding="utf-8") as lines:
        return [json.loads(line)["text"] for line in lines]


def is_chinese(text):
    return any("\u4e00" <= c <= "\u9fff" for c in text) or "。" in text


def rare_too(documents):
    """Every Chinese character and English word, often enough to be worth a token.

    By their counts in the texts alone, the rarer characters would stay split into bytes, and a small model that samples
    one wrong byte writes a broken character.
    """
    characters, words = set(), set()
    for text in documents:
        characters.update(re.findall(r"[\u4e00-\u9fff]", text))
        words.update(re.findall(r"[A-Za-z]+", text))
    return sorted(characters) * 1000 + [" " + word for word in sorted(words)] * 300


def train(documents, size, longest):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=SPECIAL,
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        max_token_length=longest,
        show_progress=False,
    )
    tokenizer.train_from_iterator(documents + rare_too(documents), trainer)
    return tokenizer


def config():
    entry = {"lstrip": False, "normalized": False, "rstrip": False, "single_word": False, "special": True}
    return {
        "add_bos_token": False,
        "add_eos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {str(i): {"content": name, **entry} for i, name in enumerate(SPECIAL)},
        "additional_special_tokens": SPECIAL[3:],
        "bos_token": "<s>",
        "chat_template": CHAT_TEMPLATE,
        "clean_up_tokenization_spaces": False,
        "eos_token": "</s>",
        "model_max_length": 32768,
        "pad_token": "<unk>",
        "tokenizer_class": "PreTrainedTokenizerFast",
        "unk_token": "<unk>",
    }


def report(tokenizer, documents):
    for language, chosen in (
        ("English", [t for t in documents if not is_chinese(t)]),
        ("Chinese", [t for t in documents if is_chinese(t)]),
    ):
        size = sum(len(t.encode()) for t in chosen)
        counts = [len(e.ids) for e in tokenizer.encode_batch(chosen)]
        print(
            f"{language}: {len(chosen)} texts, {size / sum(counts):.2f} bytes a token, "
            f"{sum(counts) / len(chosen):.0f} tokens a text, {max(counts)} at most"
        )
    split = sum("\ufffd" in tokenizer.decode([i]) for e in tokenizer.encode_batch(documents) for i in e.ids)
    print(f"{split} tokens are a part of a character")
    wrong = [t for t in documents if tokenizer.decode(tokenizer.encode(t).ids) != t]
    print(f"{len(wrong)} of {len(documents)} texts come back changed")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("data", type=pathlib.Path, help="folder that `corpus` wrote")
    arguments.add_argument("out", type=pathlib.Path, help="folder of the tokenizer")
    arguments.add_argument("--vocab_size", type=int, default=2560)
    arguments.add_argument("--max_token_length", type=int, default=12, help="longest token in bytes")
    given = arguments.parse_args()

    tokenizer = train(texts(given.data / "pretrain.jsonl"), given.vocab_size, given.max_token_length)
    given.out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(given.out / "tokenizer.json"))
    with open(given.out / "tokenizer_config.json", "w", encoding="utf-8") as file:
        json.dump(config(), file, ensure_ascii=False, indent=2)
        file.write("\n")
    print(f"{tokenizer.get_vocab_size()} tokens")
    report(tokenizer, texts(given.data / "pretrain_val.jsonl"))


if __name__ == "__main__":
    main()
