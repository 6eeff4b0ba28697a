// How the cpu device divides work among threads.
#pragma once

#include <zer0/core/types.hpp>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <new>

namespace zer0::detail {

/// Work, in elements, below which starting the threads costs more than it saves.
inline constexpr index_t least_parallel_work = 16384;

/// Calls f(i) for i in [0, n), on all threads if it is worth it. `work`: about how many elements
/// one call touches. Little work is a plain loop, not an OpenMP `if` clause: libgomp allocates a
/// new team whenever the number of threads changes, even to one.
template <class F>
void parallel_for(index_t n, index_t work, F f) {
  if (n < 2 || n * work < least_parallel_work) {
    for (index_t i = 0; i < n; ++i) f(i);
    return;
  }
#pragma omp parallel for schedule(static)
  for (index_t i = 0; i < n; ++i) f(i);
}

/// parallel_for for calls of unequal cost.
template <class F>
void parallel_for_uneven(index_t n, index_t work, F f) {
  if (n < 2 || n * work < least_parallel_work) {
    for (index_t i = 0; i < n; ++i) f(i);
    return;
  }
#pragma omp parallel for schedule(dynamic)
  for (index_t i = 0; i < n; ++i) f(i);
}

/// Calls f(first, last) for consecutive ranges of [0, n) that each fit into the first level cache.
template <class F>
void parallel_for_ranges(index_t n, F f) {
  constexpr index_t range = 4096;
  parallel_for((n + range - 1) / range, range,
               [&](index_t i) { f(i * range, std::min(n, (i + 1) * range)); });
}

/// Sum of f(first, last) over pieces of [0, n). Pieces and order are fixed, so the sum is the same
/// for every number of threads.
template <class F>
double parallel_sum(index_t n, F f) {
  constexpr index_t pieces = 256;
  std::array<double, pieces> partial{};
  parallel_for(pieces, n / pieces, [&](index_t i) {
    partial[static_cast<std::size_t>(i)] = f(n * i / pieces, n * (i + 1) / pieces);
  });
  double total = 0;
  for (const double p : partial) total += p;
  return total;
}

/// sums[j] += sum over rows i, where add(i, first, count, partial) adds columns first .. first +
/// count - 1 of row i to `partial`. Threads divide the columns. Rows are summed in groups, which
/// rounds less than one long sum.
template <class F>
void add_over_rows(index_t rows, index_t cols, float* sums, F add) {
  constexpr index_t block = 32;
  constexpr index_t group = 64;
  parallel_for((cols + block - 1) / block, rows * block, [&](index_t b) {
    const index_t first = b * block;
    const index_t count = std::min(block, cols - first);
    for (index_t g = 0; g < rows; g += group) {
      float partial[block] = {};
      for (index_t i = g; i < std::min(rows, g + group); ++i) add(i, first, count, partial);
      for (index_t j = 0; j < count; ++j) sums[first + j] += partial[j];
    }
  });
}

/// Scratch memory of one thread, 64-byte aligned, which only grows. `Purpose` distinguishes uses
/// that are live together.
template <class Purpose>
float* thread_scratch(index_t floats) {
  struct release {
    void operator()(float* p) const { std::free(p); }
  };
  static thread_local std::unique_ptr<float, release> memory;
  static thread_local index_t capacity = 0;
  if (floats > capacity) {
    const auto bytes = (static_cast<std::size_t>(floats) * sizeof(float) + 63) / 64 * 64;
    memory.reset();
    capacity = 0;
    memory.reset(static_cast<float*>(std::aligned_alloc(64, bytes)));
    if (!memory) throw std::bad_alloc();
    capacity = floats;
  }
  return memory.get();
}

}  // namespace zer0::detail
