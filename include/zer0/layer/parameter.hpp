// A trainable matrix or vector of a layer, and the list of all numbers that a model holds.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/tensor.hpp>

#include <algorithm>
#include <cmath>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace zer0 {

/// How a parameter is initialized: with normal or uniform random numbers of this mean and standard
/// deviation.
struct initial_values {
  double mean = 0;
  double deviation = 0.02;
  bool uniform = false;
};

/// For weights that write to the residual stream: their initial deviation is smaller by sqrt(2 *
/// layers), so that the variance of the stream does not grow with depth. Source: Radford et al.
/// 2019, "Language models are unsupervised multitask learners", section 2.3.
inline initial_values residual_initial(const dims& sizes) {
  return {.mean = 0, .deviation = 0.02 / std::sqrt(2.0 * static_cast<double>(sizes.n_layers))};
}

/// A block of rows of a parameter, with its own name in files: a fused projection holds q_proj,
/// k_proj and v_proj as three parts.
struct parameter_part {
  std::string name;
  index_t rows;
  index_t interleaved_heads = 0;  ///< rows are interleaved rotary pairs of this many heads, which
                                  ///< files hold half-split; 0: rows are in the order of files
};

/// Decides how optimizers and files treat a parameter.
enum class parameter_kind {
  matrix,  ///< maps hidden states to others: projections, experts, gates of routers, adapters
  table,   ///< one row per token or position: embeddings, and the output matrix (lm_head)
  vector,  ///< norm weights and biases, which have one dimension in files
};

/// A trainable matrix or vector. The layer declares its sizes and names; the model gives it memory:
/// `value` and `grad` are views into the model's flat buffers. The weight of a linear is (out, in):
/// y = x W^T.
template <class T>
struct parameter {
  std::vector<parameter_part> parts;
  index_t cols;
  initial_values initial;
  parameter_kind kind = parameter_kind::matrix;
  bool is_adapter = false;  ///< part of an adapter (LoRA): a model with any trains nothing else
  tensor_view<T> value = {};
  tensor_view<wide<T>> grad = {};  ///< null if not trained, and until gradients are allocated

  [[nodiscard]] bool trained() const { return grad.data != nullptr; }

  [[nodiscard]] index_t rows() const {
    index_t n = 0;
    for (const parameter_part& part : parts) n += part.rows;
    return n;
  }
  [[nodiscard]] index_t elements() const { return rows() * cols; }
};

/// Constants that a layer computes once from its sizes and that a kernel reads, such as rotary
/// frequencies. They are neither trained nor saved.
template <class T>
struct layer_constant {
  std::vector<double> numbers;
  std::span<wide<T>> value = {};
};

/// Numbers that a layer holds besides its parameters, in wide<T> (float at least). A state, such as
/// a router's bias, is saved with the weights, and the layer itself changes it after a step. A
/// statistic, such as the tokens that each expert received, is a sum over one step, for reports; it
/// is set to zero when a step begins.
template <class T>
struct layer_numbers {
  const char* name;
  index_t size;
  std::span<wide<T>> value = {};
};
template <class T>
struct layer_state : layer_numbers<T> {};
template <class T>
struct layer_statistic : layer_numbers<T> {};

/// The adapter of one output: its linear multiplies by weight[rows of `part`] + scale * b a.
template <class T>
struct adapter {
  parameter<T>* weight;
  std::size_t part;  ///< index in weight->parts
  const parameter<T>*a, *b;
  index_t a_row;  ///< first row in a: the adapters of one linear lie one below the other
  double scale;
};

/// All numbers that a model holds: parameters, adapters, constants, states and statistics.
/// Parameters, states and statistics have the path of their layer ("model.layers.0.mlp.").
template <class T>
class parameter_list {
 public:
  struct entry {
    std::string path;
    parameter<T>* value;
  };
  struct numbers_entry {
    std::string path;
    layer_numbers<T>* value;
    [[nodiscard]] std::string name() const { return path + value->name; }
  };

  void add(parameter<T>& p) { entries_.push_back({path_, &p}); }
  void add(layer_constant<T>& c) { constants_.push_back(&c); }
  void add(const adapter<T>& a) { adapters_.push_back(a); }
  void add(layer_state<T>& s) { states_.push_back({path_, &s}); }
  void add(layer_statistic<T>& s) { statistics_.push_back({path_, &s}); }

  /// Adds what `layer` lists, with `name` appended to the path.
  template <class Layer>
  void add(const std::string& name, Layer& layer) {
    const std::string outer = path_;
    path_ += name + ".";
    layer.parameters(*this);
    path_ = outer;
  }

  [[nodiscard]] const std::vector<layer_constant<T>*>& constants() const { return constants_; }
  [[nodiscard]] const std::vector<adapter<T>>& adapters() const { return adapters_; }
  [[nodiscard]] const std::vector<numbers_entry>& states() const { return states_; }
  [[nodiscard]] const std::vector<numbers_entry>& statistics() const { return statistics_; }
  [[nodiscard]] auto begin() const { return entries_.begin(); }
  [[nodiscard]] auto end() const { return entries_.end(); }
  [[nodiscard]] index_t elements() const {
    index_t n = 0;
    for (const entry& e : entries_) n += e.value->elements();
    return n;
  }
  /// If there are adapters, only they are trained.
  [[nodiscard]] bool has_adapters() const { return !adapters_.empty(); }
  [[nodiscard]] index_t trained_elements() const {
    const bool adapters = has_adapters();
    index_t n = 0;
    for (const entry& e : entries_) n += e.value->is_adapter == adapters ? e.value->elements() : 0;
    return n;
  }

 private:
  std::string path_;
  std::vector<entry> entries_;
  std::vector<layer_constant<T>*> constants_;
  std::vector<adapter<T>> adapters_;
  std::vector<numbers_entry> states_, statistics_;
};

}  // namespace zer0
