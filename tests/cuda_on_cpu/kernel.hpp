// CUDA kernels on the CPU: what device code may use, for a host compiler. A thread is a fiber, a block runs on one
// thread of the system, blocks run one after another.
//
// Where threads could run in any order they do: the next one is drawn by a seed, so what only holds in one order shows.
// Shared memory is NaN at first. A barrier that not all threads reach ends with an error instead of waiting for ever.
#pragma once

#include <zer0/core/error.hpp>

#include <boost/context/fiber.hpp>
#include <boost/context/pooled_fixedsize_stack.hpp>

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

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

struct thread {
  context::fiber fiber;
  uint3 index{};
  int number = 0;
  unsigned exchanges = 0;
  bool done = false;
};

/// The block at hand.
struct block {
  std::vector<thread> threads;
  std::vector<warp> warps;
  std::vector<int> ready;
  std::vector<unsigned char> shared;
  barrier all;
  int running = -1;
  context::fiber scheduler;
  std::mt19937 random;

  [[nodiscard]] thread& current() { return threads[static_cast<std::size_t>(running)]; }
  [[nodiscard]] warp& current_warp() { return warps[static_cast<std::size_t>(running / 32)]; }
  [[nodiscard]] int lane() const { return running % 32; }

  void wait(barrier& b) {
    if (static_cast<int>(b.waiting.size()) + 1 == b.expected) return release(b);
    b.waiting.push_back(running);
    scheduler = std::move(scheduler).resume();
  }
  void release(barrier& b) {
    ready.insert(ready.end(), b.waiting.begin(), b.waiting.end());
    b.waiting.clear();
  }
  /// A thread that has ended is waited for no longer.
  void leave(barrier& b) {
    --b.expected;
    if (b.expected > 0 && static_cast<int>(b.waiting.size()) == b.expected) release(b);
  }
  int draw() {
    const std::size_t at = random() % ready.size();
    const int next = ready[at];
    ready[at] = ready.back();
    ready.pop_back();
    return next;
  }
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
  warp& w = b.current_warp();
  auto& slots = w.slots[b.current().exchanges++ % 2];
  std::memcpy(slots[b.lane()], &value, sizeof value);
  b.wait(w.meeting);
  return f([&](int lane) {
    T shown;
    std::memcpy(&shown, slots[lane & 31], sizeof shown);
    return shown;
  });
}

template <class Body>
void run_block(block& b, const Body& body) {
  const int n = static_cast<int>(block_size.x * block_size.y * block_size.z);
  static thread_local context::pooled_fixedsize_stack stacks(std::size_t{64} << 10, 1024);
  b.threads.clear();
  b.threads.resize(static_cast<std::size_t>(n));
  b.warps.resize(static_cast<std::size_t>(n + 31) / 32);
  for (warp& w : b.warps) w.meeting = {{}, 32};
  b.all = {{}, n};
  b.ready.clear();
  std::memset(b.shared.data(), 0xff, b.shared.size());
  for (int i = 0; i < n; ++i) {
    thread& t = b.threads[static_cast<std::size_t>(i)];
    const auto u = static_cast<unsigned>(i);
    t.number = i;
    t.index = {u % block_size.x, u / block_size.x % block_size.y, u / block_size.x / block_size.y};
    t.fiber = context::fiber(std::allocator_arg, stacks, [&b, &body, i](context::fiber&& from) {
      b.scheduler = std::move(from);
      body();
      thread& self = b.threads[static_cast<std::size_t>(i)];
      self.done = true;
      b.leave(b.all);
      return std::move(b.scheduler);
    });
    b.ready.push_back(i);
  }
  int left = n;
  while (left > 0) {
    zer0::require(!b.ready.empty(), "cuda_on_cpu: ", left, " threads wait at a barrier that others never reach");
    b.running = b.draw();
    thread& t = b.current();
    t.fiber = std::move(t.fiber).resume();
    left -= t.done;
  }
}

}  // namespace cuda_on_cpu

// -- what CUDA predefines

#define threadIdx (::cuda_on_cpu::at_hand->current().index)
#define blockIdx (::cuda_on_cpu::block_index)
#define blockDim (::cuda_on_cpu::block_size)
#define gridDim (::cuda_on_cpu::grid_size)
#undef __launch_bounds__
#define __launch_bounds__(...)

inline void __syncthreads() { cuda_on_cpu::at_hand->wait(cuda_on_cpu::at_hand->all); }
inline void __syncwarp(unsigned = 0xffffffffu) {
  cuda_on_cpu::at_hand->wait(cuda_on_cpu::at_hand->current_warp().meeting);
}

template <class T>
T __shfl_sync(unsigned, T value, int lane) {
  return cuda_on_cpu::exchange(value, [&](auto shown) { return shown(lane); });
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  return cuda_on_cpu::exchange(value, [&](auto shown) { return shown(cuda_on_cpu::at_hand->lane() ^ mask); });
}
template <class T>
T __shfl_down_sync(unsigned, T value, int by) {
  const int lane = cuda_on_cpu::at_hand->lane();
  return cuda_on_cpu::exchange(value, [&](auto shown) { return shown(lane + by < 32 ? lane + by : lane); });
}
template <class T>
T __shfl_up_sync(unsigned, T value, int by) {
  const int lane = cuda_on_cpu::at_hand->lane();
  return cuda_on_cpu::exchange(value, [&](auto shown) { return shown(lane - by >= 0 ? lane - by : lane); });
}
inline unsigned __ballot_sync(unsigned, int predicate) {
  return cuda_on_cpu::exchange(predicate, [](auto shown) {
    unsigned bits = 0;
    for (int lane = 0; lane < 32; ++lane) bits |= (shown(lane) != 0 ? 1u : 0u) << lane;
    return bits;
  });
}

inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline int __clz(int x) { return x == 0 ? 32 : __builtin_clz(static_cast<unsigned>(x)); }
inline unsigned atomicOr(unsigned* to, unsigned bits) { return std::exchange(*to, *to | bits); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline float __expf(float x) { return std::exp(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
template <class T>
T __ldg(const T* p) {
  return *p;
}
template <class T>
T atomicAdd(T* to, T value) {
  const T before = *to;
  *to += value;
  return before;
}

namespace zer0::gpu {

template <class T>
T& shared_memory() {
  auto& bytes = cuda_on_cpu::at_hand->shared;
  const auto address = (reinterpret_cast<std::uintptr_t>(bytes.data()) + 127) / 128 * 128;
  return *reinterpret_cast<T*>(address);
}

template <class... P, class... A>
void start(void (*kernel)(P...), dim3 grid, dim3 block_shape, std::size_t shared, cudaStream_t, A... arguments) {
  using namespace cuda_on_cpu;
  const unsigned threads = block_shape.x * block_shape.y * block_shape.z;
  require(threads > 0 && threads <= 1024 && threads % 32 == 0, "cuda_on_cpu: a block of ", threads, " threads");
  require(grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.y <= 65535 && grid.z <= 65535, "cuda_on_cpu: a grid of ",
          grid.x, " x ", grid.y, " x ", grid.z, " blocks");
  cuda_on_cpu::block b;
  b.shared.resize(shared + 128);
  b.random.seed(order_seed);
  cuda_on_cpu::block* const before = std::exchange(at_hand, &b);
  block_size = block_shape;
  grid_size = grid;
  for (unsigned z = 0; z < grid.z; ++z)
    for (unsigned y = 0; y < grid.y; ++y)
      for (unsigned x = 0; x < grid.x; ++x) {
        block_index = {x, y, z};
        run_block(b, [&] { kernel(static_cast<P>(arguments)...); });
      }
  at_hand = before;
}

inline void copy_async(void* shared, const void* global) { std::memcpy(shared, global, 16); }
inline void copy_async_or_zero(void* shared, const void* global, bool exists) {
  exists ? (void)std::memcpy(shared, global, 16) : (void)std::memset(shared, 0, 16);
}
inline void copy_async_commit() {}
template <int Pending>
void copy_async_wait() {}

namespace detail {
inline std::uint32_t pair(const unsigned char* low, const unsigned char* high) {
  std::uint16_t a, b;
  std::memcpy(&a, low, 2);
  std::memcpy(&b, high, 2);
  return a | static_cast<std::uint32_t>(b) << 16;
}
}  // namespace detail

inline void load_matrices(std::uint32_t (&r)[4], const void* row) {
  const int lane = cuda_on_cpu::at_hand->lane();
  (void)cuda_on_cpu::exchange(row, [&](auto shown) {
    for (int i = 0; i < 4; ++i) {
      const auto* from = static_cast<const unsigned char*>(shown(8 * i + lane / 4)) + 4 * (lane % 4);
      r[i] = detail::pair(from, from + 2);
    }
    return 0;
  });
}
inline void load_matrices_transposed(std::uint32_t (&r)[4], const void* row) {
  const int lane = cuda_on_cpu::at_hand->lane();
  (void)cuda_on_cpu::exchange(row, [&](auto shown) {
    for (int i = 0; i < 4; ++i)
      r[i] = detail::pair(static_cast<const unsigned char*>(shown(8 * i + 2 * (lane % 4))) + 2 * (lane / 4),
                          static_cast<const unsigned char*>(shown(8 * i + 2 * (lane % 4) + 1)) + 2 * (lane / 4));
    return 0;
  });
}

template <class T>
void multiply_add(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1) {
  struct operands {
    float a[4][2], b[2][2];
  };
  const auto split = [](std::uint32_t pair, float(&to)[2]) {
    for (int i = 0; i < 2; ++i)
      to[i] = static_cast<float>(std::bit_cast<T>(static_cast<std::uint16_t>(pair >> 16 * i)));
  };
  operands mine;
  for (int i = 0; i < 4; ++i) split(a[i], mine.a[i]);
  split(b0, mine.b[0]);
  split(b1, mine.b[1]);
  const int lane = cuda_on_cpu::at_hand->lane();
  (void)cuda_on_cpu::exchange(mine, [&](auto shown) {
    // a(row, k): lane (row % 8)*4 + k/2%4, register row/8 + 2*(k/8), part k%2. b(k, col): lane col*4 + k/2%4, register
    // k/8, part k%2.
    float sum[4] = {};
    for (int t = 0; t < 4; ++t) {
      const operands left = shown(lane / 4 * 4 + t);
      for (int col = 0; col < 2; ++col) {
        const operands right = shown((2 * (lane % 4) + col) * 4 + t);
        for (int row = 0; row < 2; ++row)
          for (int k = 0; k < 2; ++k)
            for (int i = 0; i < 2; ++i) sum[2 * row + col] += left.a[row + 2 * k][i] * right.b[k][i];
      }
    }
    for (int i = 0; i < 4; ++i) d[i] += sum[i];
    return 0;
  });
}

}  // namespace zer0::gpu
