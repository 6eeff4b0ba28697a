// Choosing tokens on the cuda device: a block a row, nothing is sorted.
#pragma once

#include <zer0/core/sampling.hpp>
#include <zer0/device/cuda/elements.cuh>

#include <bit>
#include <cfloat>

namespace zer0 {
namespace gpu {

// The tokens are ordered by score, equal ones by index, and some first ones of this order are kept: those above a
// threshold and the first few at it. The threshold is looked for among the bits of a float, each pass over the row
// trying several, so that no pass depends on how the scores are spread. Sums have one order: warps and lanes in turn.

inline constexpr int choice_threads = 512;
inline constexpr int choice_warps = choice_threads / warp_size;
inline constexpr int thresholds_at_once = 3;
inline constexpr index_t most_penalized = 700'000;  ///< tokens of a vocabulary whose bits fit into shared memory

struct choice_memory {
  unsigned char for_over_block[choice_warps * 32];
  double mass_above[choice_warps];
  std::int32_t at_threshold[choice_warps];
  std::uint32_t seen[1];  ///< a bit for each token of the vocabulary
};

/// Floats in their order as integers; both zeros are one.
__device__ inline std::uint32_t order_of(float x) {
  const auto bits = std::bit_cast<std::uint32_t>(x == 0 ? 0.0f : x);
  return bits & 0x80000000u ? ~bits : bits | 0x80000000u;
}
__device__ inline float number_at(std::uint32_t order) {
  return std::bit_cast<float>(order & 0x80000000u ? order & 0x7fffffffu : ~order);
}

/// The scores of a row: logits after the repetition penalty.
template <class T>
struct row_scores {
  const T* logits;
  index_t cols;
  const std::uint32_t* seen;  ///< null: no penalty
  float penalty;
  bool divides_all;
  float per_temperature;
  float largest = 0;

  __device__ float penalized(T logit, index_t j) const {
    const float x = number(logit);
    if (seen == nullptr || (seen[j / 32] >> (j % 32) & 1u) == 0) return x;
    return x > 0 || divides_all ? x / penalty : x * penalty;
  }
  /// Relative to that of the largest score.
  __device__ float weight(float score) const {
    return score == largest ? 1.0f : expf((score - largest) * per_temperature);
  }
  /// f(first column, scores) for each pack of this thread.
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
    mine = together(
        mine,
        {__shfl_xor_sync(whole_warp, mine.largest, mask), __shfl_xor_sync(whole_warp, mine.smallest, mask),
         __shfl_xor_sync(whole_warp, mine.first_largest, mask), __shfl_xor_sync(whole_warp, mine.not_numbers, mask)});
  return over_block<choice_threads>(mine, [](const row_range& a, const row_range& b) { return together(a, b); });
}

/// The largest threshold in (low, high] such that value(score) summed over the scores at or above it exceeds `limit`;
/// low if there is none.
template <int W, class T, class Value>
__device__ std::uint32_t find_threshold(const row_scores<T>& row, std::uint32_t low, std::uint32_t high, double limit,
                                        Value value) {
  while (low < high) {
    constexpr int n = thresholds_at_once;
    std::uint32_t tried[n];
    for (int i = 0; i < n; ++i)
      tried[i] =
          low + static_cast<std::uint32_t>((std::uint64_t{high - low} * static_cast<unsigned>(i + 1) + n) / (n + 1));
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

/// Which tokens are kept: all above the threshold and the first `ties` at it.
struct kept_tokens {
  std::uint32_t threshold = 0;
  double ties = 0;
};

template <int W, class T>
__device__ kept_tokens most_likely(const row_scores<T>& row, const row_range& range, index_t top_k, double top_p) {
  kept_tokens kept;
  // (weight above, number above, number at) a threshold
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
    kept.threshold = low =
        find_threshold<W>(row, low, high, static_cast<double>(top_k - 1), [](float) { return 1.0f; });
    const auto sums = tally(low);
    kept.ties = static_cast<double>(top_k) - sums.e[1];
    total = sums.e[0] + kept.ties * static_cast<double>(row.weight(number_at(low)));
  }
  if (top_p >= 1) return kept;
  if (!some) total = tally(0).e[0];
  const double limit = top_p * total;
  const std::uint32_t threshold = find_threshold<W>(row, low, high, limit, [&](float x) { return row.weight(x); });
  const auto sums = tally(threshold);
  const double at = some && threshold == low ? kept.ties : sums.e[2];
  const auto weight = static_cast<double>(row.weight(number_at(threshold)));
  const double needed = weight > 0 ? floor((limit - sums.e[0]) / weight) + 1 : at;
  return {threshold, fmin(fmax(needed, 1.0), at)};
}

/// The first kept token, in the order of the indices, at which the running sum of weights exceeds u times the sum of
/// all. Each warp has a run of the row.
template <class T>
__device__ void draw_token(const row_scores<T>& row, const kept_tokens& kept, double u, std::int32_t* chosen) {
  choice_memory& memory = shared_memory<choice_memory>();
  const auto warp = static_cast<int>(threadIdx.x / warp_size);
  const auto lane = static_cast<int>(threadIdx.x % warp_size);
  const index_t run = (row.cols + choice_warps - 1) / choice_warps;
  const index_t first = warp * run, last = first + run < row.cols ? first + run : row.cols;
  double above = 0;
  std::int32_t at = 0;
  for (index_t j = first + lane; j < last; j += warp_size) {
    const float score = row.penalized(row.logits[j], j);
    const std::uint32_t order = order_of(score);
    if (order > kept.threshold) above += static_cast<double>(row.weight(score));
    at += order == kept.threshold ? 1 : 0;
  }
  above = warp_sum(above);
  for (int mask = warp_size / 2; mask > 0; mask /= 2) at += __shfl_xor_sync(whole_warp, at, mask);
  if (lane == 0) {
    memory.mass_above[warp] = above;
    memory.at_threshold[warp] = at;
  }
  __syncthreads();

  const double tie = kept.ties > 0 ? static_cast<double>(row.weight(number_at(kept.threshold))) : 0;
  const auto mass_of = [&](int w, double ties_before) {
    return memory.mass_above[w] + fmin(fmax(kept.ties - ties_before, 0.0), memory.at_threshold[w]) * tie;
  };
  double total = 0, ties = 0;
  for (int w = 0; w < choice_warps; ++w) {
    total += mass_of(w, ties);
    ties += memory.at_threshold[w];
  }
  const double target = u * total;
  // The run in which the target lies, and what comes before it. The last one with any weight if rounding left none.
  int winner = 0;
  double before = 0, ties_before = 0, running = 0;
  ties = 0;
  for (int w = 0; w < choice_warps; ++w) {
    const double mass = mass_of(w, ties);
    if (mass > 0) {
      winner = w;
      before = running;
      ties_before = ties;
    }
    running += mass;
    ties += memory.at_threshold[w];
    if (mass > 0 && target < running) break;
  }
  if (warp != winner) return;
  index_t token = first;
  for (index_t j0 = first; j0 < last; j0 += warp_size) {
    const index_t j = j0 + lane;
    const float score = j < last ? row.penalized(row.logits[j], j) : 0;
    const std::uint32_t order = j < last ? order_of(score) : 0;
    const unsigned at_now = __ballot_sync(whole_warp, j < last && order == kept.threshold);
    const bool keep = order > kept.threshold || (j < last && order == kept.threshold &&
                                                 ties_before + __popc(at_now & ((1u << lane) - 1)) < kept.ties);
    const double weight = keep ? static_cast<double>(row.weight(score)) : 0;
    double sum = weight;
    for (int by = 1; by < warp_size; by *= 2) {
      const double below = __shfl_up_sync(whole_warp, sum, by);
      if (lane >= by) sum += below;
    }
    const unsigned possible = __ballot_sync(whole_warp, weight > 0);
    const unsigned hit = __ballot_sync(whole_warp, weight > 0 && target < before + sum);
    if (hit != 0) {
      token = j0 + __popc((hit & (~hit + 1)) - 1);  // the lowest lane
      break;
    }
    if (possible != 0) token = j0 + 31 - __clz(static_cast<int>(possible));
    before += __shfl_sync(whole_warp, sum, warp_size - 1);
    ties_before += __popc(at_now);
  }
  if (lane == 0) *chosen = static_cast<std::int32_t>(token);
}

struct choice_rules {
  index_t top_k;
  double top_p;
  float per_temperature;  ///< 0: the largest score wins
  float penalty;
  bool divides_all;
  std::uint64_t seed;
};

template <int W, class T>
__global__ void choose_of_row(tensor_view<const T> logits, choice_rules rules, sampling_rows rows,
                              std::int32_t* chosen) {
  choice_memory& memory = shared_memory<choice_memory>();
  const index_t i = blockIdx.x;
  const bool penalizes = rules.penalty != 1;
  if (penalizes) {
    for (index_t j = threadIdx.x; j < (logits.cols + 31) / 32; j += choice_threads) memory.seen[j] = 0;
    __syncthreads();
    for (index_t j = rows.starts[i] + static_cast<index_t>(threadIdx.x); j < rows.starts[i + 1]; j += choice_threads) {
      const std::int32_t token = rows.history[j];
      if (token >= 0 && token < logits.cols) atomicOr(&memory.seen[token / 32], 1u << (token % 32));
    }
    __syncthreads();
  }
  row_scores<T> row{logits.row(i), logits.cols,       penalizes ? memory.seen : nullptr,
                    rules.penalty, rules.divides_all, rules.per_temperature};
  const row_range range = range_of<W>(row);
  row.largest = range.largest;
  if (range.not_numbers != 0 || rules.per_temperature == 0) {
    if (threadIdx.x == 0) chosen[i] = range.not_numbers != 0 ? no_token : range.first_largest;
    return;
  }
  kept_tokens kept;
  if (rules.top_k < row.cols || rules.top_p < 1) kept = most_likely<W>(row, range, rules.top_k, rules.top_p);
  draw_token(row, kept, sampling_uniform(rules.seed, rows.sequences[i], rows.positions[i]), chosen + i);
}

}  // namespace gpu

/// In float, sums in double; logits that a penalty touches are divided in float. A vocabulary of more than 700,000
/// allows no repetition penalty. Throws zer0::error for that and for rules out of range.
template <class Real>
void choose_tokens(basic_cuda<Real>& d, const sampling& rules, const_view<basic_cuda<Real>> logits,
                   const sampling_rows& rows, std::span<std::int32_t> tokens) {
  using namespace gpu;
  rules.check();
  if (logits.rows == 0) return;
  const bool penalizes = rules.repetition_penalty != 1;
  require(!penalizes || logits.cols <= most_penalized, "cuda: a repetition penalty over a vocabulary of ", logits.cols,
          "; at most ", most_penalized, " tokens; set repetition_penalty to 1");
  const choice_rules r{.top_k = rules.top_k > 0 ? std::min(rules.top_k, logits.cols) : logits.cols,
                       .top_p = rules.top_p,
                       .per_temperature = static_cast<float>(
                           rules.temperature == 0 ? 0 : std::min<double>(1 / rules.temperature, FLT_MAX)),
                       .penalty = static_cast<float>(rules.repetition_penalty),
                       .divides_all = rules.rule == repetition_rule::reference,
                       .seed = rules.seed};
  const std::size_t bits = penalizes ? static_cast<std::size_t>((logits.cols + 31) / 32) * sizeof(std::uint32_t) : 0;
  constexpr int w = elements_at_once<Real>;
  launch(d, "choose_tokens", packs<w>(logits) ? &choose_of_row<w, Real> : &choose_of_row<1, Real>,
         dim3(static_cast<unsigned>(logits.rows)), dim3(choice_threads), sizeof(choice_memory) + bits, logits, r, rows,
         tokens.data());
}

}  // namespace zer0
