// Muon: momentum with orthogonalised matrices, and AdamW for parameters that are not matrices.
#pragma once

#include <zer0/optim/adamw.hpp>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace zer0 {

/// The factor of Muon's step for a matrix (R, C), besides the learning rate.
enum class muon_scaling {
  match_adamw,  ///< 0.2 sqrt(max(R, C)): as large as AdamW's steps, so its learning rates fit
  original,     ///< sqrt(max(1, R / C)): a learning rate of its own, about 0.02
};

/// For a matrix: g *= factor; m = b m + (1-b) g; u = b m + (1-b) g (without Nesterov: u = m);
/// p *= 1 - lr*decay; p -= lr * scaling * orthogonal(u). orthogonal(u) has the singular vectors of
/// u, and singular values of about 1. It is computed by five steps of the Newton-Schulz iteration
/// X = a X + (b A + c A^2) X with A = X X^T, from X = u / max(|u|, 1e-7). The products are computed
/// in the device's `real`: on a bfloat16 device in bfloat16, as in the original.
///
/// Matrices are the parameters of kind `matrix`: projections, experts, gates of routers, adapters.
/// A parameter that fuses several matrices for speed (q, k and v; gate and up; all experts) is
/// split, and each matrix is orthogonalised by itself. Tables and vectors (embeddings, lm_head,
/// norm weights, biases) are updated by AdamW. Source: Jordan et al. 2024, "Muon: an optimizer for
/// hidden layers in neural networks"; the scaling and the decay: Liu et al. 2025, arXiv:2502.16982,
/// section 2.2. The numbers are those of torch.optim.Muon, whose names of the scalings are
/// "match_rms_adamw" and "original".
struct muon {
  double momentum = 0.95;
  bool nesterov = true;
  double weight_decay = 0.1;
  muon_scaling scaling = muon_scaling::match_adamw;
  adamw others = {};       ///< for tables and vectors; has its own weight decay
  double others_rate = 1;  ///< their learning rate as a multiple of the schedule's

  /// Memory: one number per weight of a matrix, two per other weight; with 16-bit weights also the
  /// weights in float, as in adamw::state. Scratch memory for the largest matrix: its elements once
  /// in float and twice in `real`, and twice the square of the longest shorter side in `real`.
  template <device Device>
  class state {
   public:
    using real = typename Device::real;
    using named_buffer = typename adamw::state<Device>::named_buffer;

    template <class Model>
    explicit state(Model& model);

    /// Updates the trained weights of `model` once, with its gradients times `factor`. Waits for
    /// the device once, for the norms of all matrices together.
    template <class Model>
    void update(const muon& rule, Model& model, double learning_rate, double factor);

    /// What a checkpoint must hold besides `steps`.
    [[nodiscard]] std::vector<named_buffer> buffers() const {
      std::vector<named_buffer> list;
      const auto add = [&](const char* name, const wide_buffer& b) {
        if (b.size() > 0) list.push_back({name, b.span()});
      };
      add("momentum_buffer", momentum_);
      add("exp_avg", first_);
      add("exp_avg_sq", second_);
      add("master", master_);
      return list;
    }

    index_t steps = 0;

   private:
    static constexpr bool has_master = !std::same_as<real, wide<real>>;
    using wide_buffer = buffer<wide<real>, Device>;

    /// A matrix, or a whole parameter of another kind.
    struct place {
      index_t at;    ///< index of its first element in the trained weights
      index_t kept;  ///< index of its first element in `momentum_`, or in `first_` and `second_`
      index_t rows, cols;
      parameter_kind kind;

      [[nodiscard]] index_t elements() const { return rows * cols; }
      template <class T>
      [[nodiscard]] tensor_view<T> in(std::span<T> all, index_t begin) const {
        return {all.data() + begin, rows, cols};
      }
      template <class T>
      [[nodiscard]] std::span<T> span_in(std::span<T> all, index_t begin) const {
        return all.subspan(static_cast<std::size_t>(begin), static_cast<std::size_t>(elements()));
      }
    };

    [[nodiscard]] static wide_buffer zeros(Device& d, index_t size) {
      wide_buffer b(d, size);
      if (size > 0) fill(d, b.row(), 0);
      return b;
    }

    /// The weights that are updated: the model's, or their copies in float if the model's have 16
    /// bits.
    template <class Model>
    [[nodiscard]] wide_span<Device> exact_weights(Model& model) const {
      if constexpr (has_master)
        return master_.span();
      else
        return model.trained_weights();
    }

    template <class Model>
    void update_others(const muon& rule, Model& model, double learning_rate, double factor);
    /// Updates m of all matrices, and sums the squares of each u.
    template <class Model>
    void update_momentum(const muon& rule, Model& model, double factor);
    /// u of one matrix, from its m and its gradients.
    wide_view<Device> direction(const muon& rule, Device& d, const place& p,
                                const_wide_span<Device> gradients, double factor);
    /// orthogonal(u), in `x_` or `next_x_`; u is scaled by 1 / norm.
    view<Device> orthogonal(Device& d, wide_view<Device> u, double norm);

    std::vector<place> matrices_, others_;
    wide_buffer momentum_, first_, second_, master_;
    wide_buffer direction_;
    buffer<real, Device> x_, next_x_, gram_, polynomial_;
    buffer<double, Device> squares_;
    std::vector<double> no_squares_, read_squares_;
  };
};

template <device Device>
template <class Model>
muon::state<Device>::state(Model& model) {
  Device& d = model.device();
  (void)model.gradients();  // allocates them, so that parameter::trained() is known
  index_t at = 0, in_matrices = 0, in_others = 0, largest = 0, longest_side = 0;
  for (const auto& entry : model.parameters()) {
    const parameter<real>& p = *entry.value;
    if (!p.trained()) continue;
    if (p.kind != parameter_kind::matrix) {
      others_.push_back({at, in_others, p.rows(), p.cols, p.kind});
      at += p.elements();
      in_others += p.elements();
      continue;
    }
    for (const parameter_part& part : p.parts) {
      const place& m = matrices_.emplace_back(place{at, in_matrices, part.rows, p.cols, p.kind});
      at += m.elements();
      in_matrices += m.elements();
      largest = std::max(largest, m.elements());
      longest_side = std::max(longest_side, std::min(m.rows, m.cols));
    }
  }
  momentum_ = zeros(d, in_matrices);
  first_ = zeros(d, in_others);
  second_ = zeros(d, in_others);
  if constexpr (has_master) master_ = wide_buffer(d, at);
  direction_ = wide_buffer(d, largest);
  x_ = buffer<real, Device>(d, largest);
  next_x_ = buffer<real, Device>(d, largest);
  gram_ = buffer<real, Device>(d, longest_side * longest_side);
  polynomial_ = buffer<real, Device>(d, longest_side * longest_side);
  squares_ = buffer<double, Device>(d, static_cast<index_t>(matrices_.size()));
  no_squares_.resize(matrices_.size());
  read_squares_.resize(matrices_.size());
}

template <device Device>
template <class Model>
void muon::state<Device>::update(const muon& rule, Model& model, double learning_rate,
                                 double factor) {
  Device& d = model.device();
  const real_span<Device> rounded = model.trained_weights();
  if constexpr (has_master)
    if (steps == 0) copy(d, const_view<Device>(rounded.data(), 1, master_.size()), master_.row());
  ++steps;
  update_others(rule, model, rule.others_rate * learning_rate, factor);
  if (matrices_.empty()) return;
  update_momentum(rule, model, factor);
  const std::size_t bytes = matrices_.size() * sizeof(double);
  d.download(read_squares_.data(), squares_.data(), bytes);  // waits for the device
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    const place& p = matrices_[i];
    const auto rows = static_cast<double>(p.rows), cols = static_cast<double>(p.cols);
    const double multiple = rule.scaling == muon_scaling::match_adamw
                                ? 0.2 * std::sqrt(std::max(rows, cols))
                                : std::sqrt(std::max(1.0, rows / cols));
    const wide_view<Device> u = direction(rule, d, p, model.gradients(), factor);
    const const_view<Device> x = orthogonal(d, u, std::sqrt(read_squares_[i]));
    const wide_view<Device> weights = p.in(exact_weights(model), p.at);
    scale(d, 1 - learning_rate * rule.weight_decay, weights);
    add_scaled(d, -learning_rate * multiple, x, weights);
    if constexpr (has_master) copy(d, const_wide_view<Device>(weights), p.in(rounded, p.at));
  }
}

template <device Device>
template <class Model>
void muon::state<Device>::update_others(const muon& rule, Model& model, double learning_rate,
                                        double factor) {
  const adamw& by = rule.others;
  for (const place& p : others_) {
    const adamw_sizes sizes{learning_rate,       by.beta1, by.beta2, by.eps,
                            by.decay_of(p.kind), steps,    factor};
    real_span<Device> rounded;
    if constexpr (has_master) rounded = p.span_in(model.trained_weights(), p.at);
    adamw_update(model.device(), sizes,
                 {.weights = p.span_in(exact_weights(model), p.at),
                  .gradients = p.span_in(model.gradients(), p.at),
                  .first = p.span_in(first_.span(), p.kept),
                  .second = p.span_in(second_.span(), p.kept),
                  .rounded = rounded});
  }
}

template <device Device>
template <class Model>
void muon::state<Device>::update_momentum(const muon& rule, Model& model, double factor) {
  Device& d = model.device();
  d.upload(squares_.data(), no_squares_.data(), no_squares_.size() * sizeof(double));
  scale(d, rule.momentum, momentum_.row());
  for (std::size_t i = 0; i < matrices_.size(); ++i) {
    const place& p = matrices_[i];
    const const_wide_view<Device> gradient = p.in(model.gradients(), p.at);
    add_scaled(d, (1 - rule.momentum) * factor, gradient, p.in(momentum_.span(), p.kept));
    const wide_view<Device> u = direction(rule, d, p, model.gradients(), factor);
    add_squares(d, const_wide_span<Device>(u.data, static_cast<std::size_t>(u.elements())),
                squares_.data() + i);
  }
}

template <device Device>
wide_view<Device> muon::state<Device>::direction(const muon& rule, Device& d, const place& p,
                                                 const_wide_span<Device> gradients, double factor) {
  const wide_view<Device> u = p.in(direction_.span(), 0);
  const const_wide_view<Device> m = p.in(momentum_.span(), p.kept);
  fill(d, u, 0);
  if (rule.nesterov) add_scaled(d, (1 - rule.momentum) * factor, p.in(gradients, p.at), u);
  add_scaled(d, rule.nesterov ? rule.momentum : 1, m, u);
  return u;
}

template <device Device>
view<Device> muon::state<Device>::orthogonal(Device& d, wide_view<Device> u, double norm) {
  constexpr double a = 3.4445, b = -4.7750, c = 2.0315;
  constexpr int iterations = 5;
  // A tall matrix uses A = X^T X and X (b A + c A^2): the same result by smaller products.
  const bool is_tall = u.rows > u.cols;
  const index_t side = std::min(u.rows, u.cols);
  view<Device> x(x_.data(), u.rows, u.cols), next(next_x_.data(), u.rows, u.cols);
  const view<Device> gram(gram_.data(), side, side), polynomial(polynomial_.data(), side, side);
  scale(d, 1 / std::max(norm, 1e-7), u);
  copy(d, const_wide_view<Device>(u), x);
  for (int i = 0; i < iterations; ++i) {
    if (is_tall)
      matmul(d, transposed(x), x, 0, gram);
    else
      matmul(d, x, transposed(x), 0, gram);
    matmul(d, gram, gram, 0, polynomial);
    scale(d, c, polynomial);
    add_scaled(d, b, gram, polynomial);
    if (is_tall)
      matmul(d, x, polynomial, 0, next);
    else
      matmul(d, polynomial, x, 0, next);
    add_scaled(d, a, x, next);
    std::swap(x, next);
  }
  return x;
}

}  // namespace zer0
