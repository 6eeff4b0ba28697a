#include "support/rope_numbers.hpp"
#include <zer0/layer/rope_scaling/ntk_aware.hpp>

using namespace zer0;

TEST_CASE(
    "ntk_aware: frequencies are those of transformers' \"dynamic\" at the length that means this "
    "factor",
    "[layer][rope]") {
  // rope_scaling={"rope_type": "dynamic", "factor": 3.0}, seq_len=128: 3 * 128 / 64 - (3 - 1) = 4
  const dims sizes{.max_seq_len = 64, .rope_theta = 100, .rope_scaling = {.factor = 4}};
  support::frequencies_are(ntk_aware::angles(sizes, 16),
                           {1.0, 0.46130848, 0.21280549, 0.098168984, 0.045286182, 0.020890899,
                            0.0096371491, 0.0044456986},
                           1);
}

TEST_CASE("ntk_aware: a head of one pair is refused", "[layer][rope]") {
  CHECK_THROWS_WITH(ntk_aware::angles({}, 2), support::contains("a head has 2 elements"));
}

TEST_CASE("ntk_aware: gqa keeps the layer contract and turns by these angles", "[layer][rope]") {
  support::turns_by_scaled_angles<ntk_aware>({.dim = 32,
                                              .n_heads = 4,
                                              .max_seq_len = 256,
                                              .rope_theta = 50,
                                              .rope_scaling = {.factor = 4},
                                              .dropout = 0.2});
}
