// Multi-head latent attention: the cache holds one narrow vector per token, shared by all heads.
#pragma once

#include <zer0/attention/detail/mla_shape.hpp>
#include <zer0/attention/kernel.hpp>
#include <zer0/attention/scores.hpp>
#include <zer0/device/memory.hpp>
#include <zer0/layer/linear.hpp>
#include <zer0/layer/rms_norm.hpp>
#include <zer0/layer/rope.hpp>

#include <cmath>
#include <optional>

namespace zer0 {

/// Each token has a latent vector l: L = dims::kv_lora_rank numbers, normed. Each head computes
/// from it the first part of its key, k_nope = W_uk l (qk_nope_head_dim), and its value, W_uv l
/// (v_head_dim). The second part of its key, qk_rope_head_dim numbers, is the same for all heads.
/// Positions turn only this second part and that of the query. Scores are q k^T /
/// sqrt(qk_nope_head_dim + qk_rope_head_dim). Queries are a projection of x or, if q_lora_rank > 0,
/// of a latent vector of their own.
///
/// Training computes the keys and values of all heads. Generation stays in the latent space: it
/// multiplies q_nope by W_uk, and the heads' results by W_uv. The cache then holds kv_lora_rank +
/// qk_rope_head_dim numbers per token, whatever the number of heads, and is read as one key/value
/// head.
///
/// Policies, in any order: a position (default rope), a kernel (default flash), a linear for
/// "q_proj" (or "q_a_proj" and "q_b_proj"), "kv_a_proj_with_mqa", "kv_b_proj" and "o_proj", a mask
/// (default causal), scores (default plain_scores). Shapes: x, y (N, D); cache (S * capacity, L +
/// qk_rope_head_dim). Memory: keeps queries, keys, values and the heads' output, H (2
/// (qk_nope_head_dim + qk_rope_head_dim) + 2 v_head_dim) numbers per token, the latent vectors
/// before and after their norm, and what the kernel keeps. Throws zer0::error if a size other than
/// q_lora_rank is 0, or if kv_b_proj has a bias, which cannot be absorbed into the latent space.
/// Source: DeepSeek-AI 2024 (DeepSeek-V2), arXiv:2405.04434, section 2.1; names as in its files.
template <class... Policies>
struct mla {
  using role = attention_role;
  using position = pick_policy<position_role, rope, Policies...>;
  using kernel = pick_policy<attention_kernel_role, flash, Policies...>;
  using linear_policy = pick_policy<linear_role, linear, Policies...>;
  using mask = pick_policy<attention_mask_role, causal, Policies...>;
  using score = pick_policy<attention_score_role, plain_scores, Policies...>;
  template <policy_for<linear_role> L>
  using with_linear = replace_policy<zer0::mla, L, Policies...>;

  static_assert((policy<Policies> && ...),
                "zer0::mla: an argument is no policy; a policy names its role: using role = "
                "zer0::position_role");
  static_assert(
      ((policy_for<Policies, position_role> || policy_for<Policies, attention_kernel_role> ||
        policy_for<Policies, linear_role> || policy_for<Policies, attention_mask_role> ||
        policy_for<Policies, attention_score_role> || !policy<Policies>) &&
       ...),
      "zer0::mla takes a position (rope, rope_half_split), a kernel (standard_attention, flash), a "
      "linear (lora), a mask (sliding_window) and scores (soft_cap); an argument plays another "
      "role");
  static_assert(count_role<position_role, Policies...> <= 1, "zer0::mla: two positions given");
  static_assert(count_role<attention_kernel_role, Policies...> <= 1,
                "zer0::mla: two attention kernels given");
  static_assert(count_role<linear_role, Policies...> <= 1, "zer0::mla: two linears given");
  static_assert(count_role<attention_mask_role, Policies...> <= 1, "zer0::mla: two masks given");
  static_assert(count_role<attention_score_role, Policies...> <= 1,
                "zer0::mla: two policies of scores given");

  template <device Device>
  class layer : detail::mla_shape {
    using kernel_type = typename kernel::template kernel<Device>;
    using linear_type = layer_of<linear_policy, Device>;
    using norm_type = layer_of<rms_norm, Device>;
    static_assert(check_kernel<kernel, Device>());

   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<real> q, k, v, o;
      random_stream stream;
      typename kernel_type::saved attention;
      typename linear_type::saved down, q_up, kv_up, output;
      typename norm_type::saved q_norm, kv_norm;
    };
    struct cache {
      buffer<real, Device> rows;  ///< one per token: its normed latent vector, then its turned key
      index_t capacity = 0;
    };

    explicit layer(const dims& sizes)
        : mla_shape(sizes),
          dropout_(sizes.dropout),
          attention_(attention_of(sizes)),
          position_(with_head(sizes, rope_)),
          down_(sizes,
                {{q_latent_ > 0 ? "q_a_proj" : "q_proj", q_down()},
                 {"kv_a_proj_with_mqa", latent_ + rope_}},
                sizes.dim),
          kv_norm_(with_width(sizes, latent_)),
          kv_up_(sizes, {{"kv_b_proj", heads_ * (nope_ + value_)}}, latent_),
          output_(sizes, {{"o_proj", sizes.dim}}, heads_ * value_, residual_initial(sizes)) {
      if (q_latent_ > 0) {
        q_norm_.emplace(with_width(sizes, q_latent_));
        q_up_.emplace(sizes, projections_list{{"q_b_proj", q_cols()}}, q_latent_);
      }
      parameter_list<real> up;
      kv_up_.parameters(up);
      for (const auto& entry : up)
        require(entry.value->parts.front().name != "kv_b_proj.bias",
                "mla: kv_b_proj has a bias, which generation cannot absorb; leave it out of the "
                "biased projections");
    }

    void parameters(parameter_list<real>& list) {
      position_.parameters(list);
      down_.parameters(list);
      if (q_up_) {
        list.add("q_a_layernorm", *q_norm_);
        q_up_->parameters(list);
      }
      list.add("kv_a_layernorm", kv_norm_);
      kv_up_.parameters(list);
      output_.parameters(list);
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      const tensor_view<real> down = c.keep.matrix(x.rows, q_down() + latent_ + rope_);
      const tensor_view<real> latent = c.keep.matrix(x.rows, latent_);
      s.k = c.keep.matrix(x.rows, q_cols());
      s.v = c.keep.matrix(x.rows, heads_ * value_);
      s.o = c.keep.matrix(x.rows, heads_ * value_);
      s.stream = c.next_stream();
      down_.forward(c, x, down, s.down);
      s.q = queries(c, down, s);
      kv_norm_.forward(c, latent_of(down), latent, s.kv_norm);
      position_.forward(c, key_of(down));
      {
        const arena_scope<Device> scope(c.scratch);
        const tensor_view<real> kv = c.scratch.matrix(x.rows, heads_ * (nope_ + value_));
        kv_up_.forward(c, latent, kv, s.kv_up);
        copy(c.device, by_head(kv, nope_ + value_).col_block(0, nope_),
             by_head(s.k, head()).col_block(0, nope_));
        copy(c.device, by_head(kv, nope_ + value_).col_block(nope_, value_), by_head(s.v, value_));
      }
      for (index_t h = 0; h < heads_; ++h) copy(c.device, key_of(down), turned(s.k, h));
      kernel_type::forward(c, sizes(c, s.stream), s.q, s.k, s.v, s.o, s.attention);
      output_.forward(c, s.o, y, s.output);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dout = c.scratch.matrix(dy.rows, heads_ * value_);
      const tensor_view<real> ddown = c.scratch.matrix(dy.rows, q_down() + latent_ + rope_);
      const tensor_view<real> dk = c.scratch.matrix(dy.rows, q_cols());
      const tensor_view<real> dv = c.scratch.matrix(dy.rows, heads_ * value_);
      const tensor_view<real> dq =
          q_up_ ? c.scratch.matrix(dy.rows, q_cols()) : ddown.col_block(0, q_cols());
      output_.backward(c, dy, s.output, dout);
      kernel_type::backward(c, sizes(c, s.stream), s.q, s.k, s.v, s.o, dout, s.attention, dq, dk,
                            dv);
      queries_backward(c, dq, s, ddown);
      copy(c.device, turned(dk, 0), key_of(ddown));
      for (index_t h = 1; h < heads_; ++h) add(c.device, turned(dk, h), key_of(ddown));
      position_.backward(c, key_of(ddown));

      const tensor_view<real> dkv = c.scratch.matrix(dy.rows, heads_ * (nope_ + value_));
      const tensor_view<real> dlatent = c.scratch.matrix(dy.rows, latent_);
      copy(c.device, by_head(dk, head()).col_block(0, nope_),
           by_head(dkv, nope_ + value_).col_block(0, nope_));
      copy(c.device, by_head(dv, value_), by_head(dkv, nope_ + value_).col_block(nope_, value_));
      kv_up_.backward(c, dkv, s.kv_up, dlatent);
      kv_norm_.backward(c, dlatent, s.kv_norm, latent_of(ddown));
      down_.backward(c, ddown, s.down, dx);
    }

    [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
      return {buffer<real, Device>(d, sequences * capacity * row()), capacity};
    }

    /// forward for new tokens: writes their latent vectors and turned keys to the rows
    /// `layout.slots` of the cache. They see the `layout.past` older tokens of their sequence too.
    void extend(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, cache& memory) {
      const arena_scope<Device> scope(c.scratch);
      const arena_scope<Device> kept(c.keep);
      saved discarded;
      const tensor_view<real> down = c.scratch.matrix(x.rows, q_down() + latent_ + rope_);
      const tensor_view<real> fresh = c.scratch.matrix(x.rows, row());
      down_.forward(c, x, down, discarded.down);
      const tensor_view<real> q = queries(c, down, discarded);
      kv_norm_.forward(c, latent_of(down), fresh.col_block(0, latent_), discarded.kv_norm);
      position_.forward(c, key_of(down));
      copy(c.device, key_of(down), fresh.col_block(latent_, rope_));
      const tensor_view<real> rows(memory.rows.data(), memory.rows.size() / row(), row());
      scatter_rows(c.device, fresh, c.layout.slots, rows);

      const tensor_view<real> o = c.scratch.matrix(x.rows, heads_ * value_);
      attend_latent(c, q, {rows, rows.col_block(0, latent_), memory.capacity}, o);
      output_.forward(c, o, y, discarded.output);
    }

   private:
    /// Queries (N, H * (qk_nope_head_dim + qk_rope_head_dim)), the second part of each head turned.
    /// Without a latent vector of their own, they are columns of `down`, turned in place.
    tensor_view<real> queries(context<Device>& c, tensor_view<real> down, saved& s) {
      tensor_view<real> q = down.col_block(0, q_down());
      if (q_up_) {
        const tensor_view<real> latent = c.keep.matrix(down.rows, q_latent_);
        q_norm_->forward(c, q, latent, s.q_norm);
        q = c.keep.matrix(down.rows, q_cols());
        q_up_->forward(c, latent, q, s.q_up);
      }
      for (index_t h = 0; h < heads_; ++h) position_.forward(c, turned(q, h));
      return q;
    }
    void queries_backward(context<Device>& c, tensor_view<real> dq, const saved& s,
                          tensor_view<real> ddown) {
      for (index_t h = 0; h < heads_; ++h) position_.backward(c, turned(dq, h));
      if (!q_up_) return;
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dlatent = c.scratch.matrix(dq.rows, q_latent_);
      q_up_->backward(c, dq, s.q_up, dlatent);
      q_norm_->backward(c, dlatent, s.q_norm, ddown.col_block(0, q_latent_));
    }

    /// Attention over the cache: scores are q_nope W_uk against the cached latent vectors; the
    /// weighted sum of these, times W_uv, is the output.
    void attend_latent(context<Device>& c, tensor_view<const real> q, kv_view<const real> cached,
                       tensor_view<real> o) {
      const tensor_view<const real> up = up_weight(c);
      const tensor_view<real> absorbed = c.scratch.matrix(q.rows, heads_ * row());
      const tensor_view<real> sums = c.scratch.matrix(q.rows, heads_ * latent_);
      for (index_t h = 0; h < heads_; ++h) {
        matmul(c.device, q.col_block(h * head(), nope_), up.row_block(h * (nope_ + value_), nope_),
               0, absorbed.col_block(h * row(), latent_));
        copy(c.device, q.col_block(h * head() + nope_, rope_),
             absorbed.col_block(h * row() + latent_, rope_));
      }
      attention_sizes a = sizes(c, {});
      a.kv_heads = 1;
      a.head_dim = row();
      a.value_dim = latent_;
      cached_attention(c.device, a,
                       {.q = absorbed,
                        .cache = cached,
                        .starts = c.layout.starts,
                        .past = c.layout.past,
                        .o = sums});
      for (index_t h = 0; h < heads_; ++h)
        matmul(c.device, sums.col_block(h * latent_, latent_),
               transposed(up.row_block(h * (nope_ + value_) + nope_, value_)), 0,
               o.col_block(h * value_, value_));
    }

    /// The weight of kv_b_proj (H (nope + value), L): W_uk and W_uv of each head. With another
    /// linear (lora), its effective weight is found by applying it to the identity matrix.
    tensor_view<const real> up_weight(context<Device>& c) {
      if constexpr (std::same_as<linear_policy, linear>) return kv_up_.weight().value;
      const tensor_view<real> identity = c.scratch.matrix(latent_, latent_);
      const tensor_view<real> from_identity = c.scratch.matrix(latent_, heads_ * (nope_ + value_));
      const tensor_view<real> weight = c.scratch.matrix(heads_ * (nope_ + value_), latent_);
      fill(c.device, identity, 0);
      fill(c.device, tensor_view<real>(identity.data, latent_, 1, latent_ + 1), 1);
      typename linear_type::saved discarded;
      kv_up_.forward(c, identity, from_identity, discarded);
      matmul(c.device, transposed(from_identity), identity, 0, weight);
      return weight;
    }

    static attention_sizes attention_of(const dims& sizes) {
      const index_t head = sizes.qk_nope_head_dim + sizes.qk_rope_head_dim;
      attention_sizes a{.heads = sizes.n_heads,
                        .kv_heads = sizes.n_heads,
                        .head_dim = head,
                        .scale = score_growth(sizes) / std::sqrt(static_cast<double>(head)),
                        .value_dim = sizes.v_head_dim};
      mask::apply(sizes, a);
      score::apply(sizes, a);
      return a;
    }
    /// The factor of scores from yarn's mscale_all_dim. It acts on scores, not on cos and sin,
    /// because most of a head is not turned.
    static double score_growth(const dims& sizes) {
      const double weight = sizes.rope_scaling.mscale_all_dim, factor = sizes.rope_scaling.factor;
      if constexpr (requires { position::scaling::growth(factor, weight); })
        return std::pow(position::scaling::growth(factor, weight), 2);
      return 1;
    }
    [[nodiscard]] attention_sizes sizes(const context<Device>& c, random_stream stream) const {
      return detail::sizes_in_pass(c, attention_, dropout_, stream);
    }

    double dropout_;
    attention_sizes attention_;
    layer_of<position, Device> position_;
    linear_type down_;
    std::optional<norm_type> q_norm_;
    std::optional<linear_type> q_up_;
    norm_type kv_norm_;
    linear_type kv_up_;
    linear_type output_;
  };
};

}  // namespace zer0
