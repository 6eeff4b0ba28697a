// Grouped-query attention: H query heads share K key/value heads.
#pragma once

#include <zer0/attention/kernel.hpp>
#include <zer0/attention/qk_norm.hpp>
#include <zer0/attention/scores.hpp>
#include <zer0/device/memory.hpp>
#include <zer0/layer/linear.hpp>
#include <zer0/layer/rope.hpp>

#include <cmath>

namespace zer0 {

/// y = W_o softmax(Q K^T / sqrt(C)) V, causal inside each sequence; each key/value head serves H/K
/// query heads. K = H is multi-head attention, K = 1 multi-query attention. Policies, in any order:
/// a position (default rope), a kernel (default flash), a linear for the projections "q_proj",
/// "k_proj", "v_proj" and "o_proj", a mask (default causal), scores (default plain_scores), and
/// what is done to queries and keys before positions (default unchanged_query_key). Shapes: x, y
/// (N, D); cache (S * capacity, K*C), one for keys and one for values. Memory: keeps q, k, v and
/// the heads' output, (2H + 2K) C numbers per token, and what the kernel keeps. Throws zer0::error
/// if H is not a multiple of K (dims::check). Source: Ainslie et al. 2023, arXiv:2305.13245,
/// section 2.2.
template <class... Policies>
struct gqa {
  using role = attention_role;
  using position = pick_policy<position_role, rope, Policies...>;
  using kernel = pick_policy<attention_kernel_role, flash, Policies...>;
  using mask = pick_policy<attention_mask_role, causal, Policies...>;
  using score = pick_policy<attention_score_role, plain_scores, Policies...>;
  using query_key = pick_policy<query_key_role, unchanged_query_key, Policies...>;
  using linear_policy = pick_policy<linear_role, linear, Policies...>;
  template <policy_for<linear_role> L>
  using with_linear = replace_policy<zer0::gqa, L, Policies...>;

  static_assert((policy<Policies> && ...),
                "zer0::gqa: an argument is no policy; a policy names its role: using role = "
                "zer0::position_role");
  static_assert(
      ((policy_for<Policies, position_role> || policy_for<Policies, attention_kernel_role> ||
        policy_for<Policies, linear_role> || policy_for<Policies, attention_mask_role> ||
        policy_for<Policies, attention_score_role> || policy_for<Policies, query_key_role> ||
        !policy<Policies>) &&
       ...),
      "zer0::gqa takes a position (rope, rope_half_split), a kernel (standard_attention, flash), a "
      "linear (biased, lora), a mask (sliding_window), scores (soft_cap) and a query_key "
      "(qk_norm); an argument plays another role");
  static_assert(count_role<position_role, Policies...> <= 1, "zer0::gqa: two positions given");
  static_assert(count_role<attention_kernel_role, Policies...> <= 1,
                "zer0::gqa: two attention kernels given");
  static_assert(count_role<linear_role, Policies...> <= 1, "zer0::gqa: two linears given");
  static_assert(count_role<attention_mask_role, Policies...> <= 1, "zer0::gqa: two masks given");
  static_assert(count_role<attention_score_role, Policies...> <= 1,
                "zer0::gqa: two policies of scores given");
  static_assert(count_role<query_key_role, Policies...> <= 1,
                "zer0::gqa: two policies of queries and keys given");

  template <device Device>
  class layer {
    using kernel_type = typename kernel::template kernel<Device>;
    using linear_type = layer_of<linear_policy, Device>;
    using query_key_type = layer_of<query_key, Device>;
    static_assert(check_kernel<kernel, Device>());

   public:
    using real = typename Device::real;
    struct saved {
      tensor_view<real> qkv, o;
      random_stream stream;
      typename query_key_type::saved query_key;
      typename kernel_type::saved attention;
      typename linear_type::saved projection, output;
    };
    struct cache {
      buffer<real, Device> keys, values;
      index_t capacity = 0;
    };

    explicit layer(const dims& sizes)
        : heads_(sizes.n_heads),
          kv_heads_(sizes.kv_heads()),
          head_dim_(sizes.head_size()),
          dropout_(sizes.dropout),
          attention_(attention_of(sizes)),
          query_key_(sizes, position::pairing),
          position_(sizes),
          projection_(sizes,
                      {{"q_proj", q_cols(), interleaved(heads_)},
                       {"k_proj", kv_cols(), interleaved(kv_heads_)},
                       {"v_proj", kv_cols()}},
                      sizes.dim),
          output_(sizes, {{"o_proj", sizes.dim}}, q_cols(), residual_initial(sizes)) {}

    void parameters(parameter_list<real>& list) {
      position_.parameters(list);
      projection_.parameters(list);
      output_.parameters(list);
      query_key_.parameters(list);
    }

    void forward(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, saved& s) {
      s.qkv = c.keep.matrix(x.rows, q_cols() + 2 * kv_cols());
      s.o = c.keep.matrix(x.rows, q_cols());
      s.stream = c.next_stream();
      projection_.forward(c, x, s.qkv, s.projection);
      query_key_.forward(c, queries(s.qkv), keys(s.qkv), s.query_key);
      position_.forward(c, rotated(s.qkv));
      kernel_type::forward(c, sizes(c, s.stream), queries(s.qkv), keys(s.qkv), values(s.qkv), s.o,
                           s.attention);
      output_.forward(c, s.o, y, s.output);
    }

    void backward(context<Device>& c, tensor_view<const real> dy, const saved& s,
                  tensor_view<real> dx) {
      const arena_scope<Device> scope(c.scratch);
      const tensor_view<real> dout = c.scratch.matrix(dy.rows, q_cols());
      const tensor_view<real> dqkv = c.scratch.matrix(dy.rows, q_cols() + 2 * kv_cols());
      output_.backward(c, dy, s.output, dout);
      kernel_type::backward(c, sizes(c, s.stream), queries(s.qkv), keys(s.qkv), values(s.qkv), s.o,
                            dout, s.attention, queries(dqkv), keys(dqkv), values(dqkv));
      position_.backward(c, rotated(dqkv));
      query_key_.backward(c, queries(dqkv), keys(dqkv), s.query_key);
      projection_.backward(c, dqkv, s.projection, dx);
    }

    [[nodiscard]] cache make_cache(Device& d, index_t sequences, index_t capacity) const {
      const index_t size = sequences * capacity * kv_cols();
      return {buffer<real, Device>(d, size), buffer<real, Device>(d, size), capacity};
    }

    /// forward for new tokens: writes their keys and values to the rows `layout.slots` of the
    /// cache. They see the `layout.past` older tokens of their sequence too.
    void extend(context<Device>& c, tensor_view<const real> x, tensor_view<real> y, cache& memory) {
      const arena_scope<Device> scope(c.scratch);
      const arena_scope<Device> kept(c.keep);
      const tensor_view<real> qkv = c.scratch.matrix(x.rows, q_cols() + 2 * kv_cols());
      const tensor_view<real> o = c.scratch.matrix(x.rows, q_cols());
      typename linear_type::saved discarded;
      typename query_key_type::saved discarded_too;
      projection_.forward(c, x, qkv, discarded);
      query_key_.forward(c, queries(qkv), keys(qkv), discarded_too);
      position_.forward(c, rotated(qkv));
      const index_t rows = memory.keys.size() / kv_cols();
      const kv_view<real> kv{{memory.keys.data(), rows, kv_cols()},
                             {memory.values.data(), rows, kv_cols()},
                             memory.capacity};
      scatter_rows(c.device, keys(qkv), c.layout.slots, kv.keys);
      scatter_rows(c.device, values(qkv), c.layout.slots, kv.values);
      cached_attention(c.device, sizes(c, {}),
                       {.q = queries(qkv),
                        .cache = {kv.keys, kv.values, kv.capacity},
                        .starts = c.layout.starts,
                        .past = c.layout.past,
                        .o = o});
      output_.forward(c, o, y, discarded);
    }

   private:
    [[nodiscard]] index_t q_cols() const { return heads_ * head_dim_; }
    [[nodiscard]] index_t kv_cols() const { return kv_heads_ * head_dim_; }
    [[nodiscard]] tensor_view<real> queries(tensor_view<real> qkv) const {
      return qkv.col_block(0, q_cols());
    }
    [[nodiscard]] tensor_view<real> keys(tensor_view<real> qkv) const {
      return qkv.col_block(q_cols(), kv_cols());
    }
    [[nodiscard]] tensor_view<real> values(tensor_view<real> qkv) const {
      return qkv.col_block(q_cols() + kv_cols(), kv_cols());
    }
    [[nodiscard]] tensor_view<real> rotated(tensor_view<real> qkv) const {
      return qkv.col_block(0, q_cols() + kv_cols());
    }

    static constexpr index_t interleaved(index_t heads) {
      return position::pairing == rope_pairing::interleaved ? heads : 0;
    }

    static attention_sizes attention_of(const dims& sizes) {
      attention_sizes a{.heads = sizes.n_heads,
                        .kv_heads = sizes.kv_heads(),
                        .head_dim = sizes.head_size(),
                        .scale = 1 / std::sqrt(static_cast<double>(sizes.head_size()))};
      mask::apply(sizes, a);
      score::apply(sizes, a);
      return a;
    }
    [[nodiscard]] attention_sizes sizes(const context<Device>& c, random_stream stream) const {
      return detail::sizes_in_pass(c, attention_, dropout_, stream);
    }

    index_t heads_;
    index_t kv_heads_;
    index_t head_dim_;
    double dropout_;
    attention_sizes attention_;
    query_key_type query_key_;
    layer_of<position, Device> position_;
    linear_type projection_;
    linear_type output_;
  };
};

}  // namespace zer0
