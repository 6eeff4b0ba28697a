#include "support/family_check.hpp"
#include <zer0/family/qwen2.hpp>

using namespace zer0;

TEST_CASE("qwen2: transformers' directory gives its logits", "[models][qwen2]") {
  support::check_family_files<qwen2>("qwen2", "qwen2");
  support::check_same_file<qwen2>("qwen2");
}

namespace {
/// Biases are rotated rows too.
struct interleaved
    : decoder<gqa<rope, biased<projections<"q_proj", "k_proj", "v_proj">>>, tied_head> {
  static constexpr const model_family& files = family::qwen2;
};
}  // namespace

TEST_CASE("qwen2: interleaved rotary pairs read the same files", "[models][qwen2]") {
  support::check_family_files<interleaved>("qwen2", "qwen2");
  support::check_same_file<interleaved>("qwen2");
}

TEST_CASE("qwen2: the real sizes have the published numbers of parameters", "[models][qwen2]") {
  const dims half_b{.dim = 896,
                    .n_layers = 24,
                    .n_heads = 14,
                    .n_kv_heads = 2,
                    .vocab_size = 151936,
                    .hidden_dim = 4864};
  CHECK(support::parameter_count<qwen2>(half_b) == 494'032'768);
  const dims seven_b{.dim = 3584,
                     .n_layers = 28,
                     .n_heads = 28,
                     .n_kv_heads = 4,
                     .vocab_size = 152064,
                     .hidden_dim = 18944};
  CHECK(support::parameter_count<qwen2_of<untied_head>>(seven_b) == 7'615'616'512);
}

TEST_CASE("qwen2: its gradients are those of the loss", "[models][qwen2]") {
  support::check_family_gradient<qwen2>(support::small_dims);
}
