// Owned memory of a device.
#pragma once

#include <zer0/device/device.hpp>

#include <utility>
#include <vector>

namespace zer0 {

/// `size` elements of T on a device, freed with it. Contents are undefined at first.
template <class T, class Device>
class buffer {
 public:
  buffer() = default;
  buffer(Device& device, index_t size)
      : device_(&device),
        data_(static_cast<T*>(device.allocate(static_cast<std::size_t>(size) * sizeof(T)))),
        size_(size) {}
  buffer(buffer&& other) noexcept { swap(other); }
  buffer& operator=(buffer&& other) noexcept {
    swap(other);
    return *this;
  }
  ~buffer() {
    if (data_) device_->deallocate(data_, static_cast<std::size_t>(size_) * sizeof(T));
  }

  [[nodiscard]] index_t size() const { return size_; }
  [[nodiscard]] T* data() const { return data_; }
  [[nodiscard]] std::span<T> span() const { return {data_, static_cast<std::size_t>(size_)}; }
  /// All elements as one row.
  [[nodiscard]] tensor_view<T> row() const { return {data_, 1, size_}; }

 private:
  void swap(buffer& other) noexcept {
    std::swap(device_, other.device_);
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
  }

  Device* device_ = nullptr;
  T* data_ = nullptr;
  index_t size_ = 0;
};

/// Copies device memory to host memory of the same element type.
template <class T, device Device>
void download(Device& d, std::span<const T> from, T* to) {
  d.download(to, from.data(), from.size() * sizeof(T));
}

/// Copies elements of the host to the device, converting their type.
template <class T, class U, device Device>
void upload(Device& d, std::span<const U> from, std::span<T> to) {
  if constexpr (std::same_as<T, U>) {
    d.upload(to.data(), from.data(), from.size() * sizeof(T));
  } else {
    std::vector<T> converted;
    converted.reserve(from.size());
    for (const U e : from) converted.push_back(static_cast<T>(e));
    d.upload(to.data(), converted.data(), converted.size() * sizeof(T));
  }
}

/// What f(total) adds to a number on the device that begins as 0. For tests and reports: waits for
/// it.
template <device Device, class F>
[[nodiscard]] double total_of(Device& d, F f) {
  const buffer<double, Device> total(d, 1);
  double result = 0;
  d.upload(total.data(), &result, sizeof result);
  f(total.data());
  d.download(&result, total.data(), sizeof result);
  return result;
}

template <device Device>
[[nodiscard]] double sum(Device& d, const_wide_span<Device> x) {
  return total_of(d, [&](double* total) { add_sum(d, x, total); });
}

/// The sum of squares.
template <device Device>
[[nodiscard]] double squared_norm(Device& d, const_wide_span<Device> x) {
  return total_of(d, [&](double* total) { add_squares(d, x, total); });
}

}  // namespace zer0
