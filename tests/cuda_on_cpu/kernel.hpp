// CUDA kernels on the CPU: what device code may use, for a host compiler. A block runs on one
// thread of the system (block.hpp), blocks run one after another. Shared memory is NaN at first.
// Addresses are checked where a card demands something of them, and asynchronous copies arrive when
// they are waited for, no sooner.
#pragma once

#include "block.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <type_traits>
#include <utility>

// -- what CUDA predefines

#define threadIdx (::cuda_on_cpu::at_hand->current().index)
#define blockIdx (::cuda_on_cpu::block_index)
#define blockDim (::cuda_on_cpu::block_size)
#define gridDim (::cuda_on_cpu::grid_size)
#undef __launch_bounds__
#define __launch_bounds__(...)

inline void __syncthreads() { cuda_on_cpu::at_hand->wait_for_all(); }
inline void __syncwarp(unsigned = 0xffffffffu) { cuda_on_cpu::at_hand->wait_for_warp(); }

template <class T>
T __shfl_sync(unsigned, T value, int lane) {
  return cuda_on_cpu::exchange(value, [&](auto shown) { return shown(lane); });
}
template <class T>
T __shfl_xor_sync(unsigned, T value, int mask) {
  return cuda_on_cpu::exchange(
      value, [&](auto shown) { return shown(cuda_on_cpu::at_hand->lane() ^ mask); });
}
template <class T>
T __shfl_down_sync(unsigned, T value, int by) {
  const int lane = cuda_on_cpu::at_hand->lane();
  return cuda_on_cpu::exchange(
      value, [&](auto shown) { return shown(lane + by < 32 ? lane + by : lane); });
}
template <class T>
T __shfl_up_sync(unsigned, T value, int by) {
  const int lane = cuda_on_cpu::at_hand->lane();
  return cuda_on_cpu::exchange(
      value, [&](auto shown) { return shown(lane - by >= 0 ? lane - by : lane); });
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
inline void sincospif(float x, float* sine, float* cosine) {
  const double angle = 3.14159265358979323846 * static_cast<double>(x);
  *sine = static_cast<float>(std::sin(angle));
  *cosine = static_cast<float>(std::cos(angle));
}
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
  const auto& shared = cuda_on_cpu::at_hand->shared;
  require(sizeof(T) <= shared.size(), "cuda_on_cpu: ", sizeof(T),
          " bytes of shared memory are used, but the kernel was launched with ", shared.size());
  return *reinterpret_cast<T*>(shared.data());
}

/// `p`, which a card can read or write in one piece of `Bytes` only if it is a multiple of that.
template <std::size_t Bytes, class P>
P* aligned(P* p) {
  if (reinterpret_cast<std::uintptr_t>(p) % Bytes != 0) [[unlikely]]
    cuda_on_cpu::fail_alignment(Bytes);
  return p;
}

template <class... P, class... A>
void start(void (*kernel)(P...), dim3 grid, dim3 shape, std::size_t shared, cudaStream_t stream,
           A... arguments) {
  cuda_on_cpu::submit_launch(reinterpret_cast<const void*>(kernel), grid, shape, shared, stream,
                             [=] { kernel(static_cast<P>(arguments)...); });
}

/// The destination is NaN from now until the copy is waited for: nobody may read it, nor what was
/// there before.
inline void copy_async_or_zero(void* shared, const void* global, bool exists) {
  using namespace cuda_on_cpu;
  require(at_hand->shared.contains(aligned<16>(shared), 16),
          "cuda_on_cpu: copy_async to outside shared memory");
  (void)aligned<16>(global);
  if (exists) require_device_memory("copy_async", global, 16);
  std::memset(shared, 0xff, 16);
  thread& self = at_hand->current();
  self.copies.push_back({shared, exists ? global : nullptr, self.groups});
}
inline void copy_async(void* shared, const void* global) {
  copy_async_or_zero(shared, global, true);
}
inline void copy_async_commit() { ++cuda_on_cpu::at_hand->current().groups; }
template <int Pending>
void copy_async_wait() {
  cuda_on_cpu::thread& self = cuda_on_cpu::at_hand->current();
  auto copy = self.copies.begin();
  for (; copy != self.copies.end() && copy->group + Pending < self.groups; ++copy)
    if (copy->from != nullptr)
      std::memcpy(copy->to, copy->from, 16);
    else
      std::memset(copy->to, 0, 16);
  self.copies.erase(self.copies.begin(), copy);
}

}  // namespace zer0::gpu

#include "tensor_core.hpp"
