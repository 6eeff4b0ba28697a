// The run-time sizes of a model, and what visits the one list of them (in detail/dims.ipp), which
// gives each size its name, its range and what depends on it.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <concepts>
#include <initializer_list>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

namespace zer0 {

/// Sizes of the adapters of a variant that has `lora`.
struct lora_sizes {
  index_t rank = 0;    ///< r, rank of the adapters; 0: no adapters, all weights are trained
  double alpha = 16;   ///< the output of an adapter is multiplied by alpha / rank
  double dropout = 0;  ///< probability of dropping an adapter's input, in training only
  /// The projections that have an adapter, for `listed_projections`: names, "all", or "square" for
  /// those with as many outputs as inputs; separated by spaces.
  std::string projections = "q_proj v_proj";

  /// Whether `projections` lists this name, "all", or, if `is_square`, "square".
  [[nodiscard]] bool lists(std::string_view name, bool is_square) const;

  bool operator==(const lora_sizes&) const = default;
};

/// Sizes of the experts of a variant that has `moe`.
struct expert_sizes {
  index_t n_routed = 8;            ///< E: number of routed experts
  index_t per_token = 2;           ///< k: routed experts that each token goes to
  index_t n_shared = 0;            ///< experts that every token goes to
  index_t hidden_dim = 0;          ///< width inside an expert; 0: the same as in the feed-forward
  double aux_loss_alpha = 0.1;     ///< weight of the load-balancing loss
  bool seq_aux = true;             ///< balance within each sequence; false: over the whole batch
  bool norm_topk_prob = true;      ///< scale the gates of a token so that they sum to 1
  double scaling = 1;              ///< gates are multiplied by this
  double z_loss_alpha = 1e-3;      ///< weight of the loss of `router_z_loss`
  double capacity_factor = 1.25;   ///< `expert_capacity`: most tokens of an expert, in even shares
  double bias_update_rate = 1e-3;  ///< step of the bias of `sigmoid_bias`

  /// The fraction of all tokens that an expert gets if they are spread evenly.
  [[nodiscard]] double even_share() const {
    return static_cast<double>(per_token) / static_cast<double>(n_routed);
  }

  bool operator==(const expert_sizes&) const = default;
};

/// Scaling of rotary positions, for sequences longer than those of the original training.
/// Each policy of layer/rope_scaling says which of these numbers it reads.
struct rope_scaling_sizes {
  double factor = 1;                 ///< how many times longer sequences may be
  index_t original_max_seq_len = 0;  ///< longest sequence of the original training; 0: max_seq_len
  /// llama3: pairs with a wavelength above original_max_seq_len / this turn `factor` times slower.
  double low_freq_factor = 1;
  /// llama3: pairs with a wavelength below original_max_seq_len / this keep their frequency.
  double high_freq_factor = 4;
  /// yarn: pairs that turn more often than this in original_max_seq_len keep their frequency.
  double beta_fast = 32;
  double beta_slow = 1;         ///< yarn: pairs that turn less often turn `factor` times slower
  double attention_factor = 0;  ///< yarn: cos and sin are multiplied by this; 0: see yarn.hpp
  /// yarn, if attention_factor is 0: in the numerator of its rule; 0: the paper's rule.
  double mscale = 0;
  /// yarn, if attention_factor is 0: in the denominator of its rule. Also scales the scores of mla.
  double mscale_all_dim = 0;

  bool operator==(const rope_scaling_sizes&) const = default;
};

/// Sizes of a decoder, with the defaults of the training program. Which attention, norm and so on a
/// model has is its variant, a type; these numbers are the argument of its constructor. To add a
/// size, add a member here and a line in core/detail/dims.ipp.
struct dims {
  index_t dim = 512;          ///< D: width of the residual stream
  index_t n_layers = 8;       ///< number of blocks
  index_t n_heads = 8;        ///< H: query heads
  index_t n_kv_heads = 0;     ///< K: key/value heads; 0 means as many as n_heads
  index_t head_dim = 0;       ///< C: width of a head; 0 means dim / n_heads
  index_t vocab_size = 4000;  ///< V: number of tokens in the vocabulary
  index_t max_seq_len = 512;  ///< longest sequence that the model accepts
  index_t hidden_dim = 0;     ///< F: width inside the feed-forward; 0: see `hidden()`
  index_t multiple_of = 64;   ///< `hidden()` rounds up to a multiple of this
  double rope_theta = 10000;  ///< base of the rotary angles
  rope_scaling_sizes rope_scaling = {};
  index_t sliding_window = 0;     ///< `sliding_window`: keys that a query sees, its own included
  double attn_logit_softcap = 0;  ///< `soft_cap`: scores stay between plus and minus this
  index_t kv_lora_rank = 0;       ///< `mla`: width of the latent vector of keys and values
  index_t q_lora_rank = 0;        ///< `mla`: width of the queries' latent vector; 0: they have none
  index_t qk_nope_head_dim = 0;   ///< `mla`: elements per head that positions do not turn
  index_t qk_rope_head_dim = 0;   ///< `mla`: elements that positions turn; heads share such a key
  index_t v_head_dim = 0;         ///< `mla`: width of a head of values
  double norm_eps = 1e-8;         ///< added to the mean square or variance under the root of a norm
  double dropout = 0;             ///< probability of dropping an element, in training only
  lora_sizes lora = {};
  expert_sizes experts = {};

  [[nodiscard]] index_t kv_heads() const { return n_kv_heads ? n_kv_heads : n_heads; }
  [[nodiscard]] index_t head_size() const { return head_dim ? head_dim : dim / n_heads; }

  /// Width inside the feed-forward: hidden_dim, or if that is 0
  /// `multiple_of * ceil(int(2/3 * 4*dim) / multiple_of)`.
  [[nodiscard]] index_t hidden() const {
    if (hidden_dim) return hidden_dim;
    const index_t raw = 8 * dim / 3;
    return (raw + multiple_of - 1) / multiple_of * multiple_of;
  }

  /// These sizes with the `hidden_dim` of one expert, or of `n` experts as one feed-forward.
  [[nodiscard]] dims of_experts(index_t n = 1) const;

  /// The same sizes, with a 0 of heads, widths or original_max_seq_len replaced by what its rule
  /// gives. `multiple_of`, which then has no effect, becomes 1.
  [[nodiscard]] dims resolved() const;

  /// Throws zer0::error naming the first size that is out of range or does not fit the others.
  void check() const;

  bool operator==(const dims&) const = default;
};

/// `static_assert(zer0::check_heads<8, 2>())`: can 8 query heads share 2 key/value heads in groups
/// of equal size? For a program whose numbers of heads are constants; dims::check does the same
/// when a model is made.
template <index_t Heads, index_t KvHeads>
consteval bool check_heads() {
  static_assert(Heads > 0 && KvHeads > 0 && Heads % KvHeads == 0,
                "zer0: query heads cannot be grouped: n_heads must be a multiple of n_kv_heads, as "
                "check_heads<8, 2>()");
  return true;
}

/// What depends on a size.
enum class size_use {
  result,    ///< what given weights compute
  limit,     ///< only how long sequences may be
  training,  ///< only what training does
  adapter    ///< only adapters, which have files of their own (adapter_config.json)
};

/// The numbers that a size may be, and the words in which an error says so. No size may be infinite
/// or NaN.
struct size_range {
  std::string_view words = "it must be a number";
  double least = std::numeric_limits<double>::lowest();
  double above = -std::numeric_limits<double>::infinity();
  double below = std::numeric_limits<double>::infinity();

  [[nodiscard]] constexpr bool holds(double x) const {
    return x >= least && x > above && x < below;
  }
};

/// One size: its name, what depends on it, and its range.
struct size_info {
  std::string_view name;  ///< as a member of dims: "experts.n_routed"
  std::string_view key;   ///< in zer0's own config.json, and as an option: "n_routed_experts"
  size_use use;
  size_range range = {};

  /// Whether a size may have this value. Texts and bools may have any.
  template <class T>
  [[nodiscard]] constexpr bool allows(const T& value) const {
    if constexpr (std::is_arithmetic_v<T>) return range.holds(static_cast<double>(value));
    return true;
  }
};

namespace detail {

/// One size of a `dims` object, and a pointer to its value there.
struct listed_size {
  size_info size;
  std::variant<index_t*, double*, bool*, std::string*> value;
};

[[nodiscard]] std::vector<listed_size> list_sizes(dims& d);

}  // namespace detail

/// Calls `visit(const size_info&, value)` for every size of `d`, including those of nested structs.
/// `value` is a reference to an index_t, double, bool or std::string, to const if `d` is const.
/// Whatever handles all sizes uses this: `dims::check`, config.json of variants of your own,
/// comparisons, the fingerprint of a reference model, and options of programs.
template <class Dims, class Visitor>
requires std::same_as<std::remove_const_t<Dims>, dims>
void visit_sizes(Dims& d, Visitor visit) {
  // The list itself is no template: it is compiled once, for dims that may be changed.
  for (const detail::listed_size& listed : detail::list_sizes(const_cast<dims&>(d)))
    std::visit(
        [&]<class T>(T* x) {
          using seen = std::conditional_t<std::is_const_v<Dims>, const T, T>;
          visit(listed.size, static_cast<seen&>(*x));
        },
        listed.value);
}

/// A size and its value as text: "0.1", "true". A number is the shortest text that reads back as
/// the same number.
struct size_text {
  size_info size;
  std::string value;
};

/// All sizes as text, in the order of `visit_sizes`.
[[nodiscard]] std::vector<size_text> size_texts(const dims& sizes);

/// All sizes as text, one line "KEY VALUE" each.
[[nodiscard]] std::string text_of(const dims& sizes);

/// A size in which two models differ, and its two values.
struct size_difference {
  size_info size;
  std::string first, second;
};

/// The first size in which two models differ, among those whose use is in `uses`; nothing if there
/// is none. A 0 that stands for a rule equals what the rule gives. Both must have passed `check`.
[[nodiscard]] std::optional<size_difference> first_difference(
    const dims& first, const dims& second,
    std::initializer_list<size_use> uses = {size_use::result, size_use::limit, size_use::training,
                                            size_use::adapter});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/core/detail/dims.ipp>
#endif
