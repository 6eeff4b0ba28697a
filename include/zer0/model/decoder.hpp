// The decoder: which attention, feed-forward, norm, head, block and input positions a model is made
// of.
#pragma once

#include <zer0/attention/gqa.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/embedding.hpp>
#include <zer0/layer/feed_forward.hpp>
#include <zer0/layer/rms_norm.hpp>
#include <zer0/model/block.hpp>

namespace zer0 {

/// The output head shares the embedding's table. Press & Wolf 2017, arXiv:1608.05859.
struct tied_head {
  using role = head_role;
  static constexpr bool tied = true;
};

/// The output head has a matrix of its own.
struct untied_head {
  using role = head_role;
  static constexpr bool tied = false;
};

/// A variant: `decoder<gqa<rope, flash>, swiglu, rms_norm, tied_head>`. Policies are recognized by
/// their role, so their order is free and any may be left out. This example names the defaults.
template <class... Policies>
struct decoder {
  static_assert((policy<Policies> && ...),
                "zer0::decoder: an argument is no policy; a policy names its role: using role = "
                "zer0::norm_role");
  static_assert(((policy_for<Policies, attention_role> || policy_for<Policies, feed_forward_role> ||
                  policy_for<Policies, norm_role> || policy_for<Policies, head_role> ||
                  policy_for<Policies, block_role> || policy_for<Policies, input_position_role> ||
                  policy_for<Policies, placement_role> || !policy<Policies>) &&
                 ...),
                "zer0::decoder takes an attention, a feed-forward, a norm and its placement, a "
                "head, a block and an input position; one of its arguments plays another role (a "
                "position or a kernel belongs inside the attention: gqa<rope, flash>; a router "
                "inside the experts: moe<softmax_top_k, swiglu>)");
  static_assert(count_role<attention_role, Policies...> <= 1,
                "zer0::decoder: two attention policies given");
  static_assert(count_role<feed_forward_role, Policies...> <= 1,
                "zer0::decoder: two feed-forward policies given");
  static_assert(count_role<norm_role, Policies...> <= 1, "zer0::decoder: two norm policies given");
  static_assert(count_role<head_role, Policies...> <= 1, "zer0::decoder: two head policies given");
  static_assert(count_role<block_role, Policies...> <= 1,
                "zer0::decoder: two block policies given");
  static_assert(count_role<placement_role, Policies...> <= 1,
                "zer0::decoder: two placements of the norm given");
  static_assert(count_role<input_position_role, Policies...> <= 1,
                "zer0::decoder: two input positions given");

  using attention = pick_policy<attention_role, gqa<>, Policies...>;
  using feed_forward = pick_policy<feed_forward_role, swiglu, Policies...>;
  using norm = pick_policy<norm_role, rms_norm, Policies...>;
  using head = pick_policy<head_role, tied_head, Policies...>;
  using block = pick_policy<block_role, decoder_block, Policies...>;
  using placement = pick_policy<placement_role, pre_norm, Policies...>;
  using input_position = pick_policy<input_position_role, no_input_position, Policies...>;
};

/// The variant of a model: `decoder<...>`, or a struct of your own that names these four policies.
/// It may also name a `block`, a `placement` and an `input_position`.
template <class V>
concept decoder_variant =
    policy_for<typename V::attention, attention_role> &&
    policy_for<typename V::feed_forward, feed_forward_role> &&
    policy_for<typename V::norm, norm_role> && policy_for<typename V::head, head_role>;

namespace detail {
template <class V>
struct block_choice {
  using type = decoder_block;
};
template <class V>
requires requires { typename V::block; }
struct block_choice<V> {
  using type = typename V::block;
};
template <class V>
struct input_position_choice {
  using type = no_input_position;
};
template <class V>
requires requires { typename V::input_position; }
struct input_position_choice<V> {
  using type = typename V::input_position;
};
}  // namespace detail

template <class V>
using block_of = typename detail::block_choice<V>::type;
template <class V>
using input_position_of = typename detail::input_position_choice<V>::type;

}  // namespace zer0
