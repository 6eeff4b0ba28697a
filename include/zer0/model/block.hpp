// A block of the decoder: attention, then the feed-forward.
#pragma once

#include <zer0/layer/residual.hpp>

namespace zer0 {

/// Attention, then the feed-forward, each added to the stream from the norm of it.
struct decoder_block {
  using role = block_role;

  template <class Variant, device Device>
  class layer {
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

    explicit layer(const dims& sizes)
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

    /// After an update of the weights.
    void finish_step(Device& d) {
      attention_.finish_step(d);
      feed_forward_.finish_step(d);
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
};

}  // namespace zer0
