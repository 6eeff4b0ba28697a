// A variant with LoRA on a set of its projections.
#pragma once

#include <zer0/layer/layer.hpp>
#include <zer0/layer/lora.hpp>
#include <zer0/model/decoder.hpp>

namespace zer0 {
namespace detail {

template <class Policy, class Set>
struct with_lora {
  using type = Policy;
};
template <class Policy, class Set>
requires requires { typename Policy::linear_policy; }
struct with_lora<Policy, Set> {
  using type = typename Policy::template with_linear<lora<Set, typename Policy::linear_policy>>;
};

}  // namespace detail

/// `Variant` with `lora<Set>` in attention and feed-forward: `model<adapted<decoder<>>, cpu>`. Sizes: dims::lora.
/// Experts are not adapted.
template <decoder_variant Variant, projection_set Set = query_value_projections>
struct adapted : Variant {
  using attention = typename detail::with_lora<typename Variant::attention, Set>::type;
  using feed_forward = typename detail::with_lora<typename Variant::feed_forward, Set>::type;
};

}  // namespace zer0
