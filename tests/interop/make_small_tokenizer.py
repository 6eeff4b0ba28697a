#!/usr/bin/env python3
"""Makes tests/data/tokenizer: a byte-level BPE tokenizer of a few hundred tokens, and goldens from Hugging Face's tokenizers.

    python3 -m venv /tmp/venv && /tmp/venv/bin/pip install tokenizers
    /tmp/venv/bin/python tests/interop/make_small_tokenizer.py

goldens.jsonl: a line is {"patch", "cases", "decode"}. The tokenizer of the line is tokenizer.json changed by the JSON merge
patch (RFC 7386); cases are [text, ids, ids with special tokens as plain text, ids with the template, decoded, decoded
without special tokens], null where it is as ids or as text; decode are [ids, skip_special, text].
"""
import copy
import json
import pathlib
import random

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "data" / "tokenizer"

STORY = """The lighthouse keeper counted ships: one, two, three. He wrote "12 ships" in his book, and it's been there since 1987.
"Where do they go?" asked the girl. They'll go wherever the wind goes, he said; we've never followed them.
She didn't believe him. Every morning she'd walk along the wall, counting stones, and every evening she'd forget how many.
for (int i = 0; i < 10; ++i) { total += ships[i]; }
Das Schiff fährt über das Meer. Le café où l'on mange des crêpes est fermé. 灯塔看守人数着船。海上有很多船。
"""

TEXTS = [
    "", "a", " ", "\n", "The ships", "the lighthouse keeper  counted   ships.", "It's 1987, isn't it? THEY'LL go; we'Ve, I'd",
    "tabs\tand\n\nlines \n  indented\r\nend  ", "12345 67 8", "naïve café über 灯塔看守人 船 🚢🚢 👩‍🚀", "e\u0301 \u212b \ufb01 \uac00 \u1100\u1161",
    "<|im_start|>user\nhi<|im_end|>", "a <mask> b<mask>c", "x<sep>  y <sep>", "zebra zebras, zebra! a_zebra", "<|endoftext|><|endoftext|>",
    "a\u00a0b\u3000c\u2028d\u0085e\u180ef", "\u0416\u0416 \u0416", "'s 'S '\u017f 're don't", "for (int i = 0; i < 10; ++i) {}",
    "a.b,c;;d  e", "...a...", "word_word-word x\u00b2 \u0661\u0662", "\u0000\u0001\u007f", "ships" * 30,
]


def train():
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tok.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(vocab_size=420, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False,
                                  special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>"])
    tok.train_from_iterator([STORY], trainer)
    tok.add_tokens([AddedToken("<sep>", rstrip=True, normalized=False), AddedToken("zebra", single_word=True, normalized=True)])
    tok.add_special_tokens([AddedToken("<mask>", lstrip=True, normalized=False, special=True)])
    document = json.loads(tok.to_str())
    document["post_processor"] = {
        "type": "TemplateProcessing",
        "single": [{"SpecialToken": {"id": "<|im_start|>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
                   {"SpecialToken": {"id": "<|im_end|>", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<|im_start|>": {"id": "<|im_start|>", "ids": [1], "tokens": ["<|im_start|>"]},
                           "<|im_end|>": {"id": "<|im_end|>", "ids": [2], "tokens": ["<|im_end|>"]}}}
    return document


def byte_level(**settings):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True} | settings


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def steps(*parts):
    return {"pre_tokenizer": {"type": "Sequence", "pretokenizers": list(parts)}}


def patches(document):
    llama = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+"
             r"|\s+(?!\S)|\s+")
    plain = byte_level(use_regex=False)
    yield {}
    yield steps(split(llama), plain)
    yield steps(split(llama.replace("{1,3}", "")), plain) | {"normalizer": {"type": "NFC"}}
    for form in ["NFD", "NFKC", "NFKD"]:
        yield {"normalizer": {"type": "Sequence", "normalizers": [{"type": form}]}}
    for behavior in ["Isolated", "Removed", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        for invert in [False, True]:
            yield steps(split(r"[,;.]|\s", behavior, invert), plain)
    yield steps(split(".", "MergedWithPrevious", kind="String"), plain)
    yield steps({"type": "Digits", "individual_digits": True}, byte_level())
    yield steps({"type": "Digits", "individual_digits": False}, plain)
    yield {"pre_tokenizer": byte_level(add_prefix_space=True)}
    yield steps(split(r"\s+", "Removed"), byte_level(add_prefix_space=True, use_regex=False))
    for pattern in [r"\w+", r"\W+", r"\b", r"[^\w\s]+", r"[\S]+", r"\S+|\s+?", r"(?i)THE|\d", r"[\u00e0-\u00ff]|\p{Lu}\p{Ll}*",
                    r"a*", r"\p{Han}|\P{L}", r"(?<=s)h|(?<!s)h", r"\x{706f}|[\x61-\x63]++", r"^.|.$", "\\.|\\-|[\\]\\[]|\\v"]:
        yield steps(split(pattern), plain)
    yield {"model": {"ignore_merges": True, "merges": document["model"]["merges"][:80]}}
    # The first byte of Cyrillic letters has no token. (Its id goes to another: tokenizers numbers added tokens anew if one is free.)
    without = {"Ð": None, "unused token": document["model"]["vocab"]["Ð"]}
    yield {"model": {"vocab": without}}
    yield {"model": {"vocab": without, "unk_token": "<|endoftext|>"}}
    yield {"model": {"vocab": without, "unk_token": "<|endoftext|>", "fuse_unk": True}}
    yield {"model": {"merges": [f"{a} {b}" for a, b in document["model"]["merges"]]}}
    yield {"post_processor": {"type": "Sequence", "single": None, "pair": None, "special_tokens": None, "processors": [
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False, "use_regex": True}, document["post_processor"]]}}
    yield {"post_processor": {"type": "RobertaProcessing", "single": None, "pair": None, "special_tokens": None, "sep": ["<|im_end|>", 2],
                              "cls": ["<|im_start|>", 1], "trim_offsets": True, "add_prefix_space": False}}


def merged(target, patch):
    if not isinstance(patch, dict):
        return patch
    result = copy.deepcopy(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def goldens(tok, rng, decodes):
    cases = []
    for text in TEXTS:
        tok.encode_special_tokens = True
        plain = tok.encode(text, add_special_tokens=False).ids
        tok.encode_special_tokens = False
        ids = tok.encode(text, add_special_tokens=False).ids
        template = tok.encode(text, add_special_tokens=True).ids
        texts = [tok.decode(ids, skip_special_tokens=skip) for skip in [False, True]]
        cases.append([text, ids] + [None if x == ids else x for x in [plain, template]] + [None if x == text else x for x in texts])
    decode = []
    for skip in [False, True]:
        for _ in range(decodes):
            ids = [rng.randrange(tok.get_vocab_size() + 3) for _ in range(rng.randrange(12))]
            decode.append([ids, skip, tok.decode(ids, skip_special_tokens=skip)])
    return {"cases": cases, "decode": decode}


def main():
    rng = random.Random(1)
    document = train()
    FOLDER.mkdir(parents=True, exist_ok=True)
    (FOLDER / "tokenizer.json").write_text(json.dumps(document, ensure_ascii=False, indent=0) + "\n")
    with open(FOLDER / "goldens.jsonl", "w") as out:
        for patch in patches(document):
            tok = Tokenizer.from_str(json.dumps(merged(document, patch)))
            out.write(json.dumps({"patch": patch} | goldens(tok, rng, 0 if patch else 20), separators=(",", ":")) + "\n")


main()
