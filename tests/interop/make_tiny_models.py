#!/usr/bin/env python3
"""Writes tests/data/models: a tiny random model of each family by transformers, and its logits for one sequence.

    pip install torch==2.5.1 transformers==4.57.1
    tests/interop/make_tiny_models.py

Each folder has config.json, model.safetensors (llama_sharded: two shards and their index) and expected.safetensors with
input_ids (T) and logits (T, V), float32. Norm weights and biases are random too, and the weights large enough that the
logits are far from uniform. The folders are written once and kept in the repository; the tests only read them.

Left out, as the library has no such variant: layers of different kinds in one model (DeepSeek-V2's first_k_dense_replace
> 0, Qwen's sliding layers), groups of experts (topk_method group_limited_greedy), YaRN in DeepSeek-V2 (transformers
4.57 does not scale the softmax there, as DeepSeek's own code does).
"""
import pathlib

import torch
from safetensors.torch import save_file
from transformers import (DeepseekV2Config, DeepseekV2ForCausalLM, GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM, MixtralConfig,
                          MixtralForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config, Qwen3ForCausalLM)

models = pathlib.Path(__file__).resolve().parent.parent / "data" / "models"
vocab, length = 40, 12
common = dict(vocab_size=vocab, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
              max_position_embeddings=32)
llama3 = dict(rope_type="llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=32)
latent = dict(common, num_key_value_heads=4, kv_lora_rank=6, qk_nope_head_dim=4, qk_rope_head_dim=4, v_head_dim=3, first_k_dense_replace=0,
              n_routed_experts=4, n_shared_experts=2, num_experts_per_tok=2, moe_intermediate_size=6, topk_method="greedy", rms_norm_eps=1e-6)


def randomize(model):
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("bias"):
                p.normal_(0, 0.3)
            elif p.dim() == 1:
                p.normal_(1, 0.2)
            elif "embed" in name or ".wte." in name or ".wpe." in name:
                p.normal_(0, 0.7)
            else:  # GPT-2's Conv1D has its inputs first
                inputs = p.shape[0] if ".c_" in name else p.shape[-1]
                p.normal_(0, 1.3 * inputs ** -0.5)


def write(name, seed, model_type, config, **save):
    torch.manual_seed(seed)
    model = model_type(config).float().eval()
    randomize(model)
    folder = models / name
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    ids = torch.randint(0, vocab, (1, length))
    with torch.no_grad():
        logits = model(ids).logits[0]
    model.save_pretrained(folder, **save)
    (folder / "generation_config.json").unlink(missing_ok=True)
    save_file({"input_ids": ids[0], "logits": logits.contiguous()}, folder / "expected.safetensors")
    top = logits.softmax(-1).max(-1).values.mean()
    print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters, mean of the largest probability {top:.2f}")


write("llama", 1, LlamaForCausalLM, LlamaConfig(**common, rms_norm_eps=1e-5, tie_word_embeddings=False))
write("llama_scaled", 2, LlamaForCausalLM, LlamaConfig(**dict(common, max_position_embeddings=64), head_dim=8, rope_theta=500.0, rope_scaling=llama3, tie_word_embeddings=True))
write("llama_sharded", 3, LlamaForCausalLM, LlamaConfig(**common, tie_word_embeddings=False), max_shard_size="16KB")
write("qwen2", 4, Qwen2ForCausalLM, Qwen2Config(**common, rope_theta=1e4, tie_word_embeddings=True))
write("qwen3", 5, Qwen3ForCausalLM, Qwen3Config(**common, head_dim=6, rope_theta=1e4, tie_word_embeddings=True))
write("mixtral", 6, MixtralForCausalLM, MixtralConfig(**dict(common, intermediate_size=12), num_local_experts=4, num_experts_per_tok=2, sliding_window=None))
write("gpt2", 7, GPT2LMHeadModel, GPT2Config(vocab_size=vocab, n_positions=32, n_embd=16, n_layer=2, n_head=4))
write("deepseek_v2", 8, DeepseekV2ForCausalLM, DeepseekV2Config(**latent, q_lora_rank=None))
write("deepseek_v2_q_lora", 9, DeepseekV2ForCausalLM, DeepseekV2Config(**latent, q_lora_rank=5, routed_scaling_factor=1.5))
