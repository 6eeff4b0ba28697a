// What pretrain_data, sft_data and preference_data have in common.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <memory>

namespace zer0 {

namespace detail {
class sample_engine;
}

/// Batches of an epoch in order, from anywhere. They are a function of the data, the options and
/// the epoch, whatever the number of workers. A record is read, parsed and encoded once an epoch,
/// and once when the object is made if its length has to be known; not even then if the records
/// keep their counts (open_options::counts_in). For one thread; workers prepare the batches.
class sample_batches {
 public:
  sample_batches(const sample_batches&) = delete;
  sample_batches& operator=(const sample_batches&) = delete;

  /// How many records there are, those that are left out too.
  [[nodiscard]] index_t records() const;

  /// How many batches `next` gives in an epoch; the same for all epochs.
  [[nodiscard]] index_t batches_per_epoch() const;

  /// The coming batch is number `batch` of epoch `epoch`. At once; for packed texts by adding up
  /// their lengths. Throws: zer0::error if there is no such batch.
  void seek(index_t epoch, index_t batch);

  /// The next batch of the epoch, from the first of epoch 0 on without a `seek`; false at its end,
  /// until the next `seek`. Takes over the memory of `out`. Throws: zer0::error naming file and
  /// line for what cannot be encoded, and for a file that was changed meanwhile.
  bool next(token_batch& out);

 protected:
  explicit sample_batches(std::unique_ptr<detail::sample_engine> engine);
  ~sample_batches();

  [[nodiscard]] detail::sample_engine& engine() { return *engine_; }
  [[nodiscard]] const detail::sample_engine& engine() const { return *engine_; }

 private:
  std::unique_ptr<detail::sample_engine> engine_;  // stays where it is: threads work on it
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/sample_batches.ipp>
#endif
