// Building batches ahead of their use.
#pragma once

#include <zer0/core/types.hpp>

#include <algorithm>
#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace zer0::detail {

/// Hands out batches number first, first + 1, ... in order, built by `workers` threads in a ring of
/// two batches a worker (0 workers: built by the caller when asked for). What comes out does not
/// depend on the number of workers. A batch is made in two steps: `plan(number)` says what goes in;
/// it is called in the order of the numbers, one at a time, so it may carry state along and should
/// be quick. `build(job, worker, batch)` does the work, concurrently with others; `worker` is below
/// max(1, workers).
template <class Batch, class Job>
class prefetcher {
 public:
  using plan_function = std::function<Job(index_t)>;
  using build_function = std::function<void(const Job&, int, Batch&)>;

  prefetcher(int workers, plan_function plan, build_function build)
      : plan_(std::move(plan)),
        build_(std::move(build)),
        slots_(static_cast<std::size_t>(2 * std::max(workers, 0))) {
    try {
      for (int i = 0; i < workers; ++i) threads_.emplace_back([this, i] { work(i); });
    } catch (...) {
      stop();
      throw;
    }
  }

  prefetcher(const prefetcher&) = delete;
  prefetcher& operator=(const prefetcher&) = delete;
  ~prefetcher() { stop(); }

  /// Goes on with the batches numbered first to end - 1. `restart` runs while no `plan` does.
  template <class Restart>
  void seek(index_t first, index_t end, Restart restart) {
    {
      const std::lock_guard lock(mutex_);
      restart();
      ++generation_;  // batches that are still being built are discarded
      planned_ = taken_ = first;
      end_ = end;
      failure_ = nullptr;
      for (slot& s : slots_) s.ready = false;
    }
    room_.notify_all();
  }

  /// Swaps the next batch with `out`, so that memory is used again; false if there is none. If
  /// building that batch threw, rethrows the exception, at every call until the next `seek`. One
  /// thread at a time may call it.
  bool next(Batch& out) {
    if (slots_.empty()) return build_here(out);
    {
      std::unique_lock lock(mutex_);
      if (taken_ == end_) return false;
      slot& s = slot_of(taken_);
      ready_.wait(lock, [&] { return s.ready; });
      if (s.failure) std::rethrow_exception(s.failure);
      std::swap(out, s.batch);
      s.ready = false;
      ++taken_;
    }
    room_.notify_one();
    return true;
  }

 private:
  struct slot {
    Batch batch{};
    std::exception_ptr failure{};
    bool ready = false;
  };

  [[nodiscard]] slot& slot_of(index_t number) {
    return slots_[static_cast<std::size_t>(number) % slots_.size()];
  }

  bool build_here(Batch& out) {
    if (taken_ == end_) return false;
    if (failure_) std::rethrow_exception(failure_);
    try {
      build_(plan_(taken_), 0, out);
    } catch (...) {
      failure_ = std::current_exception();
      throw;
    }
    ++taken_;
    return true;
  }

  void work(int worker) {
    Batch batch{};
    std::unique_lock lock(mutex_);
    while (true) {
      room_.wait(lock, [&] {
        return stopped_ ||
               (planned_ < end_ && planned_ < taken_ + static_cast<index_t>(slots_.size()));
      });
      if (stopped_) return;
      const std::uint64_t generation = generation_;
      const index_t number = planned_++;
      const std::exception_ptr failure = make(lock, number, worker, batch);
      if (generation != generation_) continue;
      slot& s = slot_of(number);
      std::swap(s.batch, batch);
      s.failure = failure;
      s.ready = true;
      ready_.notify_one();
    }
  }

  /// Plans a batch under the lock, builds it without the lock, and takes the lock again; returns
  /// what was thrown, or null.
  std::exception_ptr make(std::unique_lock<std::mutex>& lock, index_t number, int worker,
                          Batch& batch) {
    std::exception_ptr failure;
    try {
      const Job job = plan_(number);
      lock.unlock();
      build_(job, worker, batch);
    } catch (...) {
      failure = std::current_exception();
    }
    if (!lock.owns_lock()) lock.lock();
    return failure;
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    room_.notify_all();
    threads_.clear();  // joins
  }

  plan_function plan_;
  build_function build_;
  std::vector<slot> slots_;  // empty: no workers
  std::mutex mutex_;
  std::condition_variable room_;   // a batch may be planned
  std::condition_variable ready_;  // a batch was built
  std::uint64_t generation_ = 0;
  index_t planned_ = 0;
  index_t taken_ = 0;
  index_t end_ = 0;
  bool stopped_ = false;
  std::exception_ptr failure_;  // of build_here
  std::vector<std::jthread> threads_;
};

}  // namespace zer0::detail
