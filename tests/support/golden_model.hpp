// A model as the goldens name its parts: sizes, parameters, batches.
#pragma once

#include "support/golden_devices.hpp"
#include <zer0/core/batch.hpp>
#include <zer0/model/model.hpp>

#include <array>
#include <string>
#include <string_view>
#include <utility>

namespace support::golden {

template <class Kernel>
using plain_decoder = zer0::decoder<zer0::gqa<zer0::rope, Kernel>, zer0::swiglu, zer0::rms_norm, zer0::tied_head>;

/// Names of zer0 (Hugging Face's) and of the reference implementation. Its rotary pairs are interleaved, as those of
/// zer0::rope: rows need no reordering.
inline constexpr std::array<std::pair<std::string_view, std::string_view>, 12> name_table{{
    {"embed_tokens.weight", "token_emb.weight"},
    {"norm.weight", "norm.weight"},
    {"lm_head.weight", "output.weight"},
    {"input_layernorm.weight", "atten_norm.weight"},
    {"post_attention_layernorm.weight", "ffn_norm.weight"},
    {"self_attn.q_proj.weight", "attn.wq.weight"},
    {"self_attn.k_proj.weight", "attn.wk.weight"},
    {"self_attn.v_proj.weight", "attn.wv.weight"},
    {"self_attn.o_proj.weight", "attn.wo.weight"},
    {"mlp.gate_proj.weight", "ffn.w1.weight"},
    {"mlp.down_proj.weight", "ffn.w2.weight"},
    {"mlp.up_proj.weight", "ffn.w3.weight"},
}};

/// "layers.3.attn.wq.weight" for "model.layers.3.self_attn.q_proj.weight".
inline std::string reference_name(std::string name) {
  if (name.starts_with("model.")) name.erase(0, 6);
  const std::size_t tail = name.starts_with("layers.") ? name.find('.', 7) + 1 : 0;
  for (const auto& [ours, theirs] : name_table)
    if (std::string_view(name).substr(tail) == ours) return name.substr(0, tail) + std::string(theirs);
  zer0::fail("golden: no name of the reference implementation for the parameter ", name);
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
  sizes.check();
  return sizes;
}

/// f(reference's name, the part's values, its gradients, its shape in files) for each named part of the parameters.
template <class Model, class F>
void for_each_part(Model& m, F f) {
  for (const auto& [path, p] : m.parameters()) {
    index_t first = 0;
    for (const zer0::parameter_part& part : p->parts) {
      std::vector<index_t> shape{p->cols};
      if (p->is_matrix) shape.insert(shape.begin(), part.rows);
      const auto rows = [&](auto view) { return view.data ? view.row_block(first, part.rows) : view; };
      f(reference_name(path + part.name), rows(p->value), rows(p->grad), shape);
      first += part.rows;
    }
  }
}

template <class Model>
void load_parameters(Model& m, file& f, const std::string& prefix) {
  for_each_part(m, [&](const std::string& name, auto value, auto, const std::vector<index_t>& shape) {
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
  for (index_t row = 0; row <= rows; ++row) batch.starts.push_back(static_cast<std::int32_t>(row * length));
  return batch;
}

}  // namespace support::golden
