#include "support/rope_numbers.hpp"
#include <zer0/layer/rope_scaling/llama3_scaling.hpp>

using namespace zer0;

TEST_CASE("llama3_scaling: frequencies are those of transformers' \"llama3\"", "[layer][rope]") {
  // rope_theta=500.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
  // "original_max_position_embeddings": 512
  const dims sizes{.max_seq_len = 8192,
                   .rope_theta = 500,
                   .rope_scaling = {.factor = 8, .original_max_seq_len = 512}};
  support::frequencies_are(llama3_scaling::angles(sizes, 16),
                           {1.0, 0.45986328, 0.21147424, 0.097249247, 0.040080722, 0.0066246577,
                            0.001182177, 0.00054363982},
                           1);
}

TEST_CASE("llama3_scaling: gqa keeps the layer contract and turns by these angles",
          "[layer][rope]") {
  support::turns_by_scaled_angles<llama3_scaling>(
      {.dim = 32,
       .n_heads = 4,
       .max_seq_len = 256,
       .rope_theta = 50,
       .rope_scaling = {.factor = 4, .original_max_seq_len = 64},
       .dropout = 0.2});
}
