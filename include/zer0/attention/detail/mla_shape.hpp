// The widths inside multi-head latent attention, and which columns of its matrices hold what.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/tensor.hpp>

#include <utility>

namespace zer0::detail {

/// The base of mla's layer.
class mla_shape {
 protected:
  /// Throws zer0::error naming the first size that is 0 but must not be.
  explicit mla_shape(const dims& sizes)
      : heads_((check(sizes), sizes.n_heads)),
        nope_(sizes.qk_nope_head_dim),
        rope_(sizes.qk_rope_head_dim),
        value_(sizes.v_head_dim),
        latent_(sizes.kv_lora_rank),
        q_latent_(sizes.q_lora_rank) {}

  static void check(const dims& sizes) {
    for (const auto& [name, value] : {std::pair("kv_lora_rank", sizes.kv_lora_rank),
                                      std::pair("qk_nope_head_dim", sizes.qk_nope_head_dim),
                                      std::pair("qk_rope_head_dim", sizes.qk_rope_head_dim),
                                      std::pair("v_head_dim", sizes.v_head_dim)})
      require(value > 0, "mla: dims::", name, " is ", value, "; it must be at least 1");
  }
  static dims with_head(dims sizes, index_t width) {
    sizes.head_dim = width;
    return sizes;
  }
  static dims with_width(dims sizes, index_t width) {
    sizes.dim = width;
    return sizes;
  }

  [[nodiscard]] index_t head() const { return nope_ + rope_; }
  [[nodiscard]] index_t q_cols() const { return heads_ * head(); }
  [[nodiscard]] index_t q_down() const { return q_latent_ > 0 ? q_latent_ : q_cols(); }
  [[nodiscard]] index_t row() const { return latent_ + rope_; }

  // The columns of the first projection's output are: the queries (or their latent vector), the
  // latent vector of keys and values, the key that positions turn.
  template <class T>
  [[nodiscard]] tensor_view<T> latent_of(tensor_view<T> down) const {
    return down.col_block(q_down(), latent_);
  }
  template <class T>
  [[nodiscard]] tensor_view<T> key_of(tensor_view<T> down) const {
    return down.col_block(q_down() + latent_, rope_);
  }
  /// The part of head h of queries or keys that positions turn.
  template <class T>
  [[nodiscard]] tensor_view<T> turned(tensor_view<T> x, index_t h) const {
    return x.col_block(h * head() + nope_, rope_);
  }
  /// x (N, H*width), which must be contiguous, as (N*H, width).
  template <class T>
  [[nodiscard]] tensor_view<T> by_head(tensor_view<T> x, index_t width) const {
    return {x.data, x.rows * heads_, width};
  }

  index_t heads_, nope_, rope_, value_, latent_, q_latent_;
};

}  // namespace zer0::detail
