// Memory of a device: owned buffers, and the arenas of a step, which stop growing after the first.
#pragma once

#include <zer0/device/device.hpp>

#include <algorithm>
#include <utility>
#include <vector>

namespace zer0 {

/// An array of `size` elements of T on a device, which it frees. Contents are undefined at first.
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

/// Copies host elements to the device, and converts their type.
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

/// What f(total) adds to a number on the device that begins as 0. For tests and reports, as it
/// waits for the device.
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

/// Hands out device memory by moving a pointer. It is given back in reverse order (`release`) or
/// all at once (`reset`). If memory runs out, blocks are added; the next `reset` replaces them by
/// one block of the peak size, so that a second step of the same size allocates nothing.
template <class Device>
class arena {
 public:
  using real = typename Device::real;
  struct mark {
    std::size_t block = 0, used = 0, total = 0;
  };

  explicit arena(Device& device) : device_(&device) {}
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;
  ~arena() { free_blocks(); }

  template <class T = real>
  [[nodiscard]] tensor_view<T> matrix(index_t rows, index_t cols) {
    return {static_cast<T*>(bytes(static_cast<std::size_t>(rows * cols) * sizeof(T))), rows, cols};
  }
  template <class T = real>
  [[nodiscard]] std::span<T> vector(index_t n) {
    return {static_cast<T*>(bytes(static_cast<std::size_t>(n) * sizeof(T))),
            static_cast<std::size_t>(n)};
  }

  /// The current height of the stack. A later `release` of it frees what was taken since.
  [[nodiscard]] mark now() const { return {current_, used_, total_}; }
  void release(mark m) {
    current_ = m.block;
    used_ = m.used;
    total_ = m.total;
  }

  void reset() {
    release({});
    if (blocks_.size() <= 1) return;
    free_blocks();
    add_block(peak_);
  }

  /// Most bytes ever in use at once.
  [[nodiscard]] std::size_t peak() const { return peak_; }

 private:
  static constexpr std::size_t alignment = 64;
  static constexpr std::size_t smallest_block = std::size_t{1} << 20;
  struct block {
    std::byte* data;
    std::size_t size;
  };

  void* bytes(std::size_t n) {
    n = (n + alignment - 1) / alignment * alignment;
    while (current_ < blocks_.size() && used_ + n > blocks_[current_].size) {
      ++current_;
      used_ = 0;
    }
    if (current_ == blocks_.size()) add_block(std::max({n, smallest_block, total_ / 2}));
    void* const p = blocks_[current_].data + used_;
    used_ += n;
    total_ += n;
    peak_ = std::max(peak_, total_);
    return p;
  }
  void add_block(std::size_t size) {
    blocks_.push_back({static_cast<std::byte*>(device_->allocate(size)), size});
  }
  void free_blocks() {
    for (const block& b : blocks_) device_->deallocate(b.data, b.size);
    blocks_.clear();
  }

  Device* device_;
  std::vector<block> blocks_;
  std::size_t current_ = 0;  // block in use
  std::size_t used_ = 0;     // bytes used in that block
  std::size_t total_ = 0;    // bytes handed out, over all blocks
  std::size_t peak_ = 0;
};

/// At the end of its scope, frees what was taken from an arena inside it.
template <class Device>
class arena_scope {
 public:
  explicit arena_scope(arena<Device>& memory) : memory_(memory), start_(memory.now()) {}
  arena_scope(const arena_scope&) = delete;
  arena_scope& operator=(const arena_scope&) = delete;
  ~arena_scope() { memory_.release(start_); }

 private:
  arena<Device>& memory_;
  typename arena<Device>::mark start_;
};

}  // namespace zer0
