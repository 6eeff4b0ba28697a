// How kernels share work: numbers in packs of 16 bytes, sums over a warp or a block, loops over the
// elements of a matrix.
#pragma once

#include <zer0/device/detail/cuda/device.cuh>

#include <algorithm>
#include <bit>

namespace zer0::gpu {

inline constexpr int warp_size = 32;
inline constexpr unsigned whole_warp = 0xffffffffu;

/// W numbers that are read, or written, at once.
template <class T, int W>
struct alignas(sizeof(T) * W) pack {
  T e[W];
};

/// How many elements of the wider of two types 16 bytes hold.
template <class A, class B = A>
inline constexpr int elements_at_once =
    static_cast<int>(16 / (sizeof(A) > sizeof(B) ? sizeof(A) : sizeof(B)));

template <int W, class T>
__device__ pack<std::remove_const_t<T>, W> load(T* from) {
  return *reinterpret_cast<const pack<std::remove_const_t<T>, W>*>(aligned<sizeof(T) * W>(from));
}
template <class T, int W>
__device__ void store(T* to, const pack<T, W>& values) {
  *reinterpret_cast<pack<T, W>*>(aligned<sizeof(T) * W>(to)) = values;
}

template <class T>
__device__ float number(T x) {
  return static_cast<float>(x);
}

/// An integer that orders floats: the larger the float, the larger it is; both zeros have the same.
__device__ inline std::uint32_t order_of(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x == 0 ? 0.0f : x);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
/// The float whose order_of is `order`.
__device__ inline float number_at(std::uint32_t order) {
  return std::bit_cast<float>(order & 0x80000000u ? order & 0x7fffffffu : ~order);
}

/// The sum over the warp's lanes, in float or double.
template <class V>
__device__ V warp_sum(V x) {
  for (int mask = 16; mask > 0; mask /= 2) x += __shfl_xor_sync(whole_warp, x, mask);
  return x;
}
__device__ inline float warp_max(float x) {
  for (int mask = 16; mask > 0; mask /= 2) x = fmaxf(x, __shfl_xor_sync(whole_warp, x, mask));
  return x;
}

/// Shared memory for one value per warp.
template <class V, int Threads>
struct warp_slots {
  V of_warp[Threads / warp_size];
};
/// Combines one value per warp, which all of its lanes hold, in the order of the warps. All threads
/// get the result.
template <int Threads, class V, class Combine>
__device__ V over_block(V mine, Combine combine) {
  auto& memory = shared_memory<warp_slots<V, Threads>>();
  __syncthreads();  // all threads have read the last result
  if (threadIdx.x % warp_size == 0) memory.of_warp[threadIdx.x / warp_size] = mine;
  __syncthreads();
  V all = memory.of_warp[0];
  for (int i = 1; i < Threads / warp_size; ++i) all = combine(all, memory.of_warp[i]);
  return all;
}

inline unsigned blocks_for(index_t work, index_t per_block) {
  return static_cast<unsigned>(std::max<index_t>(1, (work + per_block - 1) / per_block));
}

/// May rows of this view be read in packs of W?
template <int W, class T>
bool packs(tensor_view<T> x) {
  constexpr std::size_t bytes = sizeof(T) * W;
  return reinterpret_cast<std::uintptr_t>(x.data) % bytes == 0 && x.cols % W == 0 &&
         (x.rows <= 1 || x.stride % W == 0);
}

template <int W, class F>
__global__ void for_elements(index_t rows, index_t groups, F f) {
  const index_t all = rows * groups;
  const index_t step = index_t{gridDim.x} * blockDim.x;
  for (index_t i = index_t{blockIdx.x} * blockDim.x + threadIdx.x; i < all; i += step)
    f.template at<W>(i / groups, i % groups * W);
}

/// On the device, calls f.at<W>(row, col) for each pack of W columns of `shape` if `packed`, else
/// f.at<1>(row, col) for each column.
template <int W, class Real, class T, class F>
void each_element(basic_cuda<Real>& d, const char* name, tensor_view<T> shape, bool packed, F f) {
  if (shape.elements() == 0) return;
  constexpr int threads = 256;
  constexpr index_t most_blocks = 4096;
  const index_t groups = packed ? shape.cols / W : shape.cols;
  const unsigned blocks = static_cast<unsigned>(
      std::min<index_t>(most_blocks, blocks_for(shape.rows * groups, threads)));
  if (packed)
    launch(d, name, &for_elements<W, F>, dim3(blocks), dim3(threads), 0, shape.rows, groups, f);
  else
    launch(d, name, &for_elements<1, F>, dim3(blocks), dim3(threads), 0, shape.rows, groups, f);
}

}  // namespace zer0::gpu
