// The one table of the variants that programs are compiled with.
#pragma once

#include "support/usage_error.hpp"
#include "support/variant_choice.hpp"
#include <zer0/attention/gqa.hpp>
#include <zer0/attention/kernel.hpp>
#include <zer0/model/adapted.hpp>
#include <zer0/model/block.hpp>
#include <zer0/moe/moe.hpp>
#include <zer0/moe/router/sigmoid_bias.hpp>

#include <concepts>
#include <tuple>

namespace program {

namespace detail {
template <class FeedForward>
inline constexpr expert_kind experts_of = expert_kind::none;
template <class FeedForward>
inline constexpr expert_kind experts_of<zer0::moe<zer0::softmax_top_k, FeedForward>> =
    expert_kind::softmax;
template <class FeedForward>
inline constexpr expert_kind experts_of<zer0::moe<zer0::sigmoid_bias, FeedForward>> =
    expert_kind::sigmoid;
}  // namespace detail

/// A line of the table: a decoder, each of whose projections may have a LoRA adapter.
template <class Decoder>
struct variant {
  using decoder = zer0::adapted<Decoder, zer0::listed_projections>;
  static constexpr variant_choice choice{
      .flash = std::same_as<typename Decoder::attention::kernel, zer0::flash>,
      .tied = Decoder::head::tied,
      .recompute = std::same_as<typename Decoder::block, zer0::recompute<>>,
      .experts = detail::experts_of<typename Decoder::feed_forward>};
  const char* name;
};

using zer0::decoder, zer0::flash, zer0::gqa, zer0::moe, zer0::recompute, zer0::rope,
    zer0::sigmoid_bias, zer0::softmax_top_k, zer0::standard_attention, zer0::untied_head;

/// A new variant is one line.
// clang-format off
inline constexpr std::tuple variants{
    variant<decoder<gqa<rope, standard_attention>>>{"gqa<rope, standard_attention>"},
    variant<decoder<gqa<rope, flash>>>{"gqa<rope, flash>"},
    variant<decoder<gqa<rope, flash>, recompute<>>>{"gqa<rope, flash>, recompute<>"},
    variant<decoder<gqa<rope, standard_attention>, untied_head>>{"gqa<rope, standard_attention>, untied_head"},
    variant<decoder<gqa<rope, flash>, untied_head>>{"gqa<rope, flash>, untied_head"},
    variant<decoder<gqa<rope, flash>, untied_head, recompute<>>>{"gqa<rope, flash>, untied_head, recompute<>"},
    variant<decoder<gqa<rope, standard_attention>, moe<softmax_top_k>>>{"gqa<rope, standard_attention>, moe<softmax_top_k>"},
    variant<decoder<gqa<rope, flash>, moe<softmax_top_k>>>{"gqa<rope, flash>, moe<softmax_top_k>"},
    variant<decoder<gqa<rope, flash>, moe<softmax_top_k>, recompute<>>>{"gqa<rope, flash>, moe<softmax_top_k>, recompute<>"},
    variant<decoder<gqa<rope, flash>, moe<softmax_top_k>, untied_head>>{"gqa<rope, flash>, moe<softmax_top_k>, untied_head"},
    variant<decoder<gqa<rope, flash>, moe<sigmoid_bias>>>{"gqa<rope, flash>, moe<sigmoid_bias>"},
};
// clang-format on

/// Calls f(line) for the line of the table that `choice` names. Throws usage_error if there is
/// none.
template <class F>
void with_variant(const variant_choice& choice, F f) {
  bool found = false;
  const auto try_line = [&]<class Line>(const Line& line) {
    if (Line::choice != choice) return;
    found = true;
    f(line);
  };
  std::apply([&](const auto&... line) { (try_line(line), ...); }, variants);
  demand(found, "this program was not compiled for a model with ",
         choice.tied ? "a tied" : "an untied", " head, ",
         choice.experts == expert_kind::none      ? "without experts, "
         : choice.experts == expert_kind::softmax ? "with experts scored by softmax, "
                                                  : "with experts scored by sigmoid, ",
         choice.flash ? "--flash_attn" : "no --flash_attn",
         choice.recompute ? " and --recompute" : "",
         "; choose others, or add a line to examples/support/variants.hpp and compile it");
}

}  // namespace program
