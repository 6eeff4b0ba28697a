// Choosing tokens on the cuda device: one block per row of logits. Nothing is sorted.
#pragma once

#include <zer0/core/sampling.hpp>
#include <zer0/device/detail/cuda/kept_tokens.cuh>

#include <cfloat>

namespace zer0 {
namespace gpu {

inline constexpr index_t most_penalized =
    700'000;  ///< the largest vocabulary whose bits fit into shared memory

struct choice_memory {
  unsigned char for_over_block[choice_warps * 32];
  double mass_above[choice_warps];
  std::int32_t at_threshold[choice_warps];
  std::uint32_t seen[1];  ///< a bit for each token of the vocabulary
};

/// Chooses the first kept token, in the order of the indices, at which the running sum of weights
/// exceeds u times their total. Each warp has a run of the row.
template <class T>
__device__ void draw_token(const row_scores<T>& row, const kept_tokens& kept, double u,
                           std::int32_t* chosen) {
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
    return memory.mass_above[w] +
           fmin(fmax(kept.ties - ties_before, 0.0), memory.at_threshold[w]) * tie;
  };
  double total = 0, ties = 0;
  for (int w = 0; w < choice_warps; ++w) {
    total += mass_of(w, ties);
    ties += memory.at_threshold[w];
  }
  const double target = u * total;
  // The run in which the target lies, and what comes before it. If rounding left the target in
  // none, the last run with any weight.
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
    const bool keep =
        order > kept.threshold || (j < last && order == kept.threshold &&
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
  float per_temperature;  ///< 1 / temperature; 0: the largest score wins
  float penalty;
  bool divides_all;
  std::uint64_t seed;
};

/// sampling_rows as the kernel takes them: with pointers, because kernels cannot call members of
/// std::span.
struct choice_rows {
  const std::int32_t* sequences;
  const std::int32_t* positions;
  const std::int32_t* starts;
  const std::int32_t* history;
};

template <int W, class T>
__global__ void choose_of_row(tensor_view<const T> logits, choice_rules rules, choice_rows rows,
                              std::int32_t* chosen) {
  choice_memory& memory = shared_memory<choice_memory>();
  const index_t i = blockIdx.x;
  const bool penalizes = rules.penalty != 1;
  if (penalizes) {
    for (index_t j = threadIdx.x; j < (logits.cols + 31) / 32; j += choice_threads)
      memory.seen[j] = 0;
    __syncthreads();
    for (index_t j = rows.starts[i] + static_cast<index_t>(threadIdx.x); j < rows.starts[i + 1];
         j += choice_threads) {
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
  if (rules.top_k < row.cols || rules.top_p < 1)
    kept = most_likely<W>(row, range, rules.top_k, rules.top_p);
  draw_token(row, kept, sampling_uniform(rules.seed, rows.sequences[i], rows.positions[i]),
             chosen + i);
}

}  // namespace gpu

/// Computes in float, with sums in double; logits with a penalty are divided in float. With a
/// repetition penalty the vocabulary may have at most 700,000 tokens. Throws zer0::error if it has
/// more, and for rules out of range.
template <class Real>
void choose_tokens(basic_cuda<Real>& d, const sampling& rules, const_view<basic_cuda<Real>> logits,
                   const sampling_rows& rows, std::span<std::int32_t> tokens) {
  using namespace gpu;
  rules.check();
  if (logits.rows == 0) return;
  const bool penalizes = rules.repetition_penalty != 1;
  require(!penalizes || logits.cols <= most_penalized,
          "cuda: a repetition penalty over a vocabulary of ", logits.cols, "; at most ",
          most_penalized, " tokens; set repetition_penalty to 1");
  const choice_rules r{
      .top_k = rules.top_k > 0 ? std::min(rules.top_k, logits.cols) : logits.cols,
      .top_p = rules.top_p,
      .per_temperature = static_cast<float>(
          rules.temperature == 0 ? 0 : std::min<double>(1 / rules.temperature, FLT_MAX)),
      .penalty = static_cast<float>(rules.repetition_penalty),
      .divides_all = rules.rule == repetition_rule::reference,
      .seed = rules.seed};
  const std::size_t bits =
      penalizes ? static_cast<std::size_t>((logits.cols + 31) / 32) * sizeof(std::uint32_t) : 0;
  constexpr int w = elements_at_once<Real>;
  launch(d, "choose_tokens", packs<w>(logits) ? &choose_of_row<w, Real> : &choose_of_row<1, Real>,
         dim3(static_cast<unsigned>(logits.rows)), dim3(choice_threads),
         sizeof(choice_memory) + bits, logits, r,
         choice_rows{rows.sequences.data(), rows.positions.data(), rows.starts.data(),
                     rows.history.data()},
         tokens.data());
}

}  // namespace zer0
