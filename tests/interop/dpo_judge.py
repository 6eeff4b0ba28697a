"""Compares 20 steps of `train --mode dpo` with the same steps in transformers and torch, on a tiny Llama, for each loss.

    python3 -m venv /somewhere/venv && /somewhere/venv/bin/pip install torch transformers jinja2
    /somewhere/venv/bin/python tests/interop/dpo_judge.py build/cpu-release/examples/train

Weights, tokenizer, pairs and order are the same. The losses are written here as TRL's DPOTrainer (sigmoid with and without label
smoothing, ipo, hinge) and CPOTrainer (simpo) and ORPOTrainer have them, with TRL itself where it is installed for the sigmoid
loss of one step; the reference model is the model before the first step. Torch's AdamW. Prints the largest difference of the
losses for each and exits with 1 if one is over 1e-4.
"""
import json
import pathlib
import random
import sys
import subprocess
import tempfile

import torch
from torch.nn.functional import logsigmoid, relu

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from sft_judge import WORDS, write_model  # the same tokenizer and model

STEPS, SEQ, RATE, DECAY, PAIRS = 20, 96, 1e-3, 0.1, 30
BETA, SMOOTHING, GAMMA = 0.2, 0.1, 0.5
LOSSES = {
    "sigmoid": [], "cdpo": ["--dpo_loss", "sigmoid", "--dpo_label_smoothing", str(SMOOTHING)], "ipo": [], "hinge": [],
    "simpo": [], "orpo": []}


def pairs():
    draw = random.Random(7)
    words = lambda: " ".join(draw.choice(WORDS) for _ in range(draw.randint(2, 7)))
    for _ in range(PAIRS):
        prompt = [{"role": "system", "content": words()}] if draw.random() < 0.3 else []
        prompt += [{"role": "user", "content": words()}]
        if draw.random() < 0.3:  # an earlier turn that both sides share is not learned
            prompt += [{"role": "assistant", "content": words()}, {"role": "user", "content": words()}]
        sides = [prompt + [{"role": "assistant", "content": words()}] for _ in range(2)]
        if sides[0] != sides[1]:
            yield dict(zip(("chosen", "rejected"), sides))


def encoded(tokens, messages):
    """ids and the mask of the last answer, its end token included."""
    whole = tokens.apply_chat_template(messages, return_dict=True, return_assistant_tokens_mask=True)
    prompt = tokens.apply_chat_template(messages[:-1], add_generation_prompt=True)
    ids, mask = whole["input_ids"], whole["assistant_masks"]
    assert ids[:len(prompt)] == prompt
    mask = [m if i >= len(prompt) else 0 for i, m in enumerate(mask)]
    last = min(max(i for i, m in enumerate(mask) if m), SEQ) + 1
    return torch.tensor(ids[:last]), torch.tensor(mask[:last])


def score(model, ids, mask):
    """The sum of the answer's log-probabilities, and how many there are."""
    logp = torch.log_softmax(model(input_ids=ids[None, :-1]).logits[0], dim=-1)
    return (logp.gather(1, ids[1:, None])[:, 0] * mask[1:]).sum(), mask[1:].sum()


def loss_of(name, chosen, rejected, ref_chosen, ref_rejected):
    (c, nc), (r, nr), (rc, _), (rr, _) = chosen, rejected, ref_chosen, ref_rejected
    h = (c - r) - (rc - rr)
    if name == "sigmoid":
        return -logsigmoid(BETA * h)
    if name == "cdpo":
        return -(1 - SMOOTHING) * logsigmoid(BETA * h) - SMOOTHING * logsigmoid(-BETA * h)
    if name == "hinge":
        return relu(1 - BETA * h)
    if name == "ipo":
        return (((c - rc) / nc - (r - rr) / nr) - 1 / (2 * BETA)) ** 2
    if name == "simpo":
        return -logsigmoid(BETA * (c / nc - r / nr) - GAMMA)
    c, r = c / nc, r / nr
    odds = (c - r) - (torch.log1p(-torch.exp(c)) - torch.log1p(-torch.exp(r)))
    return -c - BETA * logsigmoid(odds)


def torch_losses(name, model, data):
    with torch.no_grad():
        references = [[score(model, *side) for side in pair] for pair in data]
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, betas=(0.9, 0.95), eps=1e-8, weight_decay=DECAY)
    losses, at, per_step = [], 0, 8
    for _ in range(STEPS):
        window = range(at, min(at + per_step, len(data)))
        at = (at + len(window)) % len(data)
        optimizer.zero_grad()
        total = 0.0
        for i in window:
            loss = loss_of(name, *[score(model, *side) for side in data[i]], *references[i]) / len(window)
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(total)
    return losses


def zer0_losses(train, folder, out, options):
    command = [train, "--mode", "dpo", "--init_from", folder, "--data_path", f"{folder}/pairs.jsonl", "--out_dir", out, "--shuffle",
               "false", "--batch_size", "4", "--accumulation_steps", "2", "--max_steps", str(STEPS), "--epochs", "100", "--learning_rate",
               str(RATE), "--weight_decay", str(DECAY), "--lr_schedule", "constant", "--log_interval", "1", "--dtype", "float32",
               "--device", "cpu", "--dpo_beta", str(BETA), "--simpo_gamma", str(GAMMA), *options]
    subprocess.run(command, check=True, capture_output=True)
    return [json.loads(line)["loss"] for line in open(f"{out}/rlhf_32/log.jsonl")]


def trl_loss(chosen, rejected, ref_chosen, ref_rejected):
    """TRL's own sigmoid loss of a batch of log-probabilities, or nothing where TRL is not installed."""
    try:
        from trl import DPOTrainer
    except ImportError:
        return None
    import types
    stand_in = types.SimpleNamespace(beta=BETA, label_smoothing=0, loss_type="sigmoid", reference_free=False, f_divergence_type=None,
                                     f_divergence_params={}, accelerator=types.SimpleNamespace(device="cpu"))
    return DPOTrainer.dpo_loss(stand_in, chosen, rejected, ref_chosen, ref_rejected)[0].mean().item()


def main():
    train = sys.argv[1]
    worst = 0.0
    with tempfile.TemporaryDirectory() as folder:
        tokens, model = write_model(folder)
        lines = list(pairs())
        with open(f"{folder}/pairs.jsonl", "w") as file:
            file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
        data = [[encoded(tokens, line[side]) for side in ("chosen", "rejected")] for line in lines]
        data = [pair for pair in data if all(mask[1:].sum() > 0 for _, mask in pair)]  # zer0 leaves the others out too
        print(f"{len(data)} of {len(lines)} pairs")
        start = {name: value.clone() for name, value in model.state_dict().items()}
        for name, options in LOSSES.items():
            model.load_state_dict(start)
            theirs = torch_losses(name, model, data)
            ours = zer0_losses(train, folder, f"{folder}/{name}", options or ["--dpo_loss", name])
            difference = max(abs(a - b) for a, b in zip(ours, theirs, strict=True))
            worst = max(worst, difference)
            print(f"{name}: loss {theirs[0]:.6f} to {theirs[-1]:.6f}, zer0's {ours[0]:.6f} to {ours[-1]:.6f}; largest difference "
                  f"{difference:.1e}")
        a = torch.tensor([-5.0, -7.0]), torch.tensor([-6.0, -6.5]), torch.tensor([-5.5, -7.5]), torch.tensor([-5.0, -6.0])
        if (theirs := trl_loss(*a)) is None:
            print("TRL is not installed: its formula was compared as written here")
        else:
            own = loss_of("sigmoid", *[(x, None) for x in a]).mean().item()
            print(f"TRL's own sigmoid loss of given log-probabilities: {theirs:.7f}, here {own:.7f}")
            worst = max(worst, abs(theirs - own))
    return 0 if worst <= 1e-4 else 1


if __name__ == "__main__":
    sys.exit(main())
