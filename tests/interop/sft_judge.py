"""Compares 20 steps of `train --mode sft` with the same steps in transformers and torch, on a tiny Llama.

    python3 -m venv /somewhere/venv && /somewhere/venv/bin/pip install torch transformers jinja2
    /somewhere/venv/bin/python tests/interop/sft_judge.py build/cpu-release/examples/train

Weights, tokenizer, conversations and order are the same. transformers' side of the mask is its own: its chat template has
{% generation %} blocks (return_assistant_tokens_mask), zer0's is the same template without them. The optimizer is torch's
AdamW, the loss torch's cross_entropy, summed over the supervised tokens of a step's micro-batches and divided by their number.
Twice: padded rows, two micro-batches a step; packed rows, all conversations a step. Prints the largest difference of the
losses and exits with 1 if it is over 1e-4.
"""
import json
import pathlib
import random
import subprocess
import sys
import tempfile

import torch
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
STEPS, SEQ, RATE, DECAY = 20, 96, 3e-3, 0.1
TEMPLATE = (
    "{% for m in messages %}{{ '<|im_start|>' + m['role'] + '\\n' }}{% if m['role'] == 'assistant' %}GEN{{ m['content'] + "
    "'<|im_end|>' }}END{% else %}{{ m['content'] + '<|im_end|>' }}{% endif %}{{ '\\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}")
WORDS = "The ships, the lighthouse keeper counted them: 12 or 30? He didn't know where the wind goes. 灯塔 看守人 数着船。".split()


def conversations(n):
    draw = random.Random(5)

    def words():
        return " ".join(draw.choice(WORDS) for _ in range(draw.randint(1, 6)))

    for _ in range(n):
        messages = [{"role": "system", "content": words()}] if draw.random() < 0.3 else []
        for _ in range(draw.randint(1, 2)):
            messages += [{"role": "user", "content": words()}, {"role": "assistant", "content": words()}]
        yield messages


def write_model(folder):
    tokens = PreTrainedTokenizerFast(tokenizer_file=str(ROOT / "tests/data/tokenizer/tokenizer.json"), eos_token="<|im_end|>",
                                     pad_token="<|endoftext|>")
    tokens.chat_template = TEMPLATE.replace("GEN", "").replace("END", "")
    tokens.save_pretrained(folder)
    tokens.chat_template = TEMPLATE.replace("GEN", "{% generation %}").replace("END", "{% endgeneration %}")
    torch.manual_seed(1)
    config = LlamaConfig(vocab_size=len(tokens), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
                         num_key_value_heads=2, max_position_embeddings=SEQ, rms_norm_eps=1e-6, tie_word_embeddings=True,
                         initializer_range=0.2, attn_implementation="eager")
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder)
    return tokens, model


def samples(tokens, data):
    for messages in data:
        encoded = tokens.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
        ids, mask = encoded["input_ids"][:SEQ + 1], encoded["assistant_masks"][:SEQ + 1]
        if any(mask[1:]):
            yield torch.tensor(ids), torch.tensor(mask)


def torch_losses(model, data, per_step):
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), eps=1e-8, weight_decay=DECAY)
    losses, at = [], 0
    for _ in range(STEPS):
        window = data[at:at + per_step]
        at = (at + len(window)) % len(data)
        count = sum(int(mask[1:].sum()) for _, mask in window)
        total = 0.0
        optimizer.zero_grad()
        for ids, mask in window:
            logits = model(input_ids=ids[None, :-1]).logits[0]
            each = torch.nn.functional.cross_entropy(logits, ids[1:], reduction="none")
            loss = (each * mask[1:]).sum() / count
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(total)
    return losses


def zer0_losses(train, folder, out, options):
    command = [train, "--mode", "sft", "--init_from", folder, "--data_path", f"{folder}/chats.jsonl", "--out_dir", out, "--dropout", "0",
               "--shuffle", "false", "--max_steps", str(STEPS), "--epochs", "100", "--learning_rate", str(RATE), "--weight_decay",
               str(DECAY), "--lr_schedule", "constant", "--log_interval", "1", "--dtype", "float32", "--device", "cpu", *options]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return [json.loads(line)["loss"] for line in open(f"{out}/sft_32/log.jsonl")]


def main():
    train = sys.argv[1]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        tokens, model = write_model(folder)
        chats = list(conversations(48))
        with open(f"{folder}/chats.jsonl", "w") as file:
            file.writelines(json.dumps({"messages": m}, ensure_ascii=False) + "\n" for m in chats)
        data = list(samples(tokens, chats))
        print(f"{len(data)} of {len(chats)} conversations, {sum(int(m[1:].sum()) for _, m in data)} supervised tokens")
        start = {name: value.clone() for name, value in model.state_dict().items()}
        for name, per_step, options in [("padded", 8, ["--batch_size", "4", "--accumulation_steps", "2"]),
                                        ("packed", len(data), ["--packed", "--batch_size", "64", "--accumulation_steps", "1"])]:
            model.load_state_dict(start)
            theirs = torch_losses(model, data, per_step)
            ours = zer0_losses(train, folder, f"{folder}/{name}", options)
            difference = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
            worst = max(worst, difference)
            print(f"{name}: loss {theirs[0]:.6f} to {theirs[-1]:.6f}, zer0's {ours[0]:.6f} to {ours[-1]:.6f}; largest difference "
                  f"{difference:.1e}")
    return 0 if worst <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main())
