// A block of threads on the CPU. Where threads could run in any order they do: the next one is
// drawn by a seed, so what only holds in one order shows. A barrier that not all threads reach ends
// with an error instead of waiting for ever.
#pragma once

#include "runtime.hpp"

#include <boost/context/detail/fcontext.hpp>
#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <functional>
#include <memory>
#include <new>
#include <random>
#include <type_traits>
#include <vector>

#if defined(__SANITIZE_ADDRESS__)
#define ZER0_FIBERS_FOR_ASAN
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ZER0_FIBERS_FOR_ASAN
#endif
#endif
#if defined(ZER0_FIBERS_FOR_ASAN)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace cuda_on_cpu {

namespace context = boost::context::detail;

/// Of the order in which the threads of a block run.
inline std::uint32_t order_seed = 1;

/// Threads that wait for each other.
struct barrier {
  std::vector<int> waiting;
  int expected = 0;
};

struct warp {
  barrier meeting;
  std::vector<int> ready;                      // threads that can run, in no order
  alignas(16) unsigned char slots[2][32][64];  // what the lanes show each other, this time and the
                                               // last time
};

/// 16 bytes on their way from global to shared memory; from nowhere come zeros.
struct async_copy {
  void* to;
  const void* from;
  unsigned group;
};

/// A piece of stack that is known to the sanitizer.
struct stack {
  const void* bottom = nullptr;
  std::size_t size = 0;
  void* fake = nullptr;  // of the sanitizer, while another stack is in use

#if defined(ZER0_FIBERS_FOR_ASAN)
  static constexpr std::size_t bytes = std::size_t{256} << 10;
  /// Before the change from this stack to another; `ends` if nobody comes back.
  void leave_for(const stack& other, bool ends = false) {
    __sanitizer_start_switch_fiber(ends ? nullptr : &fake, other.bottom, other.size);
  }
  /// After it, on this stack: learns where the other one lies.
  void arrive_from(stack& other) {
    __sanitizer_finish_switch_fiber(fake, &other.bottom, &other.size);
  }
  void forget() { __asan_unpoison_memory_region(bottom, size); }
#else
  static constexpr std::size_t bytes =
      (std::size_t{64} << 10) + 832;  // a power of two: all tops share few cache lines
  void leave_for(const stack&, bool = false) {}
  void arrive_from(stack&) {}
  void forget() {}
#endif
};

/// A stack on which threads run.
struct carrier {
  context::fcontext_t stopped = nullptr;  ///< where, while another one runs
  stack own;

  /// Leaves this stack for another one, and comes back when somebody leaves another one for this.
  /// Inlined into kernels: functions that return on another stack than they were called on are what
  /// a processor guesses wrong.
  [[gnu::always_inline]] void leave_for(carrier& next) {
    own.leave_for(next.own);
    arrive(context::jump_fcontext(next.stopped, this));
  }
  void arrive(context::transfer_t from) {
    carrier& before = *static_cast<carrier*>(from.data);
    own.arrive_from(before.own);
    before.stopped = from.fctx;
  }
};
class crew;  // block.cpp: all of them

struct thread {
  uint3 index{};
  carrier* on = nullptr;  ///< while it runs or waits
  unsigned exchanges = 0;
  unsigned groups = 0;             ///< of copies, committed
  std::vector<async_copy> copies;  ///< not waited for yet, in order
};

/// Shared memory of exactly this size, so that a sanitizer knows its end.
class shared_bytes {
 public:
  static constexpr std::align_val_t alignment{128};
  explicit shared_bytes(std::size_t size) : size_(size), p_(::operator new(size, alignment)) {}
  [[nodiscard]] unsigned char* data() const { return static_cast<unsigned char*>(p_.get()); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool contains(const void* p, std::size_t bytes) const {
    const auto at = reinterpret_cast<std::uintptr_t>(p),
               first = reinterpret_cast<std::uintptr_t>(data());
    return at >= first && at + bytes <= first + size_;
  }

 private:
  struct release {
    void operator()(void* p) const { ::operator delete(p, alignment); }
  };
  std::size_t size_;
  std::unique_ptr<void, release> p_;
};

/// The block at hand.
class block {
 public:
  explicit block(std::size_t shared_size);

  shared_bytes shared;

  [[nodiscard]] thread& current() { return *current_; }
  [[nodiscard]] warp& current_warp() { return warps_[static_cast<std::size_t>(running_ / 32)]; }
  [[nodiscard]] int lane() const { return running_ % 32; }

  [[gnu::always_inline]] void wait_for_all() { wait(all_); }
  [[gnu::always_inline]] void wait_for_warp() { wait(current_warp().meeting); }

  /// Runs body() on each thread. Shared memory is NaN at first. An error in a thread ends the block
  /// and is thrown on.
  void run(dim3 shape, const std::function<void()>& body);
  /// On a carrier: runs the thread that was drawn, and those drawn after it as long as they begin.
  void carry(carrier& on);

 private:
  struct abandon {};

  void prepare(dim3 shape);
  [[gnu::always_inline]] void wait(barrier& b) {
    carrier* const on = current_->on;
    carrier* const next = meet(b);
    if (next == nullptr) return;
    on->leave_for(*next);
    if (abandoned_) unwind();
  }
  [[nodiscard]] carrier* meet(barrier& b);
  [[nodiscard]] carrier* next_carrier();
  [[noreturn]] static void unwind();
  void release(barrier& b);
  void end(const thread& t);
  [[noreturn]] void give_up();
  [[nodiscard]] bool draw();
  void make_current(int i) {
    running_ = i;
    current_ = &threads_[static_cast<std::size_t>(i)];
  }

  std::vector<thread> threads_;
  std::vector<warp> warps_;
  std::vector<int> ready_;  // threads that can run, in no order
  barrier all_;
  int running_ = -1;
  thread* current_ = nullptr;
  int left_ = 0;  // threads that have not ended
  const std::function<void()>* body_ = nullptr;
  crew* carriers_;
  std::exception_ptr error_;
  bool abandoned_ = false;
  std::mt19937 random_;
};

inline thread_local block* at_hand = nullptr;
inline thread_local uint3 block_index{};
inline thread_local dim3 block_size, grid_size;

/// Every lane of the warp shows a value; f(show) then reads what the lanes of its choice showed.
/// Slots are used in turn: whoever comes to write a slot again has passed the meeting in between,
/// to which all came who had read it.
template <class T, class F>
[[gnu::always_inline]] inline auto exchange(const T& value, F f) {
  static_assert(sizeof(T) <= sizeof(warp::slots[0][0]) && std::is_trivially_copyable_v<T>);
  block& b = *at_hand;
  auto& slots = b.current_warp().slots[b.current().exchanges++ % 2];
  std::memcpy(slots[b.lane()], &value, sizeof value);
  b.wait_for_warp();
  return f([&](int lane) {
    T shown;
    std::memcpy(&shown, slots[lane & 31], sizeof shown);
    return shown;
  });
}

/// Puts a launch on the stream: `body` is what each thread does, `kernel` the kernel's address.
void submit_launch(const void* kernel, dim3 grid, dim3 shape, std::size_t shared,
                   cudaStream_t stream, std::function<void()> body);

}  // namespace cuda_on_cpu
