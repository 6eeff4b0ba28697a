// Bodies of zer0/data/detail/work_through.hpp.
#pragma once

#include <zer0/data/detail/work_through.hpp>

#include <algorithm>
#include <atomic>
#include <exception>
#include <limits>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace zer0::detail {

ZER0_INLINE void work_through(index_t n, index_t piece, int workers,
                              const std::function<bool(index_t, index_t)>& work,
                              const std::function<void(index_t)>& progress) {
  std::atomic<index_t> next{0};
  std::atomic<index_t> done{0};
  std::atomic<bool> stop{false};
  std::mutex mutex;
  std::pair<index_t, std::exception_ptr> failure{std::numeric_limits<index_t>::max(), nullptr};

  const auto run = [&](bool report) {
    while (!stop) {
      const index_t begin = next.fetch_add(piece);
      if (begin >= n) return;
      const index_t end = std::min(n, begin + piece);
      try {
        if (!work(begin, end)) stop = true;
      } catch (...) {
        stop = true;
        const std::lock_guard lock(mutex);
        if (begin < failure.first) failure = {begin, std::current_exception()};
      }
      done += end - begin;
      if (report && !stop) progress(done.load());
    }
  };

  {
    std::vector<std::jthread>
        threads;  // they join at the end of this block, also when `progress` throws
    const index_t pieces = (n + piece - 1) / piece;
    for (index_t i = 1; i < std::min<index_t>(workers, pieces); ++i)
      threads.emplace_back(run, false);
    try {
      run(true);
    } catch (...) {
      stop = true;
      throw;
    }
  }
  if (failure.second) std::rethrow_exception(failure.second);
  if (!stop) progress(n);
}

}  // namespace zer0::detail
