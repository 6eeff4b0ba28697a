// A layer by itself, with memory for its parameters, run over sequences given as numbers of the
// host.
#pragma once

#include "support/random_numbers.hpp"
#include "support/twin.hpp"
#include <zer0/layer/detail/parameter_memory.hpp>
#include <zer0/layer/layer.hpp>
#include <zer0/model/workspace.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace support {

using lengths = std::vector<std::int32_t>;

inline index_t total(const lengths& sequences) {
  index_t n = 0;
  for (const std::int32_t length : sequences) n += length;
  return n;
}

template <class Policy, zer0::device D>
class lone_layer {
  static_assert(zer0::check_layer<Policy, D>());

 public:
  using real = typename D::real;
  using layer_type = zer0::layer_of<Policy, D>;
  struct results {
    std::vector<double> y, dx, dweights;
  };

  /// Weights are random and large enough that every part of the layer matters: matrices keep the
  /// size of a vector, norm weights are around 1.
  explicit lone_layer(const zer0::dims& sizes) : sizes_(sizes), layer_(sizes), memory_(device_) {
    layer_.parameters(list_);
    memory_of_weights_ = zer0::detail::parameter_memory<D>(device_, list_);
    (void)gradients();
    std::uint32_t seed = 100;
    for (const auto& entry : list_) {
      auto& p = *entry.value;
      const bool is_vector = p.kind == zer0::parameter_kind::vector;
      const double deviation = is_vector ? 0.2 : 1 / std::sqrt(static_cast<double>(p.cols));
      const std::vector<double> values =
          normal_numbers(p.elements(), ++seed, deviation, is_vector ? 1 : 0);
      set({p.value.data, static_cast<std::size_t>(p.elements())}, values);
    }
  }

  [[nodiscard]] D& device() { return device_; }
  [[nodiscard]] layer_type& layer() { return layer_; }
  [[nodiscard]] const zer0::parameter_list<real>& parameters() const { return list_; }
  /// Of the parameters that are trained.
  [[nodiscard]] std::span<real> weights() { return memory_of_weights_.trained_weights(); }
  [[nodiscard]] std::span<real> gradients() { return memory_of_weights_.gradients(device_, list_); }
  [[nodiscard]] std::vector<double> weight_values() { return get(weights()); }
  [[nodiscard]] std::vector<double> gradient_values() { return get(gradients()); }
  void set_gradients(const std::vector<double>& values) { set(gradients(), values); }
  [[nodiscard]] std::size_t peak_bytes() const { return memory_.peak_bytes(); }
  [[nodiscard]] bool scratch_is_free() { return memory_.current().scratch.now().total == 0; }

  bool training = false;  ///< with dropout

  std::vector<double> forward(const std::vector<double>& x, const lengths& sequences) {
    return pass(x, {}, sequences).y;
  }
  /// Forward, then backward from the gradient dy. `dweights` is what backward added.
  results both(const std::vector<double>& x, const std::vector<double>& dy,
               const lengths& sequences) {
    set_gradients(std::vector<double>(gradients().size(), 0.0));
    results out = pass(x, dy, sequences);
    out.dweights = gradient_values();
    return out;
  }
  /// Forward and backward onto whatever the gradients hold.
  results pass(const std::vector<double>& x, const std::vector<double>& dy,
               const lengths& sequences) {
    zer0::context<D>& c = start(sequences);
    const index_t rows = total(sequences);
    auto in = matrix(rows, x);
    auto out = matrix(rows);
    const std::vector<double> given = in.values();
    typename layer_type::saved saved;
    layer_.forward(c, in.view(), out.view(), saved);
    results r;
    r.y = out.values();
    CHECK(out.guards_intact());
    if (!dy.empty()) {
      auto upper = matrix(rows, dy);
      auto lower = matrix(rows);
      const std::vector<double> given_upper = upper.values();
      layer_.backward(c, upper.view(), saved, lower.view());
      r.dx = lower.values();
      CHECK(lower.guards_intact());
      CHECK(difference(upper.values(), given_upper) == 0);
    }
    CHECK(difference(in.values(), given) == 0);
    return r;
  }

  /// The same outputs as `forward`, from the cache: step i takes steps[i][s] further tokens of
  /// sequence s.
  std::vector<double> forward_in_steps(const std::vector<double>& x, const lengths& sequences,
                                       const std::vector<lengths>& steps) {
    const index_t capacity = *std::max_element(sequences.begin(), sequences.end()) + 3;
    auto cache =
        zer0::make_cache(layer_, device_, static_cast<index_t>(sequences.size()), capacity);
    std::vector<std::int32_t> past(sequences.size(), 0);
    std::vector<double> y(x.size(), std::numeric_limits<double>::quiet_NaN());
    for (const lengths& step : steps) {
      const auto rows = rows_of_step(sequences, past, step);
      zer0::context<D>& c = start(step);
      put_cache_layout(c, past, step, capacity);
      auto in = matrix(total(step), select(x, rows));
      auto out = matrix(total(step));
      zer0::extend(layer_, c, zer0::tensor_view<const real>(in.view()), out.view(), cache);
      put_rows(out.values(), rows, y);
      for (std::size_t s = 0; s < past.size(); ++s) past[s] += step[s];
    }
    return y;
  }

 private:
  [[nodiscard]] index_t width() const { return sizes_.dim; }

  guarded_matrix<D> matrix(index_t rows) {
    return matrix(rows, std::vector<double>(static_cast<std::size_t>(rows * width()),
                                            std::numeric_limits<double>::quiet_NaN()));
  }
  guarded_matrix<D> matrix(index_t rows, const std::vector<double>& values) {
    guarded_matrix<D> m(device_, rows, width(), placement::contiguous);
    m.set(values);
    return m;
  }

  zer0::context<D>& start(const lengths& sequences) {
    zer0::context<D>& c = memory_.reset();
    std::vector<std::int32_t> starts{0};
    std::vector<std::int32_t> positions;
    for (const std::int32_t length : sequences) {
      for (std::int32_t i = 0; i < length; ++i) positions.push_back(i);
      starts.push_back(starts.back() + length);
    }
    c.layout.starts = put(starts);
    c.layout.positions = put(positions);
    c.layout.longest = *std::max_element(sequences.begin(), sequences.end());
    c.training = training;
    c.seed = 77;
    c.step = 5;
    return c;
  }
  void put_cache_layout(zer0::context<D>& c, const std::vector<std::int32_t>& past,
                        const lengths& step, index_t capacity) {
    std::vector<std::int32_t> positions;
    std::vector<std::int32_t> slots;
    for (std::size_t s = 0; s < step.size(); ++s)
      for (std::int32_t i = 0; i < step[s]; ++i) {
        positions.push_back(past[s] + i);
        slots.push_back(static_cast<std::int32_t>(static_cast<index_t>(s) * capacity) + past[s] +
                        i);
      }
    c.layout.positions = put(positions);
    c.layout.past = put(past);
    c.layout.slots = put(slots);
  }
  zer0::id_span put(const std::vector<std::int32_t>& ids) {
    return memory_.template put<std::int32_t>(std::span<const std::int32_t>(ids));
  }

  /// Rows of x that a step takes.
  static std::vector<index_t> rows_of_step(const lengths& sequences,
                                           const std::vector<std::int32_t>& past,
                                           const lengths& step) {
    std::vector<index_t> rows;
    index_t first = 0;
    for (std::size_t s = 0; s < sequences.size(); first += sequences[s++])
      for (std::int32_t i = 0; i < step[s]; ++i) rows.push_back(first + past[s] + i);
    return rows;
  }
  [[nodiscard]] std::vector<double> select(const std::vector<double>& x,
                                           const std::vector<index_t>& rows) const {
    std::vector<double> out;
    for (const index_t row : rows)
      out.insert(out.end(), x.begin() + row * width(), x.begin() + (row + 1) * width());
    return out;
  }
  void put_rows(const std::vector<double>& from, const std::vector<index_t>& rows,
                std::vector<double>& to) const {
    for (std::size_t i = 0; i < rows.size(); ++i)
      std::copy_n(from.begin() + static_cast<index_t>(i) * width(), width(),
                  to.begin() + rows[i] * width());
  }

  void set(std::span<real> to, const std::vector<double>& values) {
    zer0::upload(device_, std::span<const double>(values), to);
  }
  std::vector<double> get(std::span<const real> from) {
    std::vector<real> numbers(from.size());
    zer0::download(device_, from, numbers.data());
    return {numbers.begin(), numbers.end()};
  }
  zer0::dims sizes_;
  D device_;
  layer_type layer_;
  zer0::workspace<D> memory_;
  zer0::parameter_list<real> list_;
  zer0::detail::parameter_memory<D> memory_of_weights_;
};

}  // namespace support
