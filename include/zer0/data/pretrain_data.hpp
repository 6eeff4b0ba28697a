// Batches to pretrain on, from records of text.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/document_encoder.hpp>
#include <zer0/data/packing.hpp>
#include <zer0/data/parallel_pieces.hpp>
#include <zer0/data/prefetcher.hpp>
#include <zer0/data/pretrain_records.hpp>
#include <zer0/data/record_view.hpp>
#include <zer0/data/shuffle.hpp>

#include <algorithm>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace zer0 {

struct data_options {
  index_t batch_size = 32;  ///< rows of a batch
  index_t seq = 512;        ///< tokens of a row
  bool packed = false;      ///< documents one after another, instead of one a row and padding
  bool shuffle = true;      ///< a new order each epoch
  std::uint64_t seed = 0;   ///< of the order
  int num_workers = 1;      ///< threads that prepare batches; 0: the caller does. What comes out is the same.
  std::function<void(double)> progress = {};  ///< packed: told how much of the data is counted, on the calling thread
};

/// Cuts documents (bos + text + eos) into batches of at most batch_size rows of seq tokens. The target of a token is
/// the one after it in its document; weights are 1 where there is one. The order of the documents is a function of
/// (seed, epoch).
///
/// Padded: a document a row. It is cut to seq + 1 tokens (what is cut away, eos too, is not trained on), and pad tokens
/// of weight 0 fill the row. The last batch of an epoch may have fewer rows.
///
/// Packed: the documents of the epoch form one stream, which is cut into rows of seq tokens. `starts` has every
/// document's and every row's first token, so documents do not see each other and one that goes on in the next row goes
/// on as a new sequence. A document's last token has no target (weight 0). Only the last row of the epoch is padded.
/// The constructor tokenizes all records once to count the batches. Memory: 4 bytes a record.
///
/// Throws: zer0::error for options out of range, and from `next` for a text that cannot be encoded, naming file and
/// line.
class pretrain_data {
 public:
  /// The records and the tokenizer (zer0::tokenizer, or what document_encoder takes) must outlive this object.
  template <class Tokenizer>
  pretrain_data(record_view<pretrain_records> view, const Tokenizer& tokenizer, data_options options)
      : pretrain_data(std::move(view), document_encoder(tokenizer), std::move(options)) {}

  pretrain_data(record_view<pretrain_records> view, document_encoder encode, data_options options)
      : view_(std::move(view)),
        encode_(std::move(encode)),
        options_(checked(std::move(options))),
        stream_(options_.packed ? count_tokens() : std::vector<std::uint32_t>()),
        encoders_(static_cast<std::size_t>(std::max(1, options_.num_workers))),
        batches_(count_batches()),
        prefetcher_(
            options_.num_workers, [this](index_t batch) { return plan(batch); },
            [this](const job& j, int worker, token_batch& out) { build(j, worker, out); }) {
    seek(0, 0);
  }

  [[nodiscard]] index_t records() const { return view_.size(); }

  /// How many batches `next` gives in an epoch; the same for all epochs.
  [[nodiscard]] index_t batches_per_epoch() const { return batches_; }

  /// Tokens of an epoch, padding not counted. Known when packed, else 0.
  [[nodiscard]] index_t tokens_per_epoch() const { return stream_.tokens(); }

  /// The coming batch is number `batch` of epoch `epoch`. Padded: at once. Packed: adds up token counts up to there.
  void seek(index_t epoch, index_t batch) {
    require(epoch >= 0, "epoch ", epoch, " is negative");
    require(batch >= 0 && batch <= batches_, "batch ", batch, " is not one of the ", batches_, " of an epoch");
    prefetcher_.seek(batch, batches_, [&] {
      order_ = {options_.shuffle, permutation(options_.seed, static_cast<std::uint64_t>(epoch), view_.size())};
      position_ = {};
      if (options_.packed) stream_.advance(position_, order_, batch * batch_tokens());
    });
  }

  /// The next batch of the epoch; false at its end, until the next `seek`. Takes over the memory of `out`.
  bool next(token_batch& out) { return prefetcher_.next(out); }

 private:
  struct job {
    detail::record_order order;
    detail::stream_position from;  ///< packed
    index_t first = 0;             ///< padded: position in the order of the first row's record
    index_t rows = 0;
  };

  [[nodiscard]] static data_options checked(data_options options) {
    require(options.batch_size >= 1, "batch_size is ", options.batch_size, "; it must be at least 1");
    require(options.seq >= 1, "seq is ", options.seq, "; it must be at least 1");
    constexpr index_t most = std::numeric_limits<std::int32_t>::max();
    require(options.batch_size <= most / options.seq, "batch_size (", options.batch_size, ") times seq (", options.seq,
            ") is over ", most, " tokens");
    require(options.num_workers >= 0, "num_workers is ", options.num_workers, "; it must be 0 or more");
    return options;
  }

  [[nodiscard]] index_t batch_tokens() const { return options_.batch_size * options_.seq; }

  [[nodiscard]] index_t rows_per_epoch() const {
    return options_.packed ? (stream_.tokens() + options_.seq - 1) / options_.seq : view_.size();
  }

  [[nodiscard]] index_t count_batches() const {
    require(!options_.packed || stream_.tokens() > 0, view_.records().name(), ": its texts have no tokens");
    return (rows_per_epoch() + options_.batch_size - 1) / options_.batch_size;
  }

  [[nodiscard]] std::vector<std::uint32_t> count_tokens() const {
    std::vector<std::uint32_t> counts(static_cast<std::size_t>(view_.size()));
    const auto count = [&](index_t begin, index_t end) {
      detail::record_encoder<pretrain_records> encoder;
      for (index_t i = begin; i < end; ++i)
        counts[static_cast<std::size_t>(i)] =
            static_cast<std::uint32_t>(encoder.tokens(view_.records(), encode_, view_[i]).size());
      return true;
    };
    const auto progress = [&](index_t done) {
      if (options_.progress) options_.progress(static_cast<double>(done) / static_cast<double>(view_.size()));
    };
    constexpr index_t piece = 32;
    detail::parallel_pieces(view_.size(), piece, options_.num_workers, count, progress);
    return counts;
  }

  job plan(index_t batch) {
    const index_t first = batch * options_.batch_size;
    const index_t rows = std::min(options_.batch_size, rows_per_epoch() - first);
    job result{order_, position_, first, rows};
    if (options_.packed) stream_.advance(position_, order_, rows * options_.seq);
    return result;
  }

  void build(const job& j, int worker, token_batch& out) {
    auto& encoder = encoders_[static_cast<std::size_t>(worker)];
    const auto tokens_at = [&](index_t position) -> const std::vector<token_id>& {
      const index_t i = j.order(position);
      const auto& tokens = encoder.tokens(view_.records(), encode_, view_[i]);
      if (options_.packed && static_cast<index_t>(tokens.size()) != stream_.length(i))
        fail(view_.records().where(view_[i]), ": the file was changed while it was in use");
      return tokens;
    };
    detail::clear_batch(out, j.rows * options_.seq, encode_.pad());
    if (options_.packed) {
      detail::fill_packed(out, options_.seq, j.from, view_.size(), tokens_at);
    } else {
      detail::fill_padded(out, options_.seq, j.first, j.rows, tokens_at);
    }
  }

  record_view<pretrain_records> view_;
  document_encoder encode_;
  data_options options_;
  detail::token_stream stream_;
  std::vector<detail::record_encoder<pretrain_records>> encoders_;  // one a worker
  index_t batches_;
  detail::record_order order_;        // of the epoch; both change only where the prefetcher plans
  detail::stream_position position_;  // packed: where the next batch to plan begins
  prefetcher<token_batch, job> prefetcher_;
};

}  // namespace zer0
