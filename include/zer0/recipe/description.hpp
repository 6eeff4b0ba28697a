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
  std::string shape = {};  ///< "512x512" of a weight; a part that has parts has none
  std::vector<described_part> parts = {};

  /// Blocks and experts are mostly alike: all but their names.
  [[nodiscard]] bool is_like(const described_part& other) const;
};

/// Numbers of a model of `Variant` and a training step of it with `batch` sequences of `seq`
/// tokens, in float32.
struct model_description {
  described_part model;
  index_t parameters = 0;
  index_t trained = 0;    ///< all, or the adapters alone
  index_t activated = 0;  ///< parameters that a token meets: of the experts, those that it goes to
  index_t batch = 0, seq = 0;
  double forward_flops = 0;   ///< a token, of products and attention
  double backward_flops = 0;  ///< a token; with `recompute` the second forward too
  std::size_t weight_bytes = 0, gradient_bytes = 0, optimizer_bytes = 0;
  std::size_t activation_bytes = 0;       ///< of a step: what backward needs, and scratch
  std::size_t cache_bytes_per_token = 0;  ///< in generation

  [[nodiscard]] std::size_t total_bytes() const {
    return weight_bytes + gradient_bytes + optimizer_bytes + activation_bytes;
  }
};

namespace detail {

/// Adds a parameter of the name "model.layers.0.mlp.up_proj.weight" to all the parts that it
/// belongs to.
void add_parameter(described_part& whole, std::string_view name, const std::string& shape,
                   index_t elements);

token_batch equal_sequences(index_t batch, index_t seq);

}  // namespace detail

/// Throws zer0::error if `sizes` do not fit together, or sequences of `seq` tokens do not fit them.
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
