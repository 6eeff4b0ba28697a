// A short training of a tiny model, to compare devices by its losses.
#pragma once

#include "support/catch.hpp"
#include "support/shared_models.hpp"
#include "support/toy_data.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <algorithm>
#include <cmath>
#include <vector>

namespace support {

/// Losses of `steps` steps of two micro-batches, with dropout.
template <class Device, class Kernel>
std::vector<double> losses(zer0::index_t steps) {
  zer0::model<zer0::decoder<zer0::gqa<zer0::rope, Kernel>>, Device> llm(
      {.dim = 16,
       .n_layers = 2,
       .n_heads = 2,  // 8 wide, as tensor cores take them
       .n_kv_heads = 1,
       .vocab_size = 30,
       .max_seq_len = 8,
       .multiple_of = 8,
       .dropout = 0.1});
  llm.initialize(1);
  zer0::trainer t(llm, {.total_steps = steps, .loss_scale = {.initial = 0x1p8}},
                  zer0::cross_entropy{}, zer0::adamw{}, zer0::cosine{.learning_rate = 1e-2});
  toy_data data(2 * steps);
  std::vector<double> all;
  for (zer0::index_t i = 0; i < steps; ++i) {
    std::vector<zer0::token_batch> window(2);
    for (zer0::token_batch& batch : window) REQUIRE(data.next(batch));
    const zer0::step_report report = t.step(window);
    CHECK(report.skipped_steps == 0);
    all.push_back(report.loss);
  }
  return all;
}

/// The largest relative distance.
inline double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] / b[i] - 1));
  return largest;
}

}  // namespace support
