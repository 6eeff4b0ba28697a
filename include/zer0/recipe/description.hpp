// What a model is made of and what training it takes, without allocating any of it.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/device/dry_run.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// A part of a model by its name, and the parts inside it.
struct described_part {
  std::string name;
  index_t parameters = 0;
  std::string shape = {};  ///< "512x512" for a weight; empty for a part that has parts of its own
  std::vector<described_part> parts = {};

  /// Whether both parts are alike inside: sizes, shapes and all names but their own. Most blocks
  /// and experts are.
  [[nodiscard]] bool is_like(const described_part& other) const;
};

/// Parameters, FLOPs and memory of a model of `Variant` and of one training step on `batch`
/// sequences of `seq` tokens, in float32.
struct model_description {
  described_part model;
  index_t parameters = 0;
  index_t trained = 0;    ///< parameters that are trained: all, or the adapters alone
  index_t activated = 0;  ///< used for one token: of the routed experts, only those it goes to
  index_t batch = 0, seq = 0;
  double forward_flops = 0;   ///< per token, of products and attention
  double backward_flops = 0;  ///< per token; with `recompute` it includes the second forward pass
  std::size_t weight_bytes = 0, gradient_bytes = 0, optimizer_bytes = 0;
  std::size_t activation_bytes = 0;       ///< of one step: what backward needs, and scratch memory
  std::size_t cache_bytes_per_token = 0;  ///< of the key/value cache in generation

  [[nodiscard]] std::size_t total_bytes() const {
    return weight_bytes + gradient_bytes + optimizer_bytes + activation_bytes;
  }
};

namespace detail {

/// Adds a parameter, with a name like "model.layers.0.mlp.up_proj.weight", to every part that
/// contains it.
void add_parameter(described_part& whole, std::string_view name, const std::string& shape,
                   index_t elements);

token_batch equal_sequences(index_t batch, index_t seq);

}  // namespace detail

/// Describes a model and a training step on `batch` sequences of `seq` tokens without allocating
/// them. Throws zer0::error if `sizes` do not fit together, or do not allow sequences of `seq`
/// tokens.
template <decoder_variant Variant>
[[nodiscard]] model_description describe(const dims& sizes, index_t batch, index_t seq) {
  require(batch > 0 && seq > 0, "describe: ", batch, " sequences of ", seq,
          " tokens; there must be at least 1 of each");
  model<Variant, dry_run> m(sizes);
  model_description d{.model = {.name = "all"}, .batch = batch, .seq = seq};
  for (const auto& [path, p] : m.parameters())
    for (const parameter_part& part : p->parts) {
      const index_t elements = part.rows * p->cols;
      const std::string shape = p->kind == parameter_kind::vector
                                    ? std::to_string(elements)
                                    : std::to_string(part.rows) + " x " + std::to_string(p->cols);
      detail::add_parameter(d.model, path + part.name, shape, elements);
      d.activated += part.name.starts_with("experts.") ? elements * sizes.experts.per_token
                                                       : elements * sizes.experts.n_routed;
    }
  d.activated /= sizes.experts.n_routed;
  d.parameters = m.parameters().elements();
  d.trained = m.parameters().trained_elements();

  const std::size_t before_cache = m.device().bytes();
  {
    const auto cache = m.make_cache(1, 1);
    d.cache_bytes_per_token = m.device().bytes() - before_cache;
  }
  trainer train(m);
  const token_batch tokens = detail::equal_sequences(batch, seq);
  const auto n = static_cast<double>(tokens.tokens());
  const double start = m.device().flops();
  (void)train.evaluate(tokens);
  const double forward = m.device().flops() - start;
  (void)train.step({&tokens, 1});
  d.forward_flops = forward / n;
  d.backward_flops = (m.device().flops() - start - 2 * forward) / n;
  d.weight_bytes = m.weights().size() * sizeof(float);
  d.gradient_bytes = m.gradients().size() * sizeof(float);
  for (const auto& buffer : train.optimizer().buffers())
    d.optimizer_bytes += buffer.values.size() * sizeof(float);
  d.activation_bytes = train.memory().peak_bytes();
  return d;
}

/// The description as text, a line a part.
[[nodiscard]] std::string text_of(const model_description& d);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/description.ipp>
#endif
