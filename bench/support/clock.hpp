// Seconds, and the best of several runs.
#pragma once

#include <algorithm>
#include <chrono>

namespace bench {

using clock = std::chrono::steady_clock;
inline double seconds_since(clock::time_point start) {
  return std::chrono::duration<double>(clock::now() - start).count();
}

/// The best of a few short runs: what the machine can do when nothing disturbs it.
template <class F>
double best_of(int runs, F f) {
  double best = 0;
  for (int i = 0; i < runs; ++i) best = std::max(best, f());
  return best;
}

}  // namespace bench
