// A model small enough for finite differences, and a batch for it.
#pragma once

#include "support/random_numbers.hpp"
#include "support/shared_models.hpp"
#include <zer0/loss/cross_entropy.hpp>
#include <zer0/model/model.hpp>
#include <zer0/model/workspace.hpp>

#include <string>
#include <vector>

namespace support {

inline const zer0::dims small_dims{.dim = 16,
                                   .n_layers = 2,
                                   .n_heads = 4,
                                   .n_kv_heads = 2,
                                   .vocab_size = 13,
                                   .max_seq_len = 64,
                                   .hidden_dim = 24,
                                   .norm_eps = 1e-5};

/// Sequences of 5, 1 and 6 tokens; three tokens have weight 0.
inline zer0::token_batch small_batch(std::uint32_t seed = 1,
                                     zer0::index_t vocab = small_dims.vocab_size) {
  zer0::token_batch batch;
  batch.ids = random_tokens(12, vocab, seed);
  batch.targets = random_tokens(12, vocab, seed + 1000);
  batch.weights.assign(12, 1.0f);
  for (const std::size_t masked : {3u, 4u, 9u}) {
    batch.weights[masked] = 0;
    batch.targets[masked] = zer0::no_token;
  }
  batch.starts = {0, 5, 6, 12};
  return batch;
}

/// A model with random weights large enough that every part matters, and passes over batches.
template <class Variant, zer0::device D>
class small_model {
 public:
  using real = typename D::real;

  explicit small_model(const zer0::dims& sizes = small_dims)
      : model(sizes), memory(model.device()) {
    std::uint32_t seed = 10;
    for (const auto& entry : model.parameters()) {
      const auto& p = *entry.value;
      const bool is_vector = p.kind == zer0::parameter_kind::vector;
      const double deviation = is_vector ? 0.2 : 1 / std::sqrt(static_cast<double>(p.cols));
      const auto numbers = normal_numbers(p.elements(), ++seed, deviation, is_vector ? 1 : 0);
      zer0::upload(model.device(), std::span<const double>(numbers),
                   std::span<real>(p.value.data, static_cast<std::size_t>(p.elements())));
    }
    (void)model.gradients();
  }

  bool training = false;

  /// The summed loss, forward only.
  double loss(const zer0::token_batch& batch) {
    zer0::context<D>& c = start(batch);
    const auto hidden = model.forward(c, memory.batch().ids);
    return summed([&](double* total) {
      zer0::cross_entropy{}(c, model.output(), zer0::const_view<D>(hidden), memory.batch(), total);
    });
  }
  /// The summed loss; its gradients are added to the model's.
  double loss_and_gradients(const zer0::token_batch& batch) {
    zer0::context<D>& c = start(batch);
    const auto hidden = model.forward(c, memory.batch().ids);
    const auto dhidden = c.scratch.matrix(hidden.rows, hidden.cols);
    const double value = summed([&](double* total) {
      zer0::cross_entropy{}(c, model.output(), zer0::const_view<D>(hidden), memory.batch(), total,
                            dhidden);
    });
    model.backward(c, dhidden);
    return value;
  }
  void zero_gradients() {
    const std::span<real> g = model.gradients();
    fill(model.device(), {g.data(), 1, static_cast<zer0::index_t>(g.size())}, 0);
  }
  [[nodiscard]] std::vector<double> gradient_values() { return host(model.gradients()); }
  [[nodiscard]] std::vector<double> weight_values() { return host(model.weights()); }

  [[nodiscard]] std::vector<double> host(std::span<const real> numbers) {
    std::vector<real> out(numbers.size());
    zer0::download(model.device(), numbers, out.data());
    return {out.begin(), out.end()};
  }
  [[nodiscard]] std::vector<double> host(zer0::tensor_view<const real> x) {
    return host(std::span<const real>(x.data, static_cast<std::size_t>(x.elements())));
  }

  zer0::context<D>& start(const zer0::token_batch& batch, double factor = 1) {
    return memory.start(batch, model.sizes(), {.training = training, .seed = 5, .step = 2}, factor);
  }

  /// What f(total) adds to a number of the device; allocates nothing.
  template <class F>
  double summed(F f) {
    double result = 0;
    model.device().upload(total_.data(), &result, sizeof result);
    f(total_.data());
    model.device().download(&result, total_.data(), sizeof result);
    return result;
  }

  zer0::model<Variant, D> model;
  zer0::workspace<D> memory;

 private:
  zer0::buffer<double, D> total_{model.device(), 1};
};

}  // namespace support
