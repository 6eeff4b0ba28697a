// The run-time sizes of a model, and what visits the one list of them (in detail/dims.ipp): their
// names, what depends on them and what they may be.
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

/// Sizes of the adapters of a variant with `lora`.
struct lora_sizes {
  index_t rank = 0;    ///< r: width of the detour; 0: there is none, and all weights are trained
  double alpha = 16;   ///< the detour counts alpha / rank
  double dropout = 0;  ///< of what goes into it, in training only
  /// Names, for `listed_projections`: also all, or square.
  std::string projections = "q_proj v_proj";

  [[nodiscard]] bool lists(std::string_view name, bool is_square) const;

  bool operator==(const lora_sizes&) const = default;
};

/// Sizes of the experts of a variant with `moe`.
struct expert_sizes {
  index_t n_routed = 8;            ///< E: experts that a token may go to
  index_t per_token = 2;           ///< k: experts that it goes to
  index_t n_shared = 0;            ///< experts that every token goes to
  index_t hidden_dim = 0;          ///< width inside an expert; 0 means that of the feed-forward
  double aux_loss_alpha = 0.1;     ///< weight of the balance loss
  bool seq_aux = true;             ///< balance within each sequence, not over the whole batch
  bool norm_topk_prob = true;      ///< the weights of a token's experts are scaled to sum 1
  double scaling = 1;              ///< what the weights are multiplied by
  double z_loss_alpha = 1e-3;      ///< weight of the loss of `router_z_loss`
  double capacity_factor = 1.25;   ///< an expert of `capacity` takes so many shares
  double bias_update_rate = 1e-3;  ///< step of the bias of `sigmoid_bias`

  /// Of all tokens, the share that an expert gets if they are spread evenly.
  [[nodiscard]] double even_share() const {
    return static_cast<double>(per_token) / static_cast<double>(n_routed);
  }

  bool operator==(const expert_sizes&) const = default;
};

/// Scaling of rotary positions, for sequences longer than those that a model was first trained on.
/// Each policy of layer/rope_scaling says which of these numbers it reads.
struct rope_scaling_sizes {
  double factor = 1;                 ///< how many times longer sequences may be
  index_t original_max_seq_len = 0;  ///< of the first training; 0 means max_seq_len
  /// llama3: waves longer than original_max_seq_len / this are stretched.
  double low_freq_factor = 1;
  /// llama3: waves shorter than original_max_seq_len / this are kept.
  double high_freq_factor = 4;
  /// yarn: frequencies that turn more often than this in original_max_seq_len are kept.
  double beta_fast = 32;
  double beta_slow = 1;         ///< yarn: those that turn less often are divided by the factor
  double attention_factor = 0;  ///< yarn: cos and sin are multiplied by it; 0: a rule of the factor
  /// yarn, in that rule: how much it grows with log(factor); 0 means the paper's.
  double mscale = 0;
  /// yarn, in that rule: as mscale, divides; mla multiplies scores by its square.
  double mscale_all_dim = 0;

  bool operator==(const rope_scaling_sizes&) const = default;
};

/// Sizes of a decoder, with the defaults of the training program. The variant (which attention,
/// which norm, ...) is a type; these numbers are its constructor's argument. A new size is a member
/// here and a line in core/detail/dims.ipp.
struct dims {
  index_t dim = 512;          ///< D: width of the residual stream
  index_t n_layers = 8;       ///< number of blocks
  index_t n_heads = 8;        ///< H: query heads
  index_t n_kv_heads = 0;     ///< K: key/value heads; 0 means as many as n_heads
  index_t head_dim = 0;       ///< C: width of a head; 0 means dim / n_heads
  index_t vocab_size = 4000;  ///< V
  index_t max_seq_len = 512;  ///< longest sequence that the model accepts
  index_t hidden_dim = 0;     ///< F: width inside the feed-forward; 0 means the rule of `hidden()`
  index_t multiple_of = 64;   ///< the rule rounds up to a multiple of this
  double rope_theta = 10000;  ///< base of the rotary angles
  rope_scaling_sizes rope_scaling = {};
  index_t sliding_window = 0;     ///< of `sliding_window`: keys that a query sees, itself included
  double attn_logit_softcap = 0;  ///< of `soft_cap`: scores stay between plus and minus this
  index_t kv_lora_rank = 0;       ///< of `mla`: width of the latent vector of keys and values
  index_t q_lora_rank = 0;        ///< of `mla`: that of queries; 0: they come from the stream
  index_t qk_nope_head_dim = 0;   ///< of `mla`: elements of a head without a position
  index_t qk_rope_head_dim = 0;   ///< of `mla`: those that positions turn; a key has them once
  index_t v_head_dim = 0;         ///< of `mla`: width of a value's head
  double norm_eps = 1e-8;         ///< added to the mean square under the root
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

  /// The sizes of one expert, or of `n` as one, where a feed-forward is asked for.
  [[nodiscard]] dims of_experts(index_t n = 1) const;

  /// The same model without a 0 that stands for a rule: every size is what the rule gives, and
  /// `multiple_of`, which then decides nothing, is 1.
  [[nodiscard]] dims resolved() const;

  /// Throws zer0::error naming the first size that is out of range or does not fit the others.
  void check() const;

  bool operator==(const dims&) const = default;
};

/// `static_assert(zer0::check_heads<8, 2>())`: do 8 query heads share 2 key/value heads in groups
/// of equal size? dims::check says the same of sizes when a model is made; this is for a program
/// whose heads are constants.
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

/// What a number among the sizes may be, and what an error tells those who gave another one.
/// No size is infinite, and none is NaN.
struct size_range {
  std::string_view words = "it must be a number";
  double least = std::numeric_limits<double>::lowest();
  double above = -std::numeric_limits<double>::infinity();
  double below = std::numeric_limits<double>::infinity();

  [[nodiscard]] constexpr bool holds(double x) const {
    return x >= least && x > above && x < below;
  }
};

/// One size: what it is called, what depends on it, what it may be.
struct size_info {
  std::string_view name;  ///< as a member of dims: "experts.n_routed"
  std::string_view key;   ///< in config.json of zer0's own, and as an option: "n_routed_experts"
  size_use use;
  size_range range = {};

  /// Whether a size may have this value; texts and switches may have any.
  template <class T>
  [[nodiscard]] constexpr bool allows(const T& value) const {
    if constexpr (std::is_arithmetic_v<T>) return range.holds(static_cast<double>(value));
    return true;
  }
};

namespace detail {

/// A size of some dims, and where its value is.
struct listed_size {
  size_info size;
  std::variant<index_t*, double*, bool*, std::string*> value;
};

[[nodiscard]] std::vector<listed_size> list_sizes(dims& d);

}  // namespace detail

/// Calls `visit(const size_info&, value)` for every size of `d`, those of nested structs included.
/// A value is an index_t, a double, a bool or a std::string, by reference, constant if `d` is.
/// Whatever handles all sizes is made of this: `dims::check`, config.json of variants of your own,
/// comparisons, the fingerprint of a reference model, and options of programs.
template <class Dims, class Visitor>
requires std::same_as<std::remove_const_t<Dims>, dims>
void visit_sizes(Dims& d, Visitor visit) {
  // The list itself is no template: it is compiled once, for dims that may be changed.
  for (const auto& [size, value] : detail::list_sizes(const_cast<dims&>(d)))
    std::visit(
        [&]<class T>(T* x) {
          using seen = std::conditional_t<std::is_const_v<Dims>, const T, T>;
          visit(size, static_cast<seen&>(*x));
        },
        value);
}

/// A size and its value: "0.1", "true", the shortest text that reads back as the same number.
struct size_text {
  size_info size;
  std::string value;
};

/// All sizes as text, in the order of `visit_sizes`.
[[nodiscard]] std::vector<size_text> size_texts(const dims& sizes);

/// All sizes, a line "KEY VALUE" each.
[[nodiscard]] std::string text_of(const dims& sizes);

/// A size that two models do not have in common, and its values.
struct size_difference {
  size_info size;
  std::string first, second;
};

/// The first size in which two models differ, of those with one of these uses; nothing if there is
/// none. A 0 that stands for a rule equals what the rule gives. Both must have passed `check`.
[[nodiscard]] std::optional<size_difference> first_difference(
    const dims& first, const dims& second,
    std::initializer_list<size_use> uses = {size_use::result, size_use::limit, size_use::training,
                                            size_use::adapter});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/core/detail/dims.ipp>
#endif
