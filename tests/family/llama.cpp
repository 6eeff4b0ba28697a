#include "support/family_check.hpp"
#include <zer0/family/llama.hpp>
#include <zer0/layer/rope_scaling/llama3_scaling.hpp>

using namespace zer0;

TEST_CASE("llama: transformers' directories give its logits, sharded or not", "[models][llama]") {
  support::check_family_files<llama>("llama", "llama");
  support::check_family_files<llama>("llama_sharded", "llama");
}

TEST_CASE("llama: the scaled rotary positions of Llama 3.1 are those of transformers",
          "[models][llama]") {
  using scaled = decoder<gqa<scaled_rope<rope_half_split, llama3_scaling>, flash>, tied_head>;
  STATIC_REQUIRE(family_of<scaled>().type == "llama");
  support::check_family_files<scaled>("llama_scaled", "llama");
}

TEST_CASE("llama: what zer0 writes is what transformers wrote", "[models][llama]") {
  support::check_same_file<llama>("llama");
}

TEST_CASE("llama: interleaved rotary pairs read the same files", "[models][llama]") {
  using interleaved = decoder<gqa<rope>, untied_head>;
  support::check_family_files<interleaved>("llama", "llama");
  support::check_same_file<interleaved>("llama");
}

TEST_CASE("llama: the real sizes have the published numbers of parameters", "[models][llama]") {
  const dims llama2_7b{
      .dim = 4096, .n_layers = 32, .n_heads = 32, .vocab_size = 32000, .hidden_dim = 11008};
  CHECK(support::parameter_count<llama>(llama2_7b) == 6'738'415'616);
  const dims llama3_8b{.dim = 4096,
                       .n_layers = 32,
                       .n_heads = 32,
                       .n_kv_heads = 8,
                       .vocab_size = 128256,
                       .hidden_dim = 14336};
  CHECK(support::parameter_count<llama>(llama3_8b) == 8'030'261'248);
  const dims llama32_1b{.dim = 2048,
                        .n_layers = 16,
                        .n_heads = 32,
                        .n_kv_heads = 8,
                        .vocab_size = 128256,
                        .hidden_dim = 8192};
  CHECK(support::parameter_count<llama_of<tied_head>>(llama32_1b) == 1'235'814'400);
}

TEST_CASE("llama: its gradients are those of the loss", "[models][llama]") {
  support::check_family_gradient<llama>(support::small_dims);
}
