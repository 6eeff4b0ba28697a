// A stable sort of small numbers, such as token ids or experts, in scratch memory.
#pragma once

#include <zer0/device/detail/cuda/parallel.cuh>

#include <bit>

namespace zer0::gpu {

// A radix sort, least significant digit first. A warp has a run of consecutive places of the list,
// in which it counts the digits (count_digits). The counts of all runs tell where each digit of
// each run begins (place_digits). Then each warp moves its run (move_by_digit). One warp at a time
// adds to a counter, so there are no atomics, and only one possible result.

inline constexpr int digit_bits = 8;
inline constexpr int digits = 1 << digit_bits;
inline constexpr int sort_warps = 4;  ///< warps per block
inline constexpr index_t sort_run = 512;
inline constexpr index_t most_sorted =
    65536;  ///< ids at once: two lists and the counts fit into scratch memory
inline constexpr index_t most_runs = most_sorted / sort_run;
inline constexpr int place_threads = 512;

struct sort_memory {
  std::int32_t count[sort_warps][digits];
};

/// The lanes of this warp that take part and have the same digit as this one.
__device__ inline unsigned lanes_like_me(int digit, bool takes_part) {
  unsigned same = __ballot_sync(whole_warp, takes_part);
  for (int bit = 0; bit < digit_bits; ++bit) {
    const unsigned ones = __ballot_sync(whole_warp, digit >> bit & 1);
    same &= digit >> bit & 1 ? ones : ~ones;
  }
  return same;
}

/// Calls f(number, digit, the lanes with this digit) in all 32 lanes at each step of this warp's
/// run; the number is -1 beyond the end.
template <class F>
__device__ void over_run(const std::int32_t* keys, const std::int32_t* order, index_t n, int shift,
                         F f) {
  const index_t run = index_t{blockIdx.x} * sort_warps + threadIdx.x / warp_size;
  for (index_t i = 0; i < sort_run; i += warp_size) {
    const index_t place = run * sort_run + i + threadIdx.x % warp_size;
    const bool inside = place < n;
    const std::int32_t item =
        inside ? (order != nullptr ? order[place] : static_cast<std::int32_t>(place)) : -1;
    const int digit = inside ? keys[item] >> shift & (digits - 1) : 0;
    f(item, digit, lanes_like_me(digit, inside));
  }
}

/// counts[digit][run] = how often the digit is in the run. `order`: the list so far, or null: 0, 1,
/// ..
template <class = void>
__global__ void count_digits(const std::int32_t* keys, const std::int32_t* order, index_t n,
                             int shift, index_t runs, std::int32_t* counts) {
  const unsigned warp = threadIdx.x / warp_size, lane = threadIdx.x % warp_size;
  std::int32_t* const count = shared_memory<sort_memory>().count[warp];
  for (int digit = static_cast<int>(lane); digit < digits; digit += warp_size) count[digit] = 0;
  __syncwarp();
  over_run(keys, order, n, shift, [&](std::int32_t item, int digit, unsigned same) {
    if (item >= 0 && (same & ((1u << lane) - 1)) == 0) count[digit] += __popc(same);
    __syncwarp();
  });
  const index_t run = index_t{blockIdx.x} * sort_warps + warp;
  if (run < runs)
    for (int digit = static_cast<int>(lane); digit < digits; digit += warp_size)
      counts[digit * runs + run] = count[digit];
}

/// Each count becomes the sum of those before it. One block.
template <class = void>
__global__ void place_digits(index_t n, std::int32_t* counts) {
  std::int32_t* const sum = shared_memory<std::int32_t[place_threads]>();
  const auto me = static_cast<index_t>(threadIdx.x);
  const index_t mine = (n + place_threads - 1) / place_threads;
  const index_t first = me * mine < n ? me * mine : n, last = first + mine < n ? first + mine : n;
  std::int32_t total = 0;
  for (index_t i = first; i < last; ++i) total += counts[i];
  sum[me] = total;
  __syncthreads();
  for (index_t reach = 1; reach < place_threads; reach *= 2) {
    const std::int32_t before = me >= reach ? sum[me - reach] : 0;
    __syncthreads();
    sum[me] += before;
    __syncthreads();
  }
  std::int32_t next = sum[me] - total;
  for (index_t i = first; i < last; ++i) {
    const std::int32_t count = counts[i];
    counts[i] = next;
    next += count;
  }
}

template <class = void>
__global__ void move_by_digit(const std::int32_t* keys, const std::int32_t* order, index_t n,
                              int shift, index_t runs, const std::int32_t* places,
                              std::int32_t* sorted) {
  const unsigned warp = threadIdx.x / warp_size, lane = threadIdx.x % warp_size;
  const index_t run = index_t{blockIdx.x} * sort_warps + warp;
  std::int32_t* const next = shared_memory<sort_memory>().count[warp];
  if (run < runs)
    for (int digit = static_cast<int>(lane); digit < digits; digit += warp_size)
      next[digit] = places[digit * runs + run];
  __syncwarp();
  over_run(keys, order, n, shift, [&](std::int32_t item, int digit, unsigned same) {
    const unsigned before = same & ((1u << lane) - 1);
    if (item >= 0) sorted[next[digit] + __popc(before)] = item;
    __syncwarp();
    if (item >= 0 && before == 0) next[digit] += __popc(same);
    __syncwarp();
  });
}

/// The numbers 0 .. n-1 sorted by keys[i] in [0, below), equal ones in their order; n is at most
/// most_sorted. The list is in scratch memory, valid until the next operation.
template <class Real>
const std::int32_t* sort_ids(basic_cuda<Real>& d, const std::int32_t* keys, index_t n,
                             index_t below) {
  auto* const lists = d.template scratch<std::int32_t>();
  std::int32_t* const counts = lists + 2 * most_sorted;
  static_assert((2 * most_sorted + most_runs * digits) * sizeof(std::int32_t) <=
                basic_cuda<Real>::scratch_bytes);
  const index_t runs = (n + sort_run - 1) / sort_run;
  const dim3 blocks(blocks_for(runs, sort_warps)), threads(sort_warps * warp_size);
  const std::int32_t* order = nullptr;
  std::int32_t* sorted = lists;
  const int bits =
      std::max(1, static_cast<int>(std::bit_width(static_cast<std::uint64_t>(below - 1))));
  for (int shift = 0; shift < bits; shift += digit_bits) {
    launch(d, "sort_ids", &count_digits<>, blocks, threads, sizeof(sort_memory), keys, order, n,
           shift, runs, counts);
    launch(d, "sort_ids", &place_digits<>, dim3(1), dim3(place_threads),
           place_threads * sizeof(std::int32_t), digits * runs, counts);
    launch(d, "sort_ids", &move_by_digit<>, blocks, threads, sizeof(sort_memory), keys, order, n,
           shift, runs, counts, sorted);
    order = sorted;
    sorted = sorted == lists ? lists + most_sorted : lists;
  }
  return order;
}

}  // namespace zer0::gpu
