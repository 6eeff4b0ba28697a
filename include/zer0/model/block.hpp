// A block of the decoder: attention, then the feed-forward.
#pragma once

#include <zer0/layer/placement/pre_norm.hpp>

namespace zer0 {
namespace detail {

template <class V>
struct placement_choice {
  using type = pre_norm;
};
template <class V>
requires requires { typename V::placement; }
struct placement_choice<V> {
  using type = typename V::placement;
};

}  // namespace detail

/// Where the norms of a variant's blocks are: what it names, or before each branch.
template <class V>
using placement_of = typename detail::placement_choice<V>::type;

/// Attention, then the feed-forward, each added to the stream with norms where the variant places
/// them.
struct decoder_block {
  using role = block_role;

  template <class Variant, device Device>
  class layer {
   public:
    using real = typename Device::real;
    template <class Policy>
    using branch =
        typename placement_of<Variant>::template branch<typename Variant::norm, Policy, Device>;
    using attention_branch = branch<typename Variant::attention>;
    using feed_forward_branch = branch<typename Variant::feed_forward>;
    struct saved {
      typename attention_branch::saved attention;
      typename feed_forward_branch::saved feed_forward;
    };
    struct cache {
      typename attention_branch::cache attention;
      typename feed_forward_branch::cache feed_forward;
    };

    explicit layer(const dims& sizes)
        : attention_(sizes, "input_layernorm", "self_attn"),
          feed_forward_(sizes, "post_attention_layernorm", "mlp") {}

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

    /// After an update of the weights.
    void finish_step(Device& d) {
      attention_.finish_step(d);
      feed_forward_.finish_step(d);
    }

    [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
      return {attention_.make_cache(d, sequences, capacity),
              feed_forward_.make_cache(d, sequences, capacity)};
    }

    void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
      attention_.extend(c, stream, memory.attention);
      feed_forward_.extend(c, stream, memory.feed_forward);
    }

   private:
    attention_branch attention_;
    feed_forward_branch feed_forward_;
  };
};

}  // namespace zer0
