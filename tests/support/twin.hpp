// One operation on two devices: `reference`, the judge, and the device under test, over the same
// numbers.
//
//   twin<cpu> t(1);
//   auto& x = t.normal(5, 7);
//   auto& y = t.output(5, 7);
//   t.run([&](auto& d, auto at) { copy(d, at(x), at(y)); });
//   t.expect_equal(y);
//
// Numbers are rounded to what the device holds, so that both start from the same ones. Vectors are
// statistics, wide<real>; matrices are real, or wide on request. Outputs hold NaN beforehand: what
// an operation reads of them, or forgets to write, shows. Around every view lie guards which nobody
// may change. `run` repeats the operation on the device with 1, 2 and 3 threads and demands the
// same bits each time.
#pragma once

#include "support/catch.hpp"
#include <zer0/device/memory.hpp>
#include <zer0/device/reference.hpp>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <deque>
#include <limits>
#include <random>
#include <span>
#include <vector>

#ifdef _OPENMP
#include <omp.h>
#endif
#if defined(ZER0_CUDA_ON_CPU)
#include <zer0/device/detail/cuda/platform.cuh>
#endif

namespace support {

using zer0::index_t;

inline void set_threads([[maybe_unused]] int n) {
#ifdef _OPENMP
  omp_set_num_threads(n);
#endif
#if defined(ZER0_CUDA_ON_CPU)
  cuda_on_cpu::order_seed = static_cast<std::uint32_t>(n);  // another order of the kernels' threads
#endif
}

/// Sets the number of threads, and the number before at the end of the scope.
class threads_scope {
 public:
  explicit threads_scope(int n) { set_threads(n); }
  threads_scope(const threads_scope&) = delete;
  threads_scope& operator=(const threads_scope&) = delete;
  ~threads_scope() { set_threads(before_); }

 private:
#ifdef _OPENMP
  int before_ = omp_get_max_threads();
#else
  int before_ = 1;
#endif
};

/// How the rows of a test matrix lie: one after another, or as a block of the columns of a wider
/// matrix.
enum class placement { contiguous, columns };

/// x as a T: the 16-bit types round a float, so from double it is two roundings, as on the device.
template <class T>
T to(double x) {
  if constexpr (sizeof(T) < 4) return static_cast<T>(static_cast<float>(x));
  return static_cast<T>(x);
}
template <class T>
double number(T x) {
  if constexpr (sizeof(T) < 4) return static_cast<double>(static_cast<float>(x));
  return static_cast<double>(x);
}

/// The distance from 1 to the next number.
template <class T>
double epsilon_of() {
  if constexpr (sizeof(T) >= 4) return static_cast<double>(std::numeric_limits<T>::epsilon());
  // 16 bits: 1 + 2^-10 is a number of float16, but not of bfloat16.
  return static_cast<float>(static_cast<T>(1 + 0x1p-10f)) == 1 ? 0x1p-7 : 0x1p-10;
}

/// A matrix of T in the memory of a device, with guards around it.
template <class D, class T = typename D::real>
class guarded_matrix {
 public:
  using real = T;

  guarded_matrix(D& d, index_t rows, index_t cols, placement where)
      : device_(&d),
        rows_(rows),
        cols_(cols),
        left_(where == placement::columns ? 3 : 0),
        stride_(cols + left_ + (where == placement::columns ? 2 : 0)),
        memory_(d, rows * stride_ + 2 * margin) {}

  [[nodiscard]] zer0::tensor_view<real> view() const {
    return {memory_.data() + margin + left_, rows_, cols_, stride_};
  }
  [[nodiscard]] std::span<real> span() const {
    return {memory_.data() + margin + left_, static_cast<std::size_t>(rows_ * cols_)};
  }

  void set(const std::vector<double>& values) {
    std::vector<real> image(static_cast<std::size_t>(memory_.size()), guard);
    for_each([&](std::size_t at, std::size_t i) { image[at] = to<real>(values[i]); });
    device_->upload(memory_.data(), image.data(), image.size() * sizeof(real));
  }

  /// All of the memory, guards included.
  [[nodiscard]] std::vector<real> image() const {
    std::vector<real> out(static_cast<std::size_t>(memory_.size()));
    device_->download(out.data(), memory_.data(), out.size() * sizeof(real));
    return out;
  }
  [[nodiscard]] std::vector<double> values() const {
    const std::vector<real> from = image();
    std::vector<double> out(static_cast<std::size_t>(rows_ * cols_));
    for_each([&](std::size_t at, std::size_t i) { out[i] = number(from[at]); });
    return out;
  }
  /// Are the elements around the view what they were?
  [[nodiscard]] bool guards_intact() const {
    std::vector<real> from = image();
    for_each([&](std::size_t at, std::size_t) { from[at] = guard; });
    return std::all_of(from.begin(), from.end(), [](real e) { return e == guard; });
  }

 private:
  static constexpr index_t margin = 64;  // keeps a contiguous matrix as aligned as the allocation
  inline static const real guard = to<real>(12345);

  /// Calls f(position in memory, number of the element) for each element of the view.
  template <class F>
  void for_each(F f) const {
    for (index_t i = 0; i < rows_; ++i)
      for (index_t j = 0; j < cols_; ++j)
        f(static_cast<std::size_t>(margin + left_ + i * stride_ + j),
          static_cast<std::size_t>(i * cols_ + j));
  }

  D* device_;
  index_t rows_, cols_, left_, stride_;
  zer0::buffer<real, D> memory_;
};

template <class D>
class twin {
 public:
  using real = typename D::real;
  template <class T>
  struct matrix_of {
    guarded_matrix<zer0::reference> expected;
    guarded_matrix<D, T> actual;
    std::vector<double> initial;
  };
  using matrix = matrix_of<real>;
  using wide_matrix = matrix_of<zer0::wide<real>>;
  using double_vector = matrix_of<double>;
  struct id_list {
    zer0::buffer<std::int32_t, zer0::reference> expected;
    zer0::buffer<std::int32_t, D> actual;
  };
  /// What `run` hands to an operation, to name the memory of the device it runs on.
  struct on_reference {
    template <class T>
    auto operator()(const matrix_of<T>& m) const {
      return m.expected.view();
    }
    zer0::id_span operator()(const id_list& m) const { return m.expected.span(); }
    std::span<std::int32_t> writable(const id_list& m) const { return m.expected.span(); }
    template <class T>
    auto span(const matrix_of<T>& m) const {
      return m.expected.span();
    }
  };
  struct on_device {
    template <class T>
    auto operator()(const matrix_of<T>& m) const {
      return m.actual.view();
    }
    zer0::id_span operator()(const id_list& m) const { return m.actual.span(); }
    std::span<std::int32_t> writable(const id_list& m) const { return m.actual.span(); }
    template <class T>
    auto span(const matrix_of<T>& m) const {
      return m.actual.span();
    }
  };

  explicit twin(std::uint32_t seed, placement where = placement::contiguous)
      : random_(seed), where_(where) {}

  /// A matrix of normal numbers.
  matrix& normal(index_t rows, index_t cols, double deviation = 1, double mean = 0) {
    return add(matrices_, rows, cols, normal_numbers(rows * cols, deviation, mean), where_);
  }
  wide_matrix& wide_normal(index_t rows, index_t cols, double deviation = 1, double mean = 0) {
    return add(wide_, rows, cols, normal_numbers(rows * cols, deviation, mean), where_);
  }
  wide_matrix& normal_vector(index_t n, double deviation = 1, double mean = 0) {
    return add(wide_, 1, n, normal_numbers(n, deviation, mean), placement::contiguous);
  }
  /// The weight of a layer, which is real.
  matrix& weight_vector(index_t n, double deviation = 1, double mean = 0) {
    return add(matrices_, 1, n, normal_numbers(n, deviation, mean), placement::contiguous);
  }
  matrix& given(index_t rows, index_t cols, std::vector<double> values) {
    return add(matrices_, rows, cols, std::move(values), where_);
  }
  wide_matrix& given_vector(std::vector<double> values) {
    const auto n = static_cast<index_t>(values.size());
    return add(wide_, 1, n, std::move(values), placement::contiguous);
  }
  double_vector& given_doubles(std::vector<double> values) {
    const auto n = static_cast<index_t>(values.size());
    return add(doubles_, 1, n, std::move(values), placement::contiguous);
  }
  double_vector& output_doubles(index_t n) {
    return add(doubles_, 1, n, poison(n), placement::contiguous);
  }
  /// A matrix of NaN, for the operation to write.
  matrix& output(index_t rows, index_t cols) {
    return add(matrices_, rows, cols, poison(rows * cols), where_);
  }
  wide_matrix& wide_output(index_t rows, index_t cols) {
    return add(wide_, rows, cols, poison(rows * cols), where_);
  }
  wide_matrix& output_vector(index_t n) {
    return add(wide_, 1, n, poison(n), placement::contiguous);
  }

  id_list& ids(const std::vector<std::int32_t>& values) {
    const auto n = static_cast<index_t>(values.size());
    ids_.push_back({{reference_, n}, {device_, n}});
    reference_.upload(ids_.back().expected.data(), values.data(),
                      values.size() * sizeof(std::int32_t));
    device_.upload(ids_.back().actual.data(), values.data(), values.size() * sizeof(std::int32_t));
    return ids_.back();
  }
  id_list& random_ids(index_t n, index_t below) {
    std::uniform_int_distribution<std::int32_t> id(0, static_cast<std::int32_t>(below - 1));
    std::vector<std::int32_t> values(static_cast<std::size_t>(n));
    for (auto& v : values) v = id(random_);
    return ids(values);
  }

  std::mt19937& random() { return random_; }
  zer0::reference& judge() { return reference_; }
  D& device() { return device_; }

  /// operation(device, at) on both, from the initial numbers.
  template <class F>
  void run(F operation) {
    for_each_matrix([](auto& m) { m.expected.set(m.initial); });
    operation(reference_, on_reference());
    const threads_scope restore(1);
    std::vector<std::vector<std::byte>> first;
    for (const int threads : {1, 2, 3}) {
      set_threads(threads);
      for_each_matrix([](auto& m) { m.actual.set(m.initial); });
      operation(device_, on_device());
      device_.synchronize();
      std::vector<std::vector<std::byte>> images;
      for_each_matrix([&](auto& m) { images.push_back(bytes(m.actual.image())); });
      if (threads == 1) first = images;
      INFO("with " << threads << " threads instead of 1");
      const bool same = images == first;
      CHECK(same);
    }
    for_each_matrix([](auto& m) { CHECK(m.actual.guards_intact()); });
  }

  /// The device's numbers are those of the reference, rounded.
  template <class T>
  void expect_equal(const matrix_of<T>& m) {
    const auto e = m.expected.values();
    const auto a = m.actual.values();
    std::size_t wrong = 0;
    for (std::size_t i = 0; i < e.size(); ++i) wrong += number(to<T>(e[i])) == a[i] ? 0 : 1;
    CHECK(wrong == 0);
  }

  /// Each number is within (4 + 2 sqrt(depth)) eps of the reference's, relative to the larger of
  /// its own magnitude, the root mean square of all and `floor`; eps is that of wide<real>. Why: a
  /// sum of n products of independent unit normals has deviation sqrt(n); added one after another
  /// in a type with unit roundoff u = eps/2, step k rounds by at most u sqrt(k), evenly spread, so
  /// the sum's error has deviation u/sqrt(3) sqrt(n^2/2) = 0.2 eps n: relative to the sum's
  /// deviation 0.2 sqrt(n) eps. Over 10^6 elements the largest is five times that: sqrt(n) eps.
  /// Twice this, and 4 eps for the few roundings outside the sum. A term left out or taken twice is
  /// wrong by 1/sqrt(n), at least thousand times more. `floor`: the size of what cancels, where a
  /// result may be small by cancellation.
  ///
  /// Numbers of 16 bits may be off by 4 eps of their type besides, as they are rounded at the end;
  /// relative to `rounded` at least, if numbers of that size are rounded to 16 bits on the way, as
  /// probabilities are.
  template <class T>
  void expect_close(const matrix_of<T>& m, index_t depth = 1, double floor = 0,
                    double rounded = 0) {
    const auto e = m.expected.values();
    const auto a = m.actual.values();
    double squares = 0;
    for (const double v : e) squares += v * v;
    const double rms = e.empty() ? 0 : std::sqrt(squares / static_cast<double>(e.size()));
    const double sums =
        (4 + 2 * std::sqrt(static_cast<double>(depth))) * epsilon_of<zer0::wide<T>>();
    const double end = sizeof(T) < 4 ? 4 * epsilon_of<T>() : 0;
    double worst = 0;
    std::size_t where = 0;
    for (std::size_t i = 0; i < e.size(); ++i) {
      const double size = std::max({std::abs(e[i]), rms, 1e-300});
      double wrong =
          std::abs(a[i] - e[i]) / (sums * std::max(size, floor) + end * std::max(size, rounded));
      if (std::isnan(wrong)) wrong = std::numeric_limits<double>::infinity();
      if (wrong > worst) {
        worst = wrong;
        where = i;
      }
    }
    INFO("element " << where << ": " << (e.empty() ? 0 : a[where]) << " instead of "
                    << (e.empty() ? 0 : e[where]));
    CHECK(worst <= 1);
  }

 private:
  static std::vector<double> poison(index_t n) {
    return std::vector<double>(static_cast<std::size_t>(n),
                               std::numeric_limits<double>::quiet_NaN());
  }
  template <class T>
  static std::vector<std::byte> bytes(const std::vector<T>& image) {
    const auto all = std::as_bytes(std::span(image));
    return {all.begin(), all.end()};
  }
  std::vector<double> normal_numbers(index_t n, double deviation, double mean) {
    std::normal_distribution<double> normal(mean, deviation);
    std::vector<double> values(static_cast<std::size_t>(n));
    for (double& v : values) v = normal(random_);
    return values;
  }

  template <class T>
  matrix_of<T>& add(std::deque<matrix_of<T>>& list, index_t rows, index_t cols,
                    std::vector<double> values, placement where) {
    for (double& v : values) v = number(to<T>(static_cast<double>(static_cast<float>(v))));
    list.push_back(
        {{reference_, rows, cols, where}, {device_, rows, cols, where}, std::move(values)});
    return list.back();
  }
  template <class F>
  void for_each_matrix(F f) {
    for (auto& m : matrices_) f(m);
    for (auto& m : wide_) f(m);
    for (auto& m : doubles_) f(m);
  }

  zer0::reference reference_;
  D device_;
  std::mt19937 random_;
  placement where_;
  std::deque<matrix> matrices_;
  std::deque<wide_matrix> wide_;
  std::deque<double_vector> doubles_;
  std::deque<id_list> ids_;
};

}  // namespace support
