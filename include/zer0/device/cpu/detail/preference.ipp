// Bodies of zer0/device/cpu/preference.hpp.
#pragma once

#include <zer0/device/cpu/detail/parallel.hpp>
#include <zer0/device/cpu/preference.hpp>

namespace zer0 {
namespace detail {

/// Calls f(s, its first token, behind its last) for each sequence.
template <class F>
void for_sequences(id_span starts, index_t tokens, F f) {
  const index_t n = static_cast<index_t>(starts.size()) - 1;
  parallel_for(n, n > 0 ? tokens / n : 0, [&](index_t s) {
    const auto at = static_cast<std::size_t>(s);
    f(at, static_cast<std::size_t>(starts[at]), static_cast<std::size_t>(starts[at + 1]));
  });
}

}  // namespace detail

ZER0_INLINE void sum_sequences(cpu&, id_span starts, std::span<const float> x, std::span<double> sums) {
  detail::for_sequences(starts, static_cast<index_t>(x.size()),
                        [&](std::size_t s, std::size_t first, std::size_t last) {
                          double total = 0;
                          for (std::size_t i = first; i < last; ++i) total += static_cast<double>(x[i]);
                          sums[s] = total;
                        });
}

ZER0_INLINE void scale_sequences(cpu&, id_span starts, std::span<const double> factors, std::span<const float> x,
                                 std::span<float> y) {
  detail::for_sequences(starts, static_cast<index_t>(x.size()),
                        [&](std::size_t s, std::size_t first, std::size_t last) {
                          const auto factor = static_cast<float>(factors[s]);
                          for (std::size_t i = first; i < last; ++i) y[i] = factor * x[i];
                        });
}

}  // namespace zer0
