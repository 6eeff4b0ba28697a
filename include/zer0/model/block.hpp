// The blocks of a decoder: attention, then the feed-forward; and a block that keeps only its input
// and computes the rest again in backward (activation checkpointing).
#pragma once

#include <zer0/layer/placement/pre_norm.hpp>

#include <utility>

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

/// Where the norms of a variant's blocks are: the placement that it names, or pre_norm.
template <class V>
using placement_of = typename detail::placement_choice<V>::type;

/// Attention, then the feed-forward, each added to the residual stream, with norms where the
/// variant places them.
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

    /// To be called after each update of the weights.
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

/// Computes what `Block` does, but keeps only its input and output instead of what its layers keep.
/// backward first repeats the forward with the same random numbers, so loss and gradients are the
/// same bit for bit. Time: one more forward of each block. Memory: N D numbers per block, and what
/// one block keeps, once. Source: Chen et al. 2016, arXiv:1604.06174, section 4.
template <policy_for<block_role> Block = decoder_block>
struct recompute {
  using role = block_role;

  template <class Variant, device Device>
  class layer {
    using block_layer = typename Block::template layer<Variant, Device>;

   public:
    using real = typename Device::real;
    using cache = typename block_layer::cache;
    struct saved {
      tensor_view<real> x;
      std::uint32_t sites;  // context::sites before this block
    };

    explicit layer(const dims& sizes) : block_(sizes) {}

    void parameters(parameter_list<real>& list) { block_.parameters(list); }

    void forward(context<Device>& c, residual_stream<Device>& stream, saved& s) {
      s = {stream.value(c), c.sites};
      const tensor_view<real> y = c.keep.matrix(stream.rows(), stream.cols());
      const arena_scope<Device> discarded(c.keep);
      residual_stream<Device> inside(s.x);
      typename block_layer::saved unused;
      block_.forward(c, inside, unused);
      copy(c.device, tensor_view<const real>(inside.value(c)), y);
      stream = residual_stream<Device>(y);
    }

    void backward(context<Device>& c, const saved& s, tensor_view<real> dstream) {
      const arena_scope<Device> recomputed(c.keep);
      residual_stream<Device> inside(s.x);
      typename block_layer::saved again;
      const std::uint32_t sites = std::exchange(c.sites, s.sites);
      const bool gathers = std::exchange(c.gathers, false);
      block_.forward(c, inside, again);
      c.sites = sites;
      c.gathers = gathers;
      block_.backward(c, again, dstream);
    }

    void finish_step(Device& d) { block_.finish_step(d); }

    [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
      return block_.make_cache(d, sequences, capacity);
    }
    void extend(context<Device>& c, residual_stream<Device>& stream, cache& memory) {
      block_.extend(c, stream, memory);
    }

   private:
    block_layer block_;
  };
};

}  // namespace zer0
