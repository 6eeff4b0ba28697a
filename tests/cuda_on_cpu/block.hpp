// A block of threads on the CPU: each is a fiber, and where they could run in any order they do: the next one is drawn
// by a seed, so what only holds in one order shows. A barrier that not all threads reach ends with an error instead of
// waiting for ever. AddressSanitizer is told of each change of stack.
#pragma once

#include "runtime.hpp"

#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>
#include <cuda_runtime.h>

#include <cstdint>
#include <cstring>
#include <exception>
#include <memory>
#include <new>
#include <random>
#include <utility>
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

namespace context = boost::context;

/// Of the order in which the threads of a block run.
inline std::uint32_t order_seed = 1;

/// Threads that wait for each other.
struct barrier {
  std::vector<int> waiting;
  int expected = 0;
};

struct warp {
  barrier meeting;
  alignas(16) unsigned char slots[2][32][64];  // what the lanes show each other, this time and the last time
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
  void arrive_from(stack& other) { __sanitizer_finish_switch_fiber(fake, &other.bottom, &other.size); }
  void forget() { __asan_unpoison_memory_region(bottom, size); }
#else
  static constexpr std::size_t bytes = std::size_t{64} << 10;
  void leave_for(const stack&, bool = false) {}
  void arrive_from(stack&) {}
  void forget() {}
#endif
};

/// 16 bytes on their way from global to shared memory; from nowhere come zeros.
struct async_copy {
  void* to;
  const void* from;
  unsigned group;
};

struct thread {
  context::fiber fiber;
  stack own;
  uint3 index{};
  unsigned exchanges = 0;
  unsigned groups = 0;             ///< of copies, committed
  std::vector<async_copy> copies;  ///< not waited for yet, in order
  bool done = false;
};

/// Allocates the stack of a thread, and tells the thread.
struct stack_of {
  context::pooled_fixedsize_stack& pool;
  thread& owner;
  context::stack_context allocate() {
    const context::stack_context s = pool.allocate();
    owner.own = {static_cast<char*>(s.sp) - s.size, s.size};
    owner.own.forget();
    return s;
  }
  void deallocate(context::stack_context& s) noexcept { pool.deallocate(s); }
};

/// Shared memory of exactly this size, so that a sanitizer knows its end.
class shared_bytes {
 public:
  static constexpr std::align_val_t alignment{128};
  explicit shared_bytes(std::size_t size) : size_(size), p_(::operator new(size, alignment)) {}
  [[nodiscard]] unsigned char* data() const { return static_cast<unsigned char*>(p_.get()); }
  [[nodiscard]] std::size_t size() const { return size_; }
  [[nodiscard]] bool contains(const void* p, std::size_t bytes) const {
    const auto at = reinterpret_cast<std::uintptr_t>(p), first = reinterpret_cast<std::uintptr_t>(data());
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
  explicit block(std::size_t shared_size) : shared(shared_size), random_(order_seed) {}

  shared_bytes shared;

  [[nodiscard]] thread& current() { return threads_[static_cast<std::size_t>(running_)]; }
  [[nodiscard]] warp& current_warp() { return warps_[static_cast<std::size_t>(running_ / 32)]; }
  [[nodiscard]] int lane() const { return running_ % 32; }

  void wait_for_all() { wait(all_); }
  void wait_for_warp() { wait(current_warp().meeting); }

  /// Runs body() on each thread. Shared memory is NaN at first. An error in a thread ends the block and is thrown on.
  template <class Body>
  void run(dim3 shape, const Body& body) {
    prepare(shape);
    const int n = static_cast<int>(threads_.size());
    for (int i = 0; i < n; ++i) {
      thread& t = threads_[static_cast<std::size_t>(i)];
      t.fiber = context::fiber(std::allocator_arg, stack_of{stacks(), t}, [this, &body, &t](context::fiber&& from) {
        t.own.arrive_from(main_stack_);
        main_ = std::move(from);
        try {
          if (!abandoned_) body();
          if (!abandoned_) end(t);
        } catch (const abandon&) {
        } catch (...) {
          error_ = std::current_exception();
        }
        t.done = true;
        t.own.leave_for(main_stack_, true);
        return std::move(main_);
      });
    }
    int left = n;
    while (left > 0 && !error_) {
      if (ready_.empty()) {
        error_ = std::make_exception_ptr(
            zer0::error("cuda_on_cpu: " + std::to_string(left) + " threads wait at a barrier that others never reach"));
        break;
      }
      running_ = draw();
      resume(current());
      left -= current().done;
    }
    if (error_) give_up();
  }

 private:
  struct abandon {};

  static context::pooled_fixedsize_stack& stacks() {
    static thread_local context::pooled_fixedsize_stack pool(stack::bytes, 256);
    return pool;
  }

  void prepare(dim3 shape) {
    const unsigned n = shape.x * shape.y * shape.z;
    threads_.resize(n);
    warps_.resize((n + 31) / 32);
    for (warp& w : warps_) w.meeting = {{}, 32};
    all_ = {{}, static_cast<int>(n)};
    ready_.clear();
    for (unsigned i = 0; i < n; ++i) {
      thread& t = threads_[i];
      t.index = {i % shape.x, i / shape.x % shape.y, i / shape.x / shape.y};
      t.exchanges = t.groups = 0;
      t.done = false;
      ready_.push_back(static_cast<int>(i));
    }
    std::memset(shared.data(), 0xff, shared.size());
  }

  void resume(thread& t) {
    main_stack_.leave_for(t.own);
    t.fiber = std::move(t.fiber).resume();
    stack ignored;
    main_stack_.arrive_from(ignored);
  }

  void wait(barrier& b) {
    if (static_cast<int>(b.waiting.size()) + 1 == b.expected) return release(b);
    b.waiting.push_back(running_);
    thread& self = current();
    self.own.leave_for(main_stack_);
    main_ = std::move(main_).resume();
    self.own.arrive_from(main_stack_);
    if (abandoned_) throw abandon{};
  }
  void release(barrier& b) {
    ready_.insert(ready_.end(), b.waiting.begin(), b.waiting.end());
    b.waiting.clear();
  }

  /// A thread that has ended is waited for no longer.
  void end(const thread& t) {
    zer0::require(t.copies.empty(), "cuda_on_cpu: a thread ended with ", t.copies.size(),
                  " asynchronous copies that it never waited for");
    --all_.expected;
    if (all_.expected > 0 && static_cast<int>(all_.waiting.size()) == all_.expected) release(all_);
  }

  /// Lets each thread unwind its stack.
  [[noreturn]] void give_up() {
    abandoned_ = true;
    const std::exception_ptr first = error_;
    for (std::size_t i = 0; i < threads_.size(); ++i) {
      running_ = static_cast<int>(i);
      if (!threads_[i].done) resume(threads_[i]);
    }
    std::rethrow_exception(first);
  }

  int draw() {
    const std::size_t at = random_() % ready_.size();
    const int next = ready_[at];
    ready_[at] = ready_.back();
    ready_.pop_back();
    return next;
  }

  std::vector<thread> threads_;
  std::vector<warp> warps_;
  std::vector<int> ready_;
  barrier all_;
  int running_ = -1;
  context::fiber main_;
  stack main_stack_;
  std::exception_ptr error_;
  bool abandoned_ = false;
  std::mt19937 random_;
};

inline thread_local block* at_hand = nullptr;
inline thread_local uint3 block_index{};
inline thread_local dim3 block_size, grid_size;

/// Every lane of the warp shows a value; f(show) then reads what the lanes of its choice showed. Slots are used in
/// turn: whoever comes to write a slot again has passed the meeting in between, to which all came who had read it.
template <class T, class F>
auto exchange(const T& value, F f) {
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

/// Runs kernel() for each block of a grid.
template <class Kernel>
void run_grid(dim3 grid, dim3 shape, std::size_t shared, const Kernel& kernel) {
  block b(shared);
  struct restore {
    block* before;
    ~restore() { at_hand = before; }
  } const restored{std::exchange(at_hand, &b)};
  block_size = shape;
  grid_size = grid;
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        block_index = {x, y, z};
        b.run(shape, kernel);
      }
}

}  // namespace cuda_on_cpu
