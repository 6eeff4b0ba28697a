// The engine behind pretrain_data, sft_data and preference_data: measuring, order, packing,
// padding, preparing batches ahead.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/detail/permutation.hpp>
#include <zer0/data/detail/prefetcher.hpp>
#include <zer0/data/detail/row_packing.hpp>
#include <zer0/data/detail/sample_measure.hpp>
#include <zer0/data/detail/sample_source.hpp>
#include <zer0/data/records.hpp>

#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace zer0::detail {

/// Which record stands at position i of the epoch.
struct record_order {
  bool shuffled = false;
  permutation shuffle{};

  [[nodiscard]] index_t operator()(index_t i) const { return shuffled ? shuffle(i) : i; }
};

/// A place in the stream of an epoch: before token `token` of the sample at position `sample`.
struct stream_position {
  index_t sample = 0;
  index_t token = 0;
};

/// A sample that several batches share: the first of them that needs it encodes it for all.
class shared_sample {
 public:
  template <class Read>
  const sample& get(Read read) {
    const std::lock_guard lock(mutex_);
    if (!read_) read(sample_);
    read_ = true;
    return sample_;
  }

 private:
  std::mutex mutex_;
  bool read_ = false;
  sample sample_;
};

/// Makes batches of the samples of a source. A sample is encoded once an epoch. If samples are
/// measured, each is also encoded once before the first epoch, unless the counts of an earlier run
/// are kept. The order of the samples is a function of (seed, epoch), and what comes out does not
/// depend on the number of workers. Memory: 4 bytes a record if measured; 4 a sample, but for the
/// stream; 4 a row if samples share rows. Throws: zer0::error for options out of range, and naming
/// file and line for what cannot be encoded.
class sample_engine {
 public:
  sample_engine(sample_source source, engine_options options);

  [[nodiscard]] const sample_source& source() const { return source_; }
  /// All zero if nothing is measured.
  [[nodiscard]] const sample_counts& counts() const { return measured_.counts; }
  [[nodiscard]] index_t batches_per_epoch() const {
    return (rows_per_epoch() + options_.batch_size - 1) / options_.batch_size;
  }

  /// Without a seek the first batch is number 0 of epoch 0.
  void seek(index_t epoch, index_t batch);
  bool next(token_batch& out);

  /// Sample i in the order of the file, cut as it is trained on.
  [[nodiscard]] sample at(index_t i) const;

  /// A batch of up to batch_size rows from row `first` on, in the order of the file.
  void in_order(index_t first, token_batch& out) const;

  /// Sets one number for each sequence of each sample, in the order of the file. No batch comes out
  /// before the next `seek`.
  void set_references(std::vector<double> references);
  [[nodiscard]] bool has_references() const { return references_ != nullptr; }

 private:
  struct job {
    record_order order;
    index_t first = 0;  ///< position of the first row in the order; the stream has `from` instead
    index_t rows = 0;
    std::shared_ptr<const std::vector<double>> references;
    stream_position from;
    std::shared_ptr<shared_sample> begun;  ///< the sample that the batch begins inside of, if any
    std::shared_ptr<shared_sample> unfinished;  ///< the sample that it ends inside of, if any
  };
  struct worker {
    sample_source::reader read;
    sample memory;
  };

  [[nodiscard]] bool is_stream() const { return options_.layout == sample_layout::stream; }
  [[nodiscard]] index_t rows_per_epoch() const;
  [[nodiscard]] index_t length(index_t record) const {
    return static_cast<index_t>(measured_.lengths[static_cast<std::size_t>(record)]);
  }

  void arrange();

  /// Puts a record's sample into `out`, cut as it was when it was measured.
  void read(index_t record, const sample_source::reader& reader, sample& out) const;

  void start(index_t epoch, index_t batch);
  [[nodiscard]] job plan(index_t batch);
  void advance(stream_position& at, index_t tokens) const;
  void build_rows(const job& j, worker& w, token_batch& out) const;
  void build_stream(const job& j, worker& w, token_batch& out) const;
  void append(const encoded_conversation& s, token_batch& out) const;

  sample_source source_;
  engine_options options_;
  sample_measure measured_;
  packed_rows rows_;  // records of each row; empty: record i is row i
  std::shared_ptr<const std::vector<double>> references_;
  std::vector<worker> workers_;
  bool started_ = false;
  record_order order_;  // of the epoch; this and what follows change only where batches are planned
  stream_position position_;              // where the next batch of the stream begins
  std::shared_ptr<shared_sample> begun_;  // the sample inside which that batch begins
  prefetcher<token_batch, job> prefetcher_;
};

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/data/detail/sample_engine.ipp>
#endif
