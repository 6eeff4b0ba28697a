// A trainable matrix or vector of a layer, and the list of all of them.
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

/// How a parameter starts: normal or uniform numbers with this deviation around a mean.
struct initial_values {
  double mean = 0;
  double deviation = 0.02;
  bool uniform = false;
};

/// Weights that write to the residual stream start smaller by sqrt(2 * layers), so that its
/// variance does not grow with depth. Source: Radford et al. 2019, "Language models are
/// unsupervised multitask learners", section 2.3.
inline initial_values residual_initial(const dims& sizes) {
  return {.mean = 0, .deviation = 0.02 / std::sqrt(2.0 * static_cast<double>(sizes.n_layers))};
}

/// A block of rows of a parameter that has a name of its own in files: a fused projection keeps q,
/// k and v together.
struct parameter_part {
  std::string name;
  index_t rows;
  index_t interleaved_heads = 0;  ///< rows are interleaved rotary pairs of so many heads, which
                                  ///< files hold half-split; 0: no
};

/// What a parameter is to an optimizer, and to files.
enum class parameter_kind {
  matrix,  ///< of a product between hidden states: projections, experts, gates of routers, adapters
  table,   ///< a row for each token or position: embeddings, and the output matrix (lm_head)
  vector,  ///< norm weights and biases, which a file holds with one dimension
};

/// A layer declares sizes and names; the model gives it memory: `value` and `grad` are views into
/// its flat buffers. Weights are (out, in): y = x W^T.
template <class T>
struct parameter {
  std::vector<parameter_part> parts;
  index_t cols;
  initial_values initial;
  parameter_kind kind = parameter_kind::matrix;
  bool is_adapter = false;  ///< of an adapter (LoRA): a model that has any trains nothing else
  tensor_view<T> value = {};
  tensor_view<wide<T>> grad = {};  ///< without memory if the parameter is not trained

  [[nodiscard]] bool trained() const { return grad.data != nullptr; }

  [[nodiscard]] index_t rows() const {
    index_t n = 0;
    for (const parameter_part& part : parts) n += part.rows;
    return n;
  }
  [[nodiscard]] index_t elements() const { return rows() * cols; }
};

/// Numbers that a layer computes once from its sizes and a kernel reads (rotary frequencies): not
/// trained, not saved.
template <class T>
struct layer_constant {
  std::vector<double> numbers;
  std::span<wide<T>> value = {};
};

/// Numbers that a layer holds beside its parameters, in float at least whatever the compute type. A
/// state is saved with the weights and changed by the layer itself after a step (a router's bias).
/// A statistic is a sum over one step, for reports: it is zero when a step begins (tokens that came
/// to an expert).
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

/// weight[rows of `part`] + scale * b a is what a linear with an adapter multiplies by.
template <class T>
struct adapter {
  parameter<T>* weight;
  std::size_t part;  ///< of the weight's parts
  const parameter<T>*a, *b;
  index_t a_row;  ///< a's first row: adapters of one linear lie one below the other
  double scale;
};

/// What a model is made of besides code: parameters, adapters, constants, states and statistics,
/// each under the path of its layer ("model.layers.0.mlp.").
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

  /// Adds the parameters of a part of a layer under `name`.
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
  /// If there are adapters, they alone are trained.
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
