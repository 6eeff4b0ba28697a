// Which tokens of a row of logits top-k and top-p keep, by thresholds that are found without
// sorting. One block per row.
#pragma once

#include <zer0/device/detail/cuda/parallel.cuh>

namespace zer0::gpu {

// The tokens are ordered by score, equal ones by index, and the first ones of this order are kept:
// those above a threshold and the first few at it. The threshold is searched for among the bits of
// a float; each pass over the row tries several, so the number of passes does not depend on how the
// scores are spread. Sums have one order: warps and lanes in turn.

inline constexpr int choice_threads = 512;
inline constexpr int choice_warps = choice_threads / warp_size;
inline constexpr int thresholds_at_once = 3;

/// The scores of a row: logits after the repetition penalty.
template <class T>
struct row_scores {
  const T* logits;
  index_t cols;
  const std::uint32_t* seen;  ///< bits of the tokens that occurred; null: no penalty
  float penalty;
  bool divides_all;
  float per_temperature;
  float largest = 0;

  __device__ float penalized(T logit, index_t j) const {
    const float x = number(logit);
    if (seen == nullptr || (seen[j / 32] >> (j % 32) & 1u) == 0) return x;
    return x > 0 || divides_all ? x / penalty : x * penalty;
  }
  /// The probability of a score, relative to that of the largest score.
  __device__ float weight(float score) const {
    return score == largest ? 1.0f : expf((score - largest) * per_temperature);
  }
  /// Calls f(first column, scores) for each pack of this thread.
  template <int W, class F>
  __device__ void each(F f) const {
    for (index_t j = threadIdx.x * W; j < cols; j += choice_threads * W) {
      const auto in = load<W>(logits + j);
      pack<float, W> scores;
      for (int w = 0; w < W; ++w) scores.e[w] = penalized(in.e[w], j + w);
      f(j, scores);
    }
  }
};

template <int N>
struct several {
  double e[N];
};
/// Sums over the block.
template <int N>
__device__ several<N> block_sums(several<N> mine) {
  for (double& e : mine.e) e = warp_sum(e);
  return over_block<choice_threads>(mine, [](several<N> a, several<N> b) {
    for (int i = 0; i < N; ++i) a.e[i] += b.e[i];
    return a;
  });
}

struct row_range {
  float largest, smallest;
  std::int32_t first_largest;
  std::int32_t not_numbers;
};
__device__ inline row_range together(row_range a, const row_range& b) {
  if (b.largest > a.largest || (b.largest == a.largest && b.first_largest < a.first_largest)) {
    a.largest = b.largest;
    a.first_largest = b.first_largest;
  }
  a.smallest = fminf(a.smallest, b.smallest);
  a.not_numbers |= b.not_numbers;
  return a;
}
template <int W, class T>
__device__ row_range range_of(const row_scores<T>& row) {
  row_range mine{-INFINITY, INFINITY, INT32_MAX, 0};
  row.template each<W>([&](index_t j, const pack<float, W>& scores) {
    for (int w = 0; w < W; ++w) {
      const float x = scores.e[w];
      mine = together(mine, {x, x, static_cast<std::int32_t>(j + w), isnan(x) ? 1 : 0});
    }
  });
  for (int mask = warp_size / 2; mask > 0; mask /= 2)
    mine = together(mine, {__shfl_xor_sync(whole_warp, mine.largest, mask),
                           __shfl_xor_sync(whole_warp, mine.smallest, mask),
                           __shfl_xor_sync(whole_warp, mine.first_largest, mask),
                           __shfl_xor_sync(whole_warp, mine.not_numbers, mask)});
  return over_block<choice_threads>(
      mine, [](const row_range& a, const row_range& b) { return together(a, b); });
}

/// The largest threshold in (low, high] such that value(score) summed over the scores at or above
/// it exceeds `limit`; low if there is none.
template <int W, class T, class Value>
__device__ std::uint32_t find_threshold(const row_scores<T>& row, std::uint32_t low,
                                        std::uint32_t high, double limit, Value value) {
  while (low < high) {
    constexpr int n = thresholds_at_once;
    std::uint32_t tried[n];
    for (int i = 0; i < n; ++i)
      tried[i] =
          low + static_cast<std::uint32_t>(
                    (std::uint64_t{high - low} * static_cast<unsigned>(i + 1) + n) / (n + 1));
    several<n> sums{};
    row.template each<W>([&](index_t, const pack<float, W>& scores) {
      float some[n] = {};
      for (int w = 0; w < W; ++w) {
        const std::uint32_t order = order_of(scores.e[w]);
        const float v = value(scores.e[w]);
        for (int i = 0; i < n; ++i) some[i] += order >= tried[i] ? v : 0.0f;
      }
      for (int i = 0; i < n; ++i) sums.e[i] += static_cast<double>(some[i]);
    });
    sums = block_sums(sums);
    for (int i = n - 1; i >= 0; --i) {
      if (sums.e[i] > limit) {
        low = tried[i];
        break;
      }
      high = tried[i] - 1;
    }
  }
  return low;
}

/// The tokens that are kept: all above the threshold and the first `ties` at it.
struct kept_tokens {
  std::uint32_t threshold = 0;
  double ties = 0;
};

template <int W, class T>
__device__ kept_tokens most_likely(const row_scores<T>& row, const row_range& range, index_t top_k,
                                   double top_p) {
  kept_tokens kept;
  // (weight above, number above, number at) the threshold
  const auto tally = [&](std::uint32_t threshold) {
    several<3> sums{};
    row.template each<W>([&](index_t, const pack<float, W>& scores) {
      for (int w = 0; w < W; ++w) {
        const std::uint32_t order = order_of(scores.e[w]);
        if (order > threshold) sums.e[0] += static_cast<double>(row.weight(scores.e[w]));
        sums.e[1] += order > threshold ? 1 : 0;
        sums.e[2] += order == threshold ? 1 : 0;
      }
    });
    return block_sums(sums);
  };
  std::uint32_t low = order_of(range.smallest);
  const std::uint32_t high = order_of(range.largest);
  double total = 0;
  const bool some = top_k < row.cols;
  if (some) {
    kept.threshold = low = find_threshold<W>(row, low, high, static_cast<double>(top_k - 1),
                                             [](float) { return 1.0f; });
    const auto sums = tally(low);
    kept.ties = static_cast<double>(top_k) - sums.e[1];
    total = sums.e[0] + kept.ties * static_cast<double>(row.weight(number_at(low)));
  }
  if (top_p >= 1) return kept;
  if (!some) total = tally(0).e[0];
  const double limit = top_p * total;
  const std::uint32_t threshold =
      find_threshold<W>(row, low, high, limit, [&](float x) { return row.weight(x); });
  const auto sums = tally(threshold);
  const double at = some && threshold == low ? kept.ties : sums.e[2];
  const auto weight = static_cast<double>(row.weight(number_at(threshold)));
  const double needed = weight > 0 ? floor((limit - sums.e[0]) / weight) + 1 : at;
  return {threshold, fmin(fmax(needed, 1.0), at)};
}

}  // namespace zer0::gpu
