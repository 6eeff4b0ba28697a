#include "support/catch.hpp"
#include "support/small_model.hpp"
#include <zer0/attention/scores.hpp>
#include <zer0/core/dims.hpp>
#include <zer0/device/cpu.hpp>
#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/rope_scaling/linear_scaling.hpp>
#include <zer0/layer/rope_scaling/yarn.hpp>
#include <zer0/model/adapted.hpp>
#include <zer0/moe/moe.hpp>
#include <zer0/moe/router/sigmoid_bias.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

using namespace zer0;

namespace {

/// The fingerprint of a model whose weights are all 0.5, so that nothing else tells two apart.
template <class Variant = decoder<>>
std::uint64_t fingerprint_of(const dims& sizes) {
  model<Variant, cpu> m(sizes);
  const std::vector<float> half(m.weights().size(), 0.5F);
  upload(m.device(), std::span<const float>(half), m.weights());
  return weights_fingerprint(m);
}

dims scaled() {
  dims d = support::small_dims;
  d.sliding_window = 3;
  d.attn_logit_softcap = 5;
  d.rope_scaling = {.factor = 2, .original_max_seq_len = 8};
  return d;
}

}  // namespace

TEST_CASE("weights_fingerprint: another size that results depend on, another number",
          "[recipe][weights_fingerprint]") {
  const dims base = scaled();
  const std::uint64_t expected = fingerprint_of(base);
  CHECK(fingerprint_of(base) == expected);
  int n = 0;
  // Sizes that change neither shapes nor what fits together: those that the weights do not tell.
  for (const std::string_view name : {"rope_theta",
                                      "rope_scaling.factor",
                                      "rope_scaling.original_max_seq_len",
                                      "rope_scaling.low_freq_factor",
                                      "rope_scaling.high_freq_factor",
                                      "rope_scaling.beta_fast",
                                      "rope_scaling.beta_slow",
                                      "rope_scaling.attention_factor",
                                      "rope_scaling.mscale",
                                      "rope_scaling.mscale_all_dim",
                                      "sliding_window",
                                      "attn_logit_softcap",
                                      "kv_lora_rank",
                                      "q_lora_rank",
                                      "qk_nope_head_dim",
                                      "qk_rope_head_dim",
                                      "v_head_dim",
                                      "norm_eps",
                                      "experts.n_routed",
                                      "experts.norm_topk_prob",
                                      "experts.scaling",
                                      "experts.capacity_factor"}) {
    dims other = base;
    visit_sizes(other, [&](const size_info& size, auto& value) {
      using T = std::remove_reference_t<decltype(value)>;
      if (size.name != name) return;
      ++n;
      if constexpr (std::is_same_v<T, bool>) value = !value;
      if constexpr (std::is_same_v<T, double>) value = value * 0.75 + 0.125;
      if constexpr (std::is_same_v<T, index_t>) value += 1;
    });
    INFO(name);
    CHECK(fingerprint_of(other) != expected);
  }
  CHECK(n == 22);
}

TEST_CASE("weights_fingerprint: what only training or memory depends on leaves it",
          "[recipe][weights_fingerprint]") {
  const dims base = scaled();
  const std::uint64_t expected = fingerprint_of(base);
  dims other = base;
  other.dropout = 0.5;
  other.max_seq_len *= 2;
  other.experts.aux_loss_alpha = 7;
  other.experts.seq_aux = false;
  other.n_kv_heads = base.kv_heads();
  other.head_dim = base.head_size();
  other.hidden_dim = base.hidden();
  CHECK(fingerprint_of(other) == expected);
  CHECK(fingerprint_of<decoder<recompute<decoder_block>>>(base) == expected);
}

TEST_CASE("weights_fingerprint: another policy, another number, with the same sizes and weights",
          "[recipe][weights_fingerprint]") {
  const dims base = scaled();
  const std::vector<std::uint64_t> all{
      fingerprint_of(base),
      fingerprint_of<decoder<gqa<rope_half_split>>>(base),
      fingerprint_of<decoder<gqa<sliding_window>>>(base),
      fingerprint_of<decoder<gqa<soft_cap>>>(base),
      fingerprint_of<decoder<gqa<scaled_rope<rope, linear_scaling>>>>(base),
      fingerprint_of<decoder<gqa<scaled_rope<rope, yarn>>>>(base),
      fingerprint_of<decoder<geglu>>(base)};
  for (std::size_t i = 0; i < all.size(); ++i)
    for (std::size_t j = 0; j < i; ++j) {
      INFO(i << " " << j);
      CHECK(all[i] != all[j]);
    }
}

TEST_CASE("weights_fingerprint: a model with adapters has that of the model without them",
          "[recipe][weights_fingerprint]") {
  dims sizes = support::small_dims;
  model<decoder<>, cpu> plain(sizes);
  plain.initialize(1);
  sizes.lora.rank = 2;
  model<adapted<decoder<>>, cpu> with(sizes);
  with.initialize(2);
  const auto base = with.weights().subspan(with.trained_weights().size());
  REQUIRE(base.size() == plain.weights().size());
  upload(with.device(), std::span<const float>(plain.weights()), base);
  CHECK(weights_fingerprint(with) == weights_fingerprint(plain));
}

TEST_CASE("weights_fingerprint: a router's bias is part of it", "[recipe][weights_fingerprint]") {
  model<decoder<moe<sigmoid_bias, swiglu>>, cpu> m(support::small_dims);
  m.initialize(1);
  const std::uint64_t before = weights_fingerprint(m);
  REQUIRE_FALSE(m.parameters().states().empty());
  const std::vector<float> one{0.25F};
  upload(m.device(), std::span<const float>(one),
         m.parameters().states().front().value->value.first(1));
  CHECK(weights_fingerprint(m) != before);
}
