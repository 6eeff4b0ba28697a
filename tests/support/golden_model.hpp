// A model as the goldens name its parts: sizes, parameters, batches.
#pragma once

#include "support/golden_devices.hpp"
#include <zer0/core/types.hpp>
#include <zer0/model/model.hpp>
#include <zer0/moe/moe.hpp>

#include <array>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace support::golden {

template <class Kernel>
using plain_decoder =
    zer0::decoder<zer0::gqa<zer0::rope, Kernel>, zer0::swiglu, zer0::rms_norm, zer0::tied_head>;

using reference_router = zer0::softmax_top_k_of<zer0::reference_balanced>;
template <class Kernel, class Router = reference_router>
using expert_decoder =
    zer0::decoder<zer0::gqa<zer0::rope, Kernel>, zer0::moe<Router, zer0::swiglu>>;

/// Names of zer0 (Hugging Face's) and of the reference implementation, component by component. Its
/// rotary pairs are interleaved, as those of zer0::rope: rows need no reordering.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 15> name_table{{
    {"embed_tokens", "token_emb"},
    {"lm_head", "output"},
    {"input_layernorm", "atten_norm"},
    {"post_attention_layernorm", "ffn_norm"},
    {"self_attn", "attn"},
    {"q_proj", "wq"},
    {"k_proj", "wk"},
    {"v_proj", "wv"},
    {"o_proj", "wo"},
    {"mlp", "ffn"},
    {"gate_proj", "w1"},
    {"down_proj", "w2"},
    {"up_proj", "w3"},
    {"lora_A", "lora.A"},
    {"lora_B", "lora.B"},
}};

/// "layers.3.attn.wq.weight" for "model.layers.3.self_attn.q_proj.weight".
inline std::string reference_name(const std::string& name) {
  std::string result;
  std::istringstream components(name.starts_with("model.") ? name.substr(6) : name);
  for (std::string component; std::getline(components, component, '.');) {
    for (const auto& [ours, theirs] : name_table)
      if (component == ours) {
        component = theirs;
        break;
      }
    result += (result.empty() ? "" : ".") + component;
  }
  return result.ends_with("ffn.gate.weight") ? result + "s" : result;
}

/// Sizes under `prefix` ("config.") in the metadata.
inline zer0::dims sizes_of(const file& f, const std::string& prefix = "config.") {
  const auto count = [&](const char* key) { return f.count(prefix + key); };
  zer0::dims sizes{.dim = count("dim"),
                   .n_layers = count("n_layers"),
                   .n_heads = count("n_heads"),
                   .n_kv_heads = count("n_kv_heads"),
                   .head_dim = f.has_meta(prefix + "head_dim") ? count("head_dim") : 0,
                   .vocab_size = count("vocab_size"),
                   .max_seq_len = count("max_seq_len"),
                   .hidden_dim = count("hidden_dim"),
                   .rope_theta = f.number(prefix + "rope_theta"),
                   .norm_eps = f.number(prefix + "norm_eps")};
  if (f.has_meta(prefix + "n_routed_experts"))
    sizes.experts = {.n_routed = count("n_routed_experts"),
                     .per_token = count("num_experts_per_tok"),
                     .n_shared = count("n_shared_experts"),
                     .aux_loss_alpha = f.number(prefix + "aux_loss_alpha"),
                     .seq_aux = f.text(prefix + "seq_aux") == "true",
                     .norm_topk_prob = f.text(prefix + "norm_topk_prob") == "true"};
  sizes.check();
  return sizes;
}

/// f(reference's name, the part's values, its gradients, its shape in files) for each named part of
/// the parameters.
template <class Model, class F>
void for_each_part(Model& m, F f) {
  for (const auto& [path, p] : m.parameters()) {
    index_t first = 0;
    for (const zer0::parameter_part& part : p->parts) {
      std::vector<index_t> shape{p->cols};
      if (p->kind != zer0::parameter_kind::vector) shape.insert(shape.begin(), part.rows);
      const auto rows = [&](auto view) {
        return view.data ? view.row_block(first, part.rows) : view;
      };
      f(reference_name(path + part.name), rows(p->value), rows(p->grad), shape);
      first += part.rows;
    }
  }
}

template <class Model>
void load_parameters(Model& m, file& f, const std::string& prefix) {
  for_each_part(
      m, [&](const std::string& name, auto value, auto, const std::vector<index_t>& shape) {
        zer0::require(f.shape(prefix + name) == shape, f.name(), ": tensor ", prefix, name,
                      " does not have the shape that the sizes in the metadata ask for");
        put(m.device(), f.values(prefix + name), value);
      });
}

/// A micro-batch of `labels[first .. first + rows)`, each row a sequence.
inline zer0::token_batch batch_of(file& f, index_t first, index_t rows) {
  const index_t length = f.size("input_ids", -1);
  const auto part = [&](auto all) {
    zer0::require(static_cast<index_t>(all.size()) >= (first + rows) * length, f.name(),
                  ": labels and loss_mask must have the shape of input_ids");
    return decltype(all)(all.begin() + first * length, all.begin() + (first + rows) * length);
  };
  zer0::token_batch batch;
  batch.ids = part(f.ids("input_ids"));
  batch.targets = part(f.ids("labels"));
  for (const double w : part(f.values("loss_mask"))) batch.weights.push_back(static_cast<float>(w));
  for (index_t row = 0; row <= rows; ++row)
    batch.starts.push_back(static_cast<std::int32_t>(row * length));
  return batch;
}

}  // namespace support::golden
