// Memory of a step: a stack on the device that stops growing after the first step.
#pragma once

#include <zer0/device/device.hpp>

#include <algorithm>
#include <vector>

namespace zer0 {

/// Hands out device memory by moving a pointer; gives it back in reverse order (`release`) or at
/// once (`reset`). While it is too small it adds blocks; the next `reset` replaces them by one
/// block of the size seen, so that a second step of the same size allocates nothing.
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

  /// The present height of the stack; `release(now())` later frees what was taken in between.
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
  std::size_t used_ = 0;     // bytes used of it
  std::size_t total_ = 0;    // bytes handed out, over all blocks
  std::size_t peak_ = 0;
};

/// Frees on leaving a scope what was taken from an arena inside it.
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
