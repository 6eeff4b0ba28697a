#include "support/rope_numbers.hpp"
#include <zer0/layer/rope_scaling/linear_scaling.hpp>

using namespace zer0;

TEST_CASE("linear_scaling: frequencies are those of transformers' \"linear\"", "[layer][rope]") {
  const dims sizes{.max_seq_len = 64, .rope_theta = 100, .rope_scaling = {.factor = 4}};
  support::frequencies_are(
      linear_scaling::angles(sizes, 16),
      {0.25, 0.14058533, 0.079056941, 0.044456985, 0.025, 0.014058532, 0.0079056947, 0.0044456986},
      1);
}

TEST_CASE("linear_scaling: gqa keeps the layer contract and turns by these angles",
          "[layer][rope]") {
  support::turns_by_scaled_angles<linear_scaling>({.dim = 32,
                                                   .n_heads = 4,
                                                   .max_seq_len = 256,
                                                   .rope_theta = 50,
                                                   .rope_scaling = {.factor = 4},
                                                   .dropout = 0.2});
}
