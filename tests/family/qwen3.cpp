#include "support/family_check.hpp"
#include <zer0/family/qwen3.hpp>

using namespace zer0;

TEST_CASE("qwen3: transformers' directory gives its logits", "[models][qwen3]") {
  support::check_family_files<qwen3>("qwen3", "qwen3");
  support::check_same_file<qwen3>("qwen3");
}

namespace {
/// The norms' weights have the order of the rotated rows.
struct interleaved : decoder<gqa<rope, qk_norm>, tied_head> {
  static constexpr const model_family& files = family::qwen3;
};
}  // namespace

TEST_CASE("qwen3: interleaved rotary pairs read the same files", "[models][qwen3]") {
  support::check_family_files<interleaved>("qwen3", "qwen3");
  support::check_same_file<interleaved>("qwen3");
}

TEST_CASE("qwen3: the real sizes have the published numbers of parameters", "[models][qwen3]") {
  const dims small{.dim = 1024,
                   .n_layers = 28,
                   .n_heads = 16,
                   .n_kv_heads = 8,
                   .head_dim = 128,
                   .vocab_size = 151936,
                   .hidden_dim = 3072};
  CHECK(support::parameter_count<qwen3>(small) == 596'049'920);
  const dims eight_b{.dim = 4096,
                     .n_layers = 36,
                     .n_heads = 32,
                     .n_kv_heads = 8,
                     .head_dim = 128,
                     .vocab_size = 151936,
                     .hidden_dim = 12288};
  CHECK(support::parameter_count<qwen3_of<untied_head>>(eight_b) == 8'190'735'360);
}

TEST_CASE("qwen3: its gradients are those of the loss", "[models][qwen3]") {
  support::check_family_gradient<qwen3>(support::small_dims);
}
