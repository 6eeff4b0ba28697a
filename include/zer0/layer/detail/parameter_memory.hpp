// The device memory of a parameter list: weights, gradients, constants, states and statistics.
#pragma once

#include <zer0/device/memory.hpp>
#include <zer0/layer/parameter.hpp>

namespace zer0::detail {

/// The buffer of weights holds the trained parameters first, in the order of the list, then the
/// others; the buffer of gradients covers the trained ones alone. States and statistics start as
/// zero. Memory: the weights; constants, states and statistics in wide<real>; and, once asked for,
/// the gradients.
template <device Device>
class parameter_memory {
 public:
  using real = typename Device::real;
  using list_type = parameter_list<real>;

  parameter_memory() = default;
  /// Allocates the weights of all parameters in `list` (contents undefined), and uploads the
  /// constants.
  parameter_memory(Device& device, const list_type& list)
      : weights_(device, list.elements()), trained_(list.trained_elements()) {
    bind(list, true, weights_.data(), &parameter<real>::value);
    bind(list, false, weights_.data() + trained_, &parameter<real>::value);
    upload_constants(device, list);
    states_ = numbers(device, list.states());
    statistics_ = numbers(device, list.statistics());
  }

  [[nodiscard]] std::span<real> weights() const { return weights_.span(); }
  [[nodiscard]] std::span<real> trained_weights() const {
    return weights_.span().first(static_cast<std::size_t>(trained_));
  }
  /// Allocates the gradients at the first call and sets them to zero; inference does not need them.
  [[nodiscard]] wide_span<Device> gradients(Device& device, const list_type& list) {
    if (gradients_.size() == 0 && trained_ > 0) {
      gradients_ = buffer<wide<real>, Device>(device, trained_);
      bind(list, true, gradients_.data(), &parameter<real>::grad);
      fill(device, gradients_.row(), 0);
    }
    return gradients_.span();
  }
  [[nodiscard]] wide_span<Device> states() const { return states_.span(); }
  [[nodiscard]] wide_span<Device> statistics() const { return statistics_.span(); }

 private:
  template <class T>
  static void bind(const list_type& list, bool trained, T* next,
                   tensor_view<T> parameter<real>::*view) {
    const bool adapters = list.has_adapters();
    for (const auto& entry : list) {
      parameter<real>& p = *entry.value;
      if ((p.is_adapter == adapters) != trained) continue;
      p.*view = {next, p.rows(), p.cols};
      next += p.elements();
    }
  }

  static buffer<wide<real>, Device> numbers(
      Device& device, const std::vector<typename list_type::numbers_entry>& entries) {
    index_t size = 0;
    for (const auto& entry : entries) size += entry.value->size;
    buffer<wide<real>, Device> memory(device, size);
    wide<real>* next = memory.data();
    for (const auto& entry : entries) {
      entry.value->value = {next, static_cast<std::size_t>(entry.value->size)};
      next += entry.value->size;
    }
    if (size > 0) fill(device, memory.row(), 0);
    return memory;
  }

  void upload_constants(Device& device, const list_type& list) {
    index_t total = 0;
    for (const layer_constant<real>* c : list.constants())
      total += static_cast<index_t>(c->numbers.size());
    constants_ = buffer<wide<real>, Device>(device, total);
    wide<real>* next = constants_.data();
    for (layer_constant<real>* c : list.constants()) {
      c->value = {next, c->numbers.size()};
      upload(device, std::span<const double>(c->numbers), c->value);
      next += c->numbers.size();
    }
  }

  buffer<real, Device> weights_;
  index_t trained_ = 0;
  buffer<wide<real>, Device> gradients_, constants_, states_, statistics_;
};

}  // namespace zer0::detail
