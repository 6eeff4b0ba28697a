// Goldens of a whole dense model: activations, logits, loss, gradients.
#pragma once

#include "support/golden_model.hpp"
#include "support/recorded.hpp"
#include <zer0/generate/generate.hpp>
#include <zer0/recipe/trainer.hpp>

#include <string>
#include <vector>

namespace support::golden {

template <class Kernel>
using recorded_decoder = zer0::decoder<recorded<zer0::gqa<zer0::rope, Kernel>>,
                                       recorded<zer0::swiglu>, recorded<zer0::rms_norm>>;

namespace detail {

/// A forward pass is: for each layer norm, attention, norm, feed-forward; then the last norm. What
/// a norm reads is the stream between the branches.
inline void compare_activations(file& f, verdict& v, const recording& pass, index_t layers) {
  const auto& calls = pass.calls;
  const auto expect = [&](const std::string& name, const numbers& actual) {
    if (f.has("act." + name)) v.compare(f, "act." + name, actual, allow::activation);
  };
  expect("embedding", calls.front().x);
  for (index_t i = 0; i < layers; ++i) {
    const auto first = static_cast<std::size_t>(4 * i);
    const std::string layer = "layers." + std::to_string(i);
    expect(layer + ".attn", calls[first + 1].y);
    expect(layer + ".ffn", calls[first + 3].y);
    expect(layer, calls[first + 4].x);
  }
  expect("norm", calls.back().y);
}

/// Of the labels, at all positions.
template <class Device>
void compare_log_probabilities(file& f, verdict& v, zer0::workspace<Device>& memory,
                               zer0::const_view<Device> logits) {
  using real = typename Device::real;
  if (!f.has("token_logprobs")) return;
  auto& c = memory.current();
  const auto losses = c.keep.vector(logits.rows);
  const auto ones = memory.template put<real>(
      std::span<const float>(std::vector<float>(static_cast<std::size_t>(logits.rows), 1)));
  cross_entropy_loss(
      c.device,
      {.logits = logits, .targets = memory.batch().targets, .weights = ones, .loss = losses});
  numbers log_probabilities = fetch(c.device, losses);
  for (double& x : log_probabilities) x = -x;
  v.compare(f, "token_logprobs", log_probabilities, allow::log_probability);
}

/// logits, their gradient and the labels' log-probabilities, by the operations that the loss is
/// made of.
template <class Model>
void compare_logits(file& f, verdict& v, Model& m, const zer0::token_batch& batch) {
  using real = typename Model::real;
  auto& d = m.device();
  zer0::workspace<typename Model::device_type> memory(d);
  auto& c = memory.start(batch, m.sizes(), {}, 1 / batch.target_tokens());
  recording pass;
  active_recording = &pass;
  const auto hidden = m.forward(c, memory.batch().ids);
  active_recording = nullptr;
  if (!pass.calls.empty()) compare_activations(f, v, pass, m.sizes().n_layers);

  const auto logits = c.keep.matrix(hidden.rows, m.sizes().vocab_size);
  matmul(d, hidden, transposed(m.output().value), 0, logits);
  v.compare(f, "logits", fetch(d, logits), allow::activation);

  compare_log_probabilities(f, v, memory, zer0::tensor_view<const real>(logits));
  const auto losses = c.keep.vector(hidden.rows);
  cross_entropy_gradient(d, {.logits = logits,
                             .targets = memory.batch().targets,
                             .weights = memory.batch().weights,
                             .loss = losses});
  if (f.has("dlogits")) v.compare(f, "dlogits", fetch(d, logits), allow::activation);
}

/// The same logits a token at a time, from the key/value cache.
template <class Model>
void compare_cached_logits(file& f, verdict& v, Model& m, const zer0::token_batch& batch) {
  const index_t rows = batch.sequences();
  const index_t length = batch.tokens() / rows;
  zer0::session<Model> s(m, rows, length);
  std::vector<std::vector<numbers>> by_row(static_cast<std::size_t>(rows));
  std::vector<std::vector<zer0::token_id>> pieces(by_row.size());
  for (index_t t = 0; t < length; ++t) {
    for (index_t row = 0; row < rows; ++row)
      pieces[static_cast<std::size_t>(row)] = {
          batch.ids[static_cast<std::size_t>(row * length + t)]};
    const auto& logits = s.feed(pieces);
    for (std::size_t row = 0; row < by_row.size(); ++row)
      by_row[row].emplace_back(logits[row].begin(), logits[row].end());
  }
  numbers all;
  for (const auto& row : by_row)
    for (const numbers& position : row) all.insert(all.end(), position.begin(), position.end());
  v.compare("logits from the cache", all, f.values("logits"), allow::activation);
}

/// Loss and gradients by the trainer, whose head and loss are fused.
template <class Model>
void compare_gradients(file& f, verdict& v, Model& m, const zer0::token_batch& batch) {
  using zer0::adamw, zer0::cosine, zer0::cross_entropy, zer0::mean_of_means;
  zer0::trainer<Model, cross_entropy, adamw, cosine, mean_of_means> trainer(m);
  v.compare_scalar(f, "loss", trainer.evaluate(batch).mean(), allow::loss);
  trainer.accumulate(batch);
  v.compare_scalar(f, "grad_norm", std::sqrt(squared_norm(m.device(), m.gradients())), allow::loss);
  for_each_part(m, [&](const std::string& name, auto, auto grad, const std::vector<index_t>&) {
    if (grad.data != nullptr)
      v.compare(f, "grad." + name, fetch(m.device(), grad), allow::model_gradient);
  });
}

}  // namespace detail

/// Whatever the file holds of a dense model, on every device with every kernel.
inline void check_dense(file& f, verdict& v) {
  const zer0::dims sizes = sizes_of(f);
  const zer0::token_batch batch = batch_of(f, 0, f.size("input_ids", 0));
  on_each_kernel(v, [&]<class D, class Kernel>(std::type_identity<D>, std::type_identity<Kernel>) {
    zer0::model<recorded_decoder<Kernel>, D> m(sizes);
    load_parameters(m, f, "param.");
    detail::compare_logits(f, v, m, batch);
    detail::compare_cached_logits(f, v, m, batch);
    detail::compare_gradients(f, v, m, batch);
  });
  v.on("");
  if (f.has("param.output.weight"))  // the head is tied: the file holds a copy
    v.compare(f, "param.output.weight", f.values("param.token_emb.weight"), allow::exact);
}

}  // namespace support::golden
