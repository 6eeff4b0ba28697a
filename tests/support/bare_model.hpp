// What an optimizer needs to know of a model: flat weights and gradients, and what lies in them.
#pragma once

#include "support/random_numbers.hpp"
#include <zer0/device/memory.hpp>
#include <zer0/layer/detail/parameter_memory.hpp>

#include <deque>
#include <string>
#include <vector>

namespace support {

/// A parameter of parts that lie one below the other.
struct parameter_shape {
  std::vector<zer0::index_t> rows;
  zer0::index_t cols;
  zer0::parameter_kind kind;

  [[nodiscard]] zer0::index_t elements() const {
    zer0::index_t n = 0;
    for (const zer0::index_t r : rows) n += r * cols;
    return n;
  }
};

/// Weights are normal numbers at first, gradients zero.
template <class D>
class bare_model {
 public:
  using real = typename D::real;
  using number = zer0::wide<real>;

  explicit bare_model(const std::vector<parameter_shape>& shapes) {
    for (const parameter_shape& s : shapes) {
      zer0::parameter<real>& p = owned_.emplace_back(
          zer0::parameter<real>{.parts = {}, .cols = s.cols, .initial = {}, .kind = s.kind});
      for (const zer0::index_t rows : s.rows)
        p.parts.push_back({"part" + std::to_string(p.parts.size()) + ".weight", rows});
      list_.add(p);
    }
    memory_ = zer0::detail::parameter_memory<D>(device_, list_);
    set_weights(normal_numbers(list_.elements(), 1));
    set_gradients(std::vector<double>(weights().size(), 0.0));
  }

  [[nodiscard]] D& device() { return device_; }
  [[nodiscard]] const zer0::parameter_list<real>& parameters() const { return list_; }
  [[nodiscard]] std::span<real> weights() { return memory_.weights(); }
  [[nodiscard]] std::span<real> trained_weights() { return memory_.trained_weights(); }
  [[nodiscard]] std::span<number> gradients() { return memory_.gradients(device_, list_); }

  void set_weights(const std::vector<double>& n) {
    zer0::upload(device_, std::span<const double>(n), weights());
  }
  void set_gradients(const std::vector<double>& n) {
    zer0::upload(device_, std::span<const double>(n), gradients());
  }
  template <class T>
  [[nodiscard]] std::vector<double> host(std::span<T> from) {
    std::vector<std::remove_const_t<T>> out(from.size());
    zer0::download(device_, std::span<const T>(from), out.data());
    std::vector<double> numbers;
    for (const T x : out) numbers.push_back(static_cast<double>(x));
    return numbers;
  }
  [[nodiscard]] std::vector<double> weight_values() { return host(weights()); }

 private:
  D device_;
  std::deque<zer0::parameter<real>> owned_;
  zer0::parameter_list<real> list_;
  zer0::detail::parameter_memory<D> memory_;
};

}  // namespace support
