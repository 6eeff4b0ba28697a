#include "support/catch.hpp"
#include "support/small_model.hpp"
#include <zer0/attention/mla.hpp>
#include <zer0/attention/scores.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/model/adapted.hpp>
#include <zer0/model/block.hpp>
#include <zer0/moe/moe.hpp>
#include <zer0/recipe/description.hpp>

using namespace zer0;
using support::small_dims;

namespace {

/// The most memory that a step of the cpu device takes for activations.
template <class Variant>
std::size_t measured(const dims& sizes, index_t batch, index_t seq) {
  model<Variant, cpu> m(sizes);
  m.initialize(1);
  trainer train(m);
  const token_batch tokens = detail::equal_sequences(batch, seq);
  (void)train.step({&tokens, 1});
  return train.memory().peak_bytes();
}

}  // namespace

TEMPLATE_TEST_CASE("description: activations are what a real step takes", "[recipe][description]",
                   decoder<>, (decoder<gqa<rope, standard_attention>, untied_head>),
                   decoder<recompute<>>) {
  dims sizes = small_dims;
  for (const double dropout : {0.0, 0.1}) {
    sizes.dropout = dropout;
    CHECK(describe<TestType>(sizes, 3, 17).activation_bytes == measured<TestType>(sizes, 3, 17));
    CHECK(describe<TestType>(sizes, 1, 64).activation_bytes == measured<TestType>(sizes, 1, 64));
  }
}

TEST_CASE("description: of experts and latent attention too", "[recipe][description]") {
  dims sizes = small_dims;
  sizes.experts = {.n_routed = 4, .per_token = 2, .n_shared = 1, .hidden_dim = 8};
  using experts = decoder<moe<softmax_top_k, swiglu>>;
  CHECK(describe<experts>(sizes, 3, 17).activation_bytes == measured<experts>(sizes, 3, 17));
  const auto d = describe<experts>(sizes, 3, 17);
  CHECK(d.parameters - d.activated ==
        sizes.n_layers * 2 * 3 * sizes.dim * 8);  // two experts of four are idle

  sizes.n_kv_heads = 0;
  sizes.kv_lora_rank = 6;
  sizes.qk_nope_head_dim = 4;
  sizes.qk_rope_head_dim = 2;
  sizes.v_head_dim = 3;
  using latent = decoder<mla<>>;
  CHECK(describe<latent>(sizes, 3, 17).activation_bytes == measured<latent>(sizes, 3, 17));
  CHECK(describe<latent>(sizes, 3, 17).cache_bytes_per_token ==
        4u * 2 * (6 + 2));  // float, layers, latent and key
}

TEST_CASE("description: FLOPs are those of the formula", "[recipe][description]") {
  const dims& s = small_dims;
  const index_t batch = 3, seq = 10;
  const index_t kv = s.n_kv_heads * s.head_size();
  const index_t weights =
      s.n_layers * (s.dim * (2 * s.dim + 2 * kv) + 3 * s.dim * s.hidden_dim) + s.dim * s.vocab_size;
  const double pairs = (static_cast<double>(seq) + 1) / 2;  // keys that a query sees, on average
  const double attention = static_cast<double>(s.n_layers * 4 * s.dim) * pairs;
  for (const auto& d : {describe<decoder<>>(s, batch, seq),
                        describe<decoder<gqa<standard_attention>, untied_head>>(s, batch, seq)}) {
    CHECK(d.forward_flops ==
          Catch::Approx(2.0 * static_cast<double>(weights) + attention).epsilon(1e-12));
    CHECK(d.backward_flops ==
          Catch::Approx(4.0 * static_cast<double>(weights) + 2 * attention).epsilon(1e-12));
  }
  const auto again = describe<decoder<recompute<>>>(s, batch, seq);
  const double head = 2.0 * static_cast<double>(s.dim * s.vocab_size);
  CHECK(again.backward_flops == Catch::Approx(3 * again.forward_flops - head).epsilon(1e-12));
}

TEST_CASE("description: a window bounds the FLOPs of attention", "[recipe][description]") {
  dims s = small_dims;
  s.sliding_window = 4;
  const auto all = describe<decoder<>>(s, 2, 10);
  const auto window = describe<decoder<gqa<sliding_window>>>(s, 2, 10);
  const double keys = 1 + 2 + 3 + 7 * 4, causal_keys = 55;  // of a sequence of 10
  CHECK(all.forward_flops - window.forward_flops ==
        Catch::Approx(static_cast<double>(s.n_layers * 4 * s.dim) * (causal_keys - keys) / 10)
            .epsilon(1e-12));
}

TEST_CASE("description: memory of weights, gradients and optimizer", "[recipe][description]") {
  const auto all = describe<decoder<>>(small_dims, 1, 8);
  const auto n = static_cast<std::size_t>(all.parameters);
  CHECK(all.trained == all.parameters);
  CHECK(all.activated == all.parameters);
  CHECK(all.weight_bytes == 4 * n);
  CHECK(all.gradient_bytes == 4 * n);
  CHECK(all.optimizer_bytes == 8 * n);
  CHECK(all.cache_bytes_per_token ==
        4u * 2 * 2 * 2 * 4);  // float, keys and values, layers, heads of 4

  dims sizes = small_dims;
  sizes.lora.rank = 2;
  const auto adapters = describe<adapted<decoder<>>>(sizes, 1, 8);
  CHECK(adapters.trained < all.parameters / 4);
  CHECK(adapters.gradient_bytes == 4 * static_cast<std::size_t>(adapters.trained));
  CHECK(adapters.optimizer_bytes == 8 * static_cast<std::size_t>(adapters.trained));
}

TEST_CASE("description: a model far larger than memory is described", "[recipe][description]") {
  const dims huge{.dim = 16384,
                  .n_layers = 126,
                  .n_heads = 128,
                  .n_kv_heads = 8,
                  .vocab_size = 128256,
                  .max_seq_len = 8192,
                  .hidden_dim = 53248};
  const auto d = describe<decoder<untied_head>>(huge, 16, 8192);
  CHECK(d.parameters == 405'853'388'800);  // Llama 3.1 405B
  CHECK(d.total_bytes() > std::size_t{6} << 40);
  const std::string text = text_of(d);
  using support::contains;
  CHECK_THAT(text, contains("405,853,388,800"));
  CHECK_THAT(text, contains("0 to 125, each"));
  CHECK_THAT(text, contains("53248 x 16384"));
}
