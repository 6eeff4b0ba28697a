#include "support/catch.hpp"
#include <zer0/core/dims.hpp>

#include <limits>

using zer0::dims;

namespace {

/// What check says, or nothing.
std::string refusal(const dims& sizes) {
  try {
    sizes.check();
  } catch (const zer0::error& e) {
    return e.what();
  }
  return "";
}

}  // namespace

TEST_CASE("dims: the defaults are those of the training program and fit together", "[core][dims]") {
  const dims d;
  CHECK(refusal(d) == "");
  CHECK(d.dim == 512);
  CHECK(d.n_layers == 8);
  CHECK(d.n_heads == 8);
  CHECK(d.vocab_size == 4000);
  CHECK(d.max_seq_len == 512);
  CHECK(d.rope_theta == 10000);
  CHECK(d.norm_eps == 1e-8);
}

TEST_CASE("dims: key/value heads and head width follow from the others unless given",
          "[core][dims]") {
  CHECK(dims{.n_heads = 6}.kv_heads() == 6);
  CHECK(dims{.n_heads = 6, .n_kv_heads = 2}.kv_heads() == 2);
  CHECK(dims{.dim = 96, .n_heads = 6}.head_size() == 16);
  CHECK(dims{.dim = 96, .n_heads = 6, .head_dim = 20}.head_size() == 20);
}

TEST_CASE("dims: the hidden width is multiple_of * ceil(int(2/3 * 4 * dim) / multiple_of)",
          "[core][dims]") {
  CHECK(dims{.dim = 512}.hidden() == 1408);  // 1365.3
  CHECK(dims{.dim = 64}.hidden() == 192);    // 170.7
  CHECK(dims{.dim = 72}.hidden() == 192);    // 192 exactly
  CHECK(dims{.dim = 73}.hidden() == 256);
  CHECK(dims{.dim = 100, .multiple_of = 1}.hidden() == 266);  // 266.7, cut
  CHECK(dims{.dim = 512, .hidden_dim = 7}.hidden() == 7);
}

TEST_CASE("dims: each size out of range is refused by name, with its value", "[core][dims]") {
  CHECK(refusal({.dim = 0}) == "dims: dim is 0; it must be at least 1");
  CHECK(refusal({.n_layers = -1}) == "dims: n_layers is -1; it must be at least 1");
  CHECK(refusal({.n_heads = 0}) == "dims: n_heads is 0; it must be at least 1");
  CHECK(refusal({.vocab_size = 0}) == "dims: vocab_size is 0; it must be at least 1");
  CHECK(refusal({.max_seq_len = 0}) == "dims: max_seq_len is 0; it must be at least 1");
  CHECK(refusal({.multiple_of = 0}) == "dims: multiple_of is 0; it must be at least 1");
  CHECK(refusal({.n_kv_heads = -2}) ==
        "dims: n_kv_heads is -2; use a divisor of n_heads, or 0 for n_heads");
  CHECK(refusal({.hidden_dim = -1}) == "dims: hidden_dim is -1; use 0 for the rule of multiple_of");
  CHECK(refusal({.rope_theta = 0}) == "dims: rope_theta is 0; it must be positive");
  CHECK(refusal({.norm_eps = -1}) == "dims: norm_eps is -1; it must be at least 0 and below 1");
  CHECK(refusal({.dropout = 1}) == "dims: dropout is 1; it must be at least 0 and below 1");
  CHECK(refusal({.dropout = -0.1}) == "dims: dropout is -0.1; it must be at least 0 and below 1");
}

TEST_CASE("dims: NaN is out of every range", "[core][dims]") {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  CHECK(refusal({.rope_theta = nan}) != "");
  CHECK(refusal({.norm_eps = nan}) != "");
  CHECK(refusal({.dropout = nan}) != "");
  CHECK(refusal({.attn_logit_softcap = nan}) != "");
  CHECK(refusal({.rope_scaling = {.factor = nan}}) != "");
}

TEST_CASE("dims: sizes of attention's variants out of range are refused by name", "[core][dims]") {
  CHECK(refusal({.sliding_window = -1}) == "dims: sliding_window is -1; it must be at least 0");
  CHECK(refusal({.attn_logit_softcap = -2}) ==
        "dims: attn_logit_softcap is -2; it must be at least 0");
  CHECK(refusal({.v_head_dim = -3}) == "dims: v_head_dim is -3; it must be at least 0");
  CHECK(refusal({.rope_scaling = {.factor = 0.5}}) ==
        "dims: rope_scaling.factor is 0.5; it must be at least 1");
  CHECK(refusal({.rope_scaling = {.low_freq_factor = 4}}) ==
        "dims: rope_scaling.low_freq_factor is 4; it must be below rope_scaling.high_freq_factor "
        "(4)");
  CHECK(refusal({.rope_scaling = {.beta_slow = 32}}) ==
        "dims: rope_scaling.beta_slow is 32; it must be below rope_scaling.beta_fast (32)");
}

TEST_CASE("dims: sizes of experts and adapters out of range are refused by name", "[core][dims]") {
  CHECK(refusal({.experts = {.per_token = 9}}) ==
        "dims: experts.per_token is 9; it must be from 1 to experts.n_routed (8)");
  CHECK(refusal({.experts = {.per_token = 0}}) ==
        "dims: experts.per_token is 0; it must be at least 1");
  CHECK(refusal({.experts = {.capacity_factor = 0}}) ==
        "dims: experts.capacity_factor is 0; it must be positive");
  CHECK(refusal({.lora = {.alpha = 0}}) == "dims: lora.alpha is 0; it must be positive");
  CHECK(refusal({.lora = {.dropout = 1}}) ==
        "dims: lora.dropout is 1; it must be at least 0 and below 1");
}

TEST_CASE("dims: sizes that do not divide are refused, naming both", "[core][dims]") {
  CHECK(refusal({.dim = 100, .n_heads = 8}) == "dims: dim (100) is not a multiple of n_heads (8)");
  CHECK(refusal({.dim = 100, .n_heads = 8, .head_dim = 12}) == "");
  CHECK(refusal({.n_heads = 8, .n_kv_heads = 3}) ==
        "dims: n_heads (8) is not a multiple of n_kv_heads (3)");
  CHECK(refusal({.n_heads = 4, .n_kv_heads = 8}) ==
        "dims: n_heads (4) is not a multiple of n_kv_heads (8)");
}

TEST_CASE("dims: a negative head width is refused", "[core][dims]") {
  CHECK(refusal({.head_dim = -4}) == "dims: head_dim is -4; use 0 for dim / n_heads");
}
