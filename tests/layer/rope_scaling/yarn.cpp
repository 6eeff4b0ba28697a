#include "support/rope_numbers.hpp"
#include <zer0/layer/rope_scaling/yarn.hpp>

using namespace zer0;

TEST_CASE("yarn: frequencies and magnitude are those of transformers", "[layer][rope]") {
  const dims sizes{.max_seq_len = 64, .rope_theta = 100, .rope_scaling = {.factor = 4}};
  support::frequencies_are(yarn::angles(sizes, 16),
                           {1.0, 0.47799012, 0.22135943, 0.097805366, 0.039999999, 0.014058532,
                            0.0079056947, 0.0044456986},
                           1.138629436111989);

  // max_position_embeddings=8192, rope_theta=10000.0, head_dim=64, "factor": 16.0, "beta_fast": 20,
  // "beta_slow": 2, "attention_factor": 1.3
  const dims given{.max_seq_len = 131072,
                   .rope_theta = 10000,
                   .rope_scaling = {.factor = 16,
                                    .original_max_seq_len = 8192,
                                    .beta_fast = 20,
                                    .beta_slow = 2,
                                    .attention_factor = 1.3}};
  support::frequencies_are(
      yarn::angles(given, 64),
      {1.0,           0.7498942,     0.56234133,    0.42169651,    0.31622776,    0.23713736,
       0.17782794,    0.13335215,    0.1,           0.074989416,   0.056234129,   0.042169649,
       0.031622779,   0.023713736,   0.017782794,   0.011946131,   0.0079166666,  0.0051555224,
       0.0032803244,  0.0020206289,  0.0011858541,  0.00064224703, 0.00029637991, 8.334509e-05,
       6.2500003e-05, 4.6868387e-05, 3.5146331e-05, 2.6356031e-05, 1.9764237e-05, 1.4821087e-05,
       1.1114246e-05, 8.3345094e-06},
      1.3);
}

TEST_CASE("yarn: mscale and mscale_all_dim weigh the growth of cos and sin", "[layer][rope]") {
  const auto magnitude = [](double mscale, double all) {
    return yarn::angles({.rope_scaling = {.factor = 40, .mscale = mscale, .mscale_all_dim = all}},
                        16)
        .magnitude;
  };
  CHECK(magnitude(0.707, 0.707) == Catch::Detail::Approx(1));
  CHECK(magnitude(1, 0.5) ==
        Catch::Detail::Approx((1 + 0.1 * std::log(40)) / (1 + 0.05 * std::log(40))));
  CHECK(magnitude(1, 0) == Catch::Detail::Approx(1 + 0.1 * std::log(40)));
}

TEST_CASE("yarn: gqa keeps the layer contract and turns by these angles", "[layer][rope]") {
  support::turns_by_scaled_angles<yarn>({.dim = 32,
                                         .n_heads = 4,
                                         .max_seq_len = 256,
                                         .rope_theta = 50,
                                         .rope_scaling = {.factor = 4, .original_max_seq_len = 64},
                                         .dropout = 0.2});
}
