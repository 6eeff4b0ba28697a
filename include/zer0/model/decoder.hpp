// The decoder: which attention, feed-forward, norm and head a model is made of.
#pragma once

#include <zer0/attention/gqa.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/layer/residual.hpp>
#include <zer0/layer/rms_norm.hpp>
#include <zer0/layer/swiglu.hpp>

namespace zer0 {

/// The output head multiplies by the embedding's table. Press & Wolf 2017, arXiv:1608.05859.
struct tied_head {
  using role = head_role;
  static constexpr bool tied = true;
};

/// The output head has a matrix of its own.
struct untied_head {
  using role = head_role;
  static constexpr bool tied = false;
};

/// A variant: `decoder<gqa<rope, flash>, swiglu, rms_norm, tied_head>`. Policies are found by their role, so their
/// order is free and any may be left out; the defaults are the ones named here.
template <class... Policies>
struct decoder {
  static_assert((policy<Policies> && ...),
                "zer0::decoder: an argument is no policy; a policy names its role: using role = zer0::norm_role");
  static_assert(
      ((policy_for<Policies, attention_role> || policy_for<Policies, feed_forward_role> ||
        policy_for<Policies, norm_role> || policy_for<Policies, head_role> || !policy<Policies>)&&...),
      "zer0::decoder takes an attention, a feed-forward, a norm and a head; one of its arguments plays another role (a "
      "position or a kernel belongs inside the attention: gqa<rope, flash>)");
  static_assert(count_role<attention_role, Policies...> <= 1, "zer0::decoder: two attention policies given");
  static_assert(count_role<feed_forward_role, Policies...> <= 1, "zer0::decoder: two feed-forward policies given");
  static_assert(count_role<norm_role, Policies...> <= 1, "zer0::decoder: two norm policies given");
  static_assert(count_role<head_role, Policies...> <= 1, "zer0::decoder: two head policies given");

  using attention = pick_policy<attention_role, gqa<>, Policies...>;
  using feed_forward = pick_policy<feed_forward_role, swiglu, Policies...>;
  using norm = pick_policy<norm_role, rms_norm, Policies...>;
  using head = pick_policy<head_role, tied_head, Policies...>;
};

/// What a model is made of: `decoder<...>`, or a struct of your own that names the same four policies.
template <class V>
concept decoder_variant =
    policy_for<typename V::attention, attention_role> && policy_for<typename V::feed_forward, feed_forward_role> &&
    policy_for<typename V::norm, norm_role> && policy_for<typename V::head, head_role>;

/// One block: attention, then the feed-forward, each added to the stream from the norm of it.
template <class Variant, device Device>
class block {
 public:
  using real = typename Device::real;
  using attention_branch = residual<typename Variant::norm, typename Variant::attention, Device>;
  using feed_forward_branch = residual<typename Variant::norm, typename Variant::feed_forward, Device>;
  struct saved {
    typename attention_branch::saved attention;
    typename feed_forward_branch::saved feed_forward;
  };
  struct cache {
    typename attention_branch::cache attention;
    typename feed_forward_branch::cache feed_forward;
  };

  explicit block(const dims& sizes)
      : attention_(sizes, "input_layernorm", "self_attn"), feed_forward_(sizes, "post_attention_layernorm", "mlp") {}

  void parameters(parameter_list<real>& list) {
    attention_.parameters(list);
    feed_forward_.parameters(list);
  }

  void forward(context<Device>& c, residual_stream<Device>& stream, saved& s) {
    attention_.forward(c, stream, s.attention);
    feed_forward_.forward(c, stream, s.feed_forward);
  }

  void backward(context<Device>& c, const saved& s, tensor_view<real> dstream) {
    feed_forward_.backward(c, s.feed_forward, dstream);
    attention_.backward(c, s.attention, dstream);
  }

  [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
    return {attention_.make_cache(d, sequences, capacity), feed_forward_.make_cache(d, sequences, capacity)};
  }

  void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
    attention_.extend(c, stream, memory.attention);
    feed_forward_.extend(c, stream, memory.feed_forward);
  }

 private:
  attention_branch attention_;
  feed_forward_branch feed_forward_;
};

}  // namespace zer0
