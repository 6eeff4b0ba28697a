"""Computes the small goldens of tests/data/golden: formulas in NumPy, float64, gradients by automatic differentiation.

    python -m venv /somewhere/venv && /somewhere/venv/bin/pip install numpy autograd
    /somewhere/venv/bin/python tests/interop/make_small_golden.py [DIR]

Shares no code with zer0. Files look like those of the reference implementation, so that one program (golden_check) reads both:
safetensors, parameters under the reference's names, sizes and scalars in the metadata (f64.*: before rounding to
float32). Sizes are odd on purpose: one key/value head for three, heads that are wider than dim / heads, another theta.
Numbers are equal for every run.
"""
import json
import pathlib
import struct
import sys

import autograd.numpy as np
from autograd import grad, value_and_grad
import numpy as onp

CONFIG = dict(dim=12, n_layers=2, n_heads=3, n_kv_heads=1, head_dim=6, hidden_dim=20, vocab_size=19, max_seq_len=32,
              rope_theta=500.0, norm_eps=1e-3, use_moe=False)
SOURCE = "tests/interop/make_small_golden.py: NumPy, float64"


def write(path, tensors, metadata):
    """A safetensors file: floats as F32, integers as I64, entries in the order of their names."""
    header, data = {"__metadata__": {key: text_of(value) for key, value in metadata.items()}}, b""
    for name in sorted(tensors):
        array = onp.asarray(tensors[name])
        array = array.astype("<i8" if array.dtype.kind in "iu" else "<f4")
        raw = onp.ascontiguousarray(array).tobytes()
        header[name] = {"dtype": "I64" if array.dtype.kind == "i" else "F32", "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    print(f"{path.name}: {8 + len(text) + len(data)} bytes")


def text_of(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def config(sizes, prefix="config."):
    return {"source": SOURCE, **{prefix + key: value for key, value in sizes.items()}}


def scalars(values):
    return {prefix + key: repr(float(value)) for key, value in values.items() for prefix in ("", "f64.")}


def rounded(random, *shape, size=1.0, mean=0.0):
    """Normal numbers that float32 holds exactly."""
    return (mean + size * random.standard_normal(shape)).astype(onp.float32).astype(onp.float64)


# -- the model

def rms_norm(x, weight, eps):
    return x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps) * weight


def angles(positions, head_dim, theta):
    return onp.outer(positions, theta ** (-2.0 * onp.arange(head_dim // 2) / head_dim))


def rope(x, angle):
    """x (B, T, H, C), pairs of neighbours as complex numbers, turned by angle (T, C/2)."""
    even, odd = x[..., 0::2], x[..., 1::2]
    cos, sin = onp.cos(angle)[None, :, None, :], onp.sin(angle)[None, :, None, :]
    return np.reshape(np.stack([even * cos - odd * sin, even * sin + odd * cos], axis=-1), x.shape)


def softmax(x):
    e = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return e / np.sum(e, axis=-1, keepdims=True)


def attention(x, p, s):
    batch, length, _ = x.shape
    heads = lambda name, n: np.reshape(x @ p[name].T, (batch, length, n, s["head_dim"]))
    angle = angles(onp.arange(length), s["head_dim"], s["rope_theta"])
    q, k = rope(heads("wq.weight", s["n_heads"]), angle), rope(heads("wk.weight", s["n_kv_heads"]), angle)
    v = heads("wv.weight", s["n_kv_heads"])
    outputs = []
    for h in range(s["n_heads"]):
        kv = h // (s["n_heads"] // s["n_kv_heads"])
        scores = np.einsum("btc,buc->btu", q[:, :, h], k[:, :, kv]) / onp.sqrt(s["head_dim"])
        masked = scores + onp.triu(onp.full((length, length), -1e30), 1)
        outputs.append(np.einsum("btu,buc->btc", softmax(masked), v[:, :, kv]))
    return np.concatenate(outputs, axis=-1) @ p["wo.weight"].T


def feed_forward(x, p):
    gate = x @ p["w1.weight"].T
    return (gate / (1 + np.exp(-gate)) * (x @ p["w3.weight"].T)) @ p["w2.weight"].T


def under(p, prefix):
    return {name[len(prefix):]: value for name, value in p.items() if name.startswith(prefix)}


def forward(p, ids, s, activations=None):
    note = (lambda name, value: activations.__setitem__("act." + name, value)) if activations is not None else lambda *_: 0
    h = p["token_emb.weight"][ids]
    note("embedding", h)
    for i in range(s["n_layers"]):
        layer = f"layers.{i}."
        a = attention(rms_norm(h, p[layer + "atten_norm.weight"], s["norm_eps"]), under(p, layer + "attn."), s)
        h = h + a
        f = feed_forward(rms_norm(h, p[layer + "ffn_norm.weight"], s["norm_eps"]), under(p, layer + "ffn."))
        h = h + f
        note(layer + "attn", a), note(layer + "ffn", f), note(layer[:-1], h)
    h = rms_norm(h, p["norm.weight"], s["norm_eps"])
    note("norm", h)
    return h @ p["token_emb.weight"].T


def log_probabilities(logits, labels):
    largest = np.max(logits, axis=-1, keepdims=True)
    lse = np.log(np.sum(np.exp(logits - largest), axis=-1)) + largest[..., 0]
    rows, cols = onp.indices(labels.shape)
    return logits[rows, cols, labels] - lse


def loss_of(logits, labels, mask):
    return -np.sum(mask * log_probabilities(logits, labels)) / onp.sum(mask)


def parameters(random, s, size=1.0):
    q, kv = s["n_heads"] * s["head_dim"], s["n_kv_heads"] * s["head_dim"]
    d, f = s["dim"], s["hidden_dim"]
    matrix = lambda out, inner: rounded(random, out, inner, size=size / onp.sqrt(inner))
    vector = lambda: rounded(random, d, size=0.2, mean=1)
    p = {"token_emb.weight": rounded(random, s["vocab_size"], d, size=0.7), "norm.weight": vector()}
    for i in range(s["n_layers"]):
        layer = f"layers.{i}."
        p |= {layer + "atten_norm.weight": vector(), layer + "ffn_norm.weight": vector(),
              layer + "attn.wq.weight": 2 * matrix(q, d), layer + "attn.wk.weight": 2 * matrix(kv, d),
              layer + "attn.wv.weight": matrix(kv, d), layer + "attn.wo.weight": matrix(d, q),
              layer + "ffn.w1.weight": matrix(f, d), layer + "ffn.w3.weight": matrix(f, d),
              layer + "ffn.w2.weight": matrix(d, f)}
    return p


def named(prefix, tensors):
    return {prefix + name: value for name, value in tensors.items()}


def norm_of(gradients):
    return onp.sqrt(sum((g * g).sum() for g in gradients.values()))


def dense(folder):
    random, s = onp.random.default_rng(1), CONFIG
    p = parameters(random, s)
    ids, labels = random.integers(0, 19, (2, 9)), random.integers(0, 19, (2, 9))
    mask = onp.array([[1] * 6 + [0] * 3, [0, 0, 1, 1, 0, 1, 1, 1, 1]])
    tensors = {"input_ids": ids, "labels": labels, "loss_mask": mask}
    tensors["logits"] = forward(p, ids, s, tensors)
    tensors["token_logprobs"] = log_probabilities(tensors["logits"], labels)
    tensors["dlogits"] = grad(loss_of)(tensors["logits"], labels, mask)
    loss, gradients = value_and_grad(lambda q: loss_of(forward(q, ids, s), labels, mask))(p)
    write(folder / "dense.safetensors", tensors | named("param.", p) | named("grad.", gradients),
          config(s) | scalars({"loss": loss, "grad_norm": norm_of(gradients)}))


def minus_log_sigmoid(x):
    return np.logaddexp(0, -x)


def preference(folder):
    """Losses of two pairs, chosen rows first. A tag: the loss's name, beta, label smoothing or SimPO's gamma."""
    random, s = onp.random.default_rng(8), CONFIG | dict(n_layers=1)
    policy = parameters(random, s)
    reference = {name: rounded(random, *value.shape, size=0.1) + value for name, value in policy.items()}
    reference = {name: value.astype(onp.float32).astype(onp.float64) for name, value in reference.items()}
    ids, labels = random.integers(0, 19, (4, 8)), random.integers(0, 19, (4, 8))
    mask = onp.array([[0, 0, 1, 1, 1, 0, 0, 0], [0, 1, 1, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1, 1, 1, 0], [0, 1, 1, 0, 0, 0, 0, 0]])
    token = lambda p: log_probabilities(forward(p, ids, s), labels)
    fixed = np.sum(mask * token(reference), axis=-1)
    targets = mask.sum(axis=-1)
    ratio = lambda x: x[:2] - x[2:]
    odds = lambda l: l - np.log(1 - np.exp(l))

    def losses(p):
        sums = np.sum(mask * token(p), axis=-1)
        h, h_row = ratio(sums - fixed), ratio((sums - fixed) / labels.shape[1])
        mean = sums / targets
        return {
            "orig_b0.5": minus_log_sigmoid(0.5 * h_row),
            "dpo_b0.1": minus_log_sigmoid(0.1 * h),
            "ipo_b0.1": (ratio((sums - fixed) / targets) - 5) ** 2,
            "cdpo_b0.1_ls0.1": 0.9 * minus_log_sigmoid(0.1 * h) + 0.1 * minus_log_sigmoid(-0.1 * h),
            "hinge_b0.1": np.maximum(0, 1 - 0.1 * h),
            "simpo_b2_g0.5": minus_log_sigmoid(2 * ratio(mean) - 0.5),
            "orpo_b0.3": -mean[:2] + 0.3 * minus_log_sigmoid(ratio(odds(mean))),
        }

    sums = np.sum(mask * token(policy), axis=-1)
    tensors = {"input_ids": ids, "labels": labels, "loss_mask": mask, "policy_logprobs": token(policy),
               "ref_logprobs": token(reference), "policy_seq_logprob_sum": sums, "ref_seq_logprob_sum": fixed,
               "pair_logit_sum": ratio(sums - fixed), "pair_logit_avg": ratio((sums - fixed) / targets),
               "reward_b0.1": 0.1 * (sums - fixed)}
    numbers = {}
    for tag in losses(policy):
        loss, gradients = value_and_grad(lambda p: np.mean(losses(p)[tag]))(policy)
        assert norm_of(gradients) > 1e-3
        tensors |= named(f"grad_{tag}.", gradients)
        numbers |= {f"loss.{tag}": loss, f"grad_norm.{tag}": norm_of(gradients)}
    write(folder / "dpo.safetensors", tensors | named("policy.", policy) | named("ref.", reference), config(s) | scalars(numbers))


# -- parts

def layer_golden(function, x, p, random, prefix=""):
    """x, out, dout, dx, weights and their gradients: of sum(out * dout)."""
    out = function(x, p)
    dout = rounded(random, *out.shape)
    dx, dp = grad(lambda both: np.sum(function(*both) * dout))((x, p))
    return named(prefix, {"x": x, "out": out, "dout": dout, "dx": dx} | p | named("d", dp))


def parts(folder):
    random, s = onp.random.default_rng(2), CONFIG | dict(n_heads=6, n_kv_heads=2, head_dim=4)
    weights = under(parameters(random, s), "layers.0.attn.")
    write(folder / "attention.safetensors",
          layer_golden(lambda x, p: attention(x, p, s), rounded(random, 2, 7, s["dim"]), weights, random), config(s))
    weights = under(parameters(random, s), "layers.0.ffn.")
    write(folder / "swiglu.safetensors", layer_golden(feed_forward, rounded(random, 2, 5, s["dim"], size=2), weights, random),
          {"source": SOURCE})
    tensors, metadata = {}, {"source": SOURCE}
    for prefix, eps, size in (("a.", 1e-5, 1), ("b.", 0.25, 0.3)):
        metadata[prefix + "eps"] = eps
        tensors |= layer_golden(lambda x, p: rms_norm(x, p["weight"], eps), rounded(random, 2, 5, 21, size=size),
                                {"weight": rounded(random, 21, size=0.5, mean=1)}, random, prefix)
    write(folder / "rms_norm.safetensors", tensors, metadata)
    tensors, metadata = {}, {"source": SOURCE, "rope_theta": 300.0}
    for prefix, start in (("start0.", 0), ("far.", 40)):
        metadata[prefix + "start_pos"] = start
        angle = angles(start + onp.arange(5), 6, 300.0)
        tensors |= named(prefix, {"cos": onp.cos(angle), "sin": onp.sin(angle)})
        for name, heads in (("q", 3), ("k", 1)):
            x, dout = rounded(random, 2, 5, heads, 6), rounded(random, 2, 5, heads, 6)
            dx = grad(lambda y: np.sum(rope(y, angle) * dout))(x)
            tensors |= named(prefix, {name: x, name + "_out": rope(x, angle), f"d{name}_out": dout, "d" + name: dx})
    write(folder / "rope.safetensors", tensors, metadata)


# -- training

class AdamW:
    def __init__(self, p, beta1, beta2, eps, weight_decay):
        self.rule = beta1, beta2, eps, weight_decay
        self.m, self.v = ({name: onp.zeros_like(x) for name, x in p.items()} for _ in range(2))
        self.steps = 0

    def update(self, p, g, lr):
        beta1, beta2, eps, decay = self.rule
        self.steps += 1
        for name in p:
            self.m[name] = beta1 * self.m[name] + (1 - beta1) * g[name]
            self.v[name] = beta2 * self.v[name] + (1 - beta2) * g[name] ** 2
            m, v = self.m[name] / (1 - beta1 ** self.steps), self.v[name] / (1 - beta2 ** self.steps)
            p[name] = p[name] * (1 - lr * decay) - lr * m / (onp.sqrt(v) + eps)


def adamw(folder):
    random, rule = onp.random.default_rng(3), dict(beta1=0.8, beta2=0.99, eps=1e-6, weight_decay=0.3)
    p = {"x": rounded(random, 30)}
    gradients, rates = rounded(random, 6, 30), [0.01, 0.02, 0.005, 0.03, 0.01, 0.001]
    gradients[:, :3] = 0
    gradients[:, 3:6] *= 1e-5
    gradients = gradients.astype(onp.float32).astype(onp.float64)
    optimizer, start, after = AdamW(p, **rule), p["x"], []
    for g, lr in zip(gradients, rates):
        optimizer.update(p, {"x": g}, lr)
        after.append((p["x"], optimizer.m["x"], optimizer.v["x"]))
    params, first, second = (onp.array(rows) for rows in zip(*after))
    write(folder / "adamw.safetensors", {"param_init": start, "grads": gradients, "params": params, "exp_avg": first,
                                         "exp_avg_sq": second, "lr": onp.array(rates)},
          {"source": SOURCE} | named("adamw.", rule) | {f"lr.{i}": repr(lr) for i, lr in enumerate(rates)})


def train_curve(folder):
    random, s = onp.random.default_rng(4), CONFIG | dict(n_layers=1)
    steps, per_step, lr0, clip = 5, 3, 5e-3, 0.8
    total = steps * per_step
    p = parameters(random, s)
    ids, labels = random.integers(0, 19, (total, 2, 6)), random.integers(0, 19, (total, 2, 6))
    mask = random.integers(0, 2, (total, 2, 6))
    mask[:, 0, 0] = 1
    rule = dict(beta1=0.9, beta2=0.95, eps=1e-8, weight_decay=0.1)
    lr = lambda t: lr0 / 10 + 0.5 * lr0 * (1 + onp.cos(onp.pi * t / total))
    optimizer, tensors = AdamW(p, **rule), named("param_init.", p) | {"input_ids": ids, "labels": labels, "loss_mask": mask}
    micro, losses, norms, metadata = [], [], [], {}
    for k in range(steps):
        g = {name: 0.0 for name in p}
        for i in range(k * per_step, (k + 1) * per_step):
            loss, part = value_and_grad(lambda q: loss_of(forward(q, ids[i], s), labels[i], mask[i]))(p)
            micro.append(loss)
            g = {name: g[name] + part[name] / per_step for name in p}
        losses.append(onp.mean(micro[-per_step:]))
        norms.append(norm_of(g))
        rate = lr(per_step * k + per_step - 1)
        optimizer.update(p, {name: x * min(1, clip / (norms[-1] + 1e-6)) for name, x in g.items()}, rate)
        metadata |= {f"lr.{k}": repr(float(rate))} | scalars({f"loss.{k}": losses[-1], f"grad_norm.{k}": norms[-1]})
        if k == 0:
            tensors |= named("param_step1.", {name: p[name] for name in ("norm.weight", "layers.0.attn.wk.weight")})
    tensors |= named("param_final.", p)
    tensors |= {"micro_loss": onp.array(micro), "micro_lr": lr(onp.arange(total)), "step_loss": onp.array(losses),
                "step_grad_norm": onp.array(norms), "step_lr": lr(per_step * onp.arange(steps) + per_step - 1)}
    write(folder / "train_curve.safetensors", tensors,
          config(s) | metadata | named("train.", rule | dict(learning_rate=lr0, accumulation_steps=per_step, grad_clip=clip,
                                                               optimizer_steps=steps, total_micro_steps=total)))


# -- generation

def processed(logits, history, rp=1.0, temperature=1.0, top_p=1.0):
    """The reference implementation's rule: every logit of a token seen is divided. Returns probabilities, and how far the
    running sum of probabilities stays from top_p."""
    x = logits.copy()
    x[sorted(set(history))] /= rp
    x /= temperature + 1e-9
    if top_p >= 1:
        return softmax(x), 1.0
    order = onp.argsort(-x, kind="stable")
    running = onp.cumsum(softmax(x[order]))
    removed = onp.concatenate([[False], running[:-1] > top_p])
    x[order[removed]] = -onp.inf
    return softmax(x), abs(running - top_p).min()


def gap(values):
    largest = onp.sort(values)[-2:]
    return largest[1] - largest[0]


def text_of_settings(settings):
    return " ".join(f"{key}={value}" for key, value in settings.items())


def sampling(folder):
    cases = [dict(rp=1.3, temperature=0.8, top_p=0.7), dict(rp=1.0, temperature=1.5, top_p=1), dict(rp=1.0, temperature=1.0, top_p=0.01),
             dict(rp=2.0, temperature=0.5, top_p=0.95)]
    random, tensors, closest = onp.random.default_rng(5), {}, 1.0
    for i, settings in enumerate(cases):
        prompt = random.integers(0, 23, 5)
        logits, ids, probs = rounded(random, 4, 23, size=2), [], []
        for row in logits:
            p, distance = processed(row, [*prompt, *ids], **settings)
            closest = min(closest, distance, gap(p))
            ids.append(int(onp.argmax(p)))
            probs.append(p)
        tensors |= named(f"case.{i}.", {"prompt": prompt, "logits": logits, "ids": onp.array(ids), "probs": onp.array(probs)})
    assert closest > 1e-3, closest
    write(folder / "sampling.safetensors", tensors,
          {"source": SOURCE} | {f"case.{i}": text_of_settings(settings) for i, settings in enumerate(cases)})


def generate(folder):
    s, ways = CONFIG, {"greedy": None, "proc_a": dict(rp=1.4, temperature=0.7, top_p=0.8)}
    for seed in range(100):  # until no choice is close
        random, tensors, closest = onp.random.default_rng(1000 + seed), {}, 1.0
        p = parameters(random, s, size=1.5)
        prompts = [random.integers(0, 19, n) for n in (1, 6, 3)]
        for way, settings in ways.items():
            for i, prompt in enumerate(prompts):
                ids, rows, probs = [], [], []
                for _ in range(7):
                    row = forward(p, onp.array([[*prompt, *ids]]), s)[0, -1]
                    q, distance = processed(row, [*prompt, *ids], **settings) if settings else (row, 1.0)
                    closest = min(closest, distance, gap(q))
                    ids.append(int(onp.argmax(q)))
                    rows.append(row)
                    probs.append(q)
                golden = {"ids": onp.array(ids), "logits": onp.array(rows)} | ({"probs": onp.array(probs)} if settings else {})
                tensors |= named(f"dense.{way}.{i}.", golden)
        if closest > 1e-3:
            break
    assert closest > 1e-3
    tensors |= named("dense.", p) | {f"prompt.{i}": prompt for i, prompt in enumerate(prompts)}
    write(folder / "generate.safetensors", tensors,
          config(s, "config.dense.") | {"seed": seed, "proc_a": text_of_settings(ways["proc_a"])})


def main():
    here = pathlib.Path(__file__).resolve().parent.parent / "data" / "golden"
    folder = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else here
    folder.mkdir(parents=True, exist_ok=True)
    for make in (dense, preference, parts, adamw, train_curve, sampling, generate):
        make(folder)


if __name__ == "__main__":
    main()
