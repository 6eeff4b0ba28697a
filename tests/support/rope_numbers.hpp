// Frequencies of scaled rotary positions beside those of transformers 4.46.3:
//
//   from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS
//   config = PretrainedConfig(rope_theta=100.0, head_dim=16, hidden_size=32, num_attention_heads=2,
//                             max_position_embeddings=64, rope_scaling={"rope_type": "linear",
//                             "factor": 4.0})
//   ROPE_INIT_FUNCTIONS["linear"](config, "cpu")
#pragma once

#include "support/attention_definition.hpp"
#include "support/layer_contract.hpp"
#include <zer0/attention/gqa.hpp>

namespace support {

/// `expected` are floats.
inline void frequencies_are(const zer0::rope_angles& a, const std::vector<double>& expected,
                            double magnitude) {
  REQUIRE(a.frequencies.size() == expected.size());
  for (std::size_t j = 0; j < expected.size(); ++j)
    CHECK(a.frequencies[j] == Catch::Detail::Approx(expected[j]).epsilon(1e-6));
  CHECK(a.magnitude == Catch::Detail::Approx(magnitude).epsilon(1e-12));
}

/// gqa with scaled positions keeps the contract, and turns by the angles of `Scaling`.
template <class Scaling>
void turns_by_scaled_angles(const zer0::dims& sizes) {
  using policy = zer0::gqa<zer0::scaled_rope<zer0::rope, Scaling>>;
  layer_contract<policy>(sizes);
  on_all_devices([&]<class D>(std::type_identity<D>) {
    computes_its_definition<policy, D>(sizes, [&](attention_definition& a) {
      const auto angles = Scaling::angles(sizes, sizes.head_size());
      a.frequency = [angles](double j, double) {
        return angles.frequencies[static_cast<std::size_t>(j)];
      };
      a.magnitude = angles.magnitude;
    });
  });
}

}  // namespace support
