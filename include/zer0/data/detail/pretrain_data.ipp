// Bodies of zer0/data/pretrain_data.hpp.
#pragma once

#include <zer0/data/detail/packing.hpp>
#include <zer0/data/detail/parallel_pieces.hpp>
#include <zer0/data/prefetcher.hpp>
#include <zer0/data/pretrain_data.hpp>
#include <zer0/data/shuffle.hpp>

#include <algorithm>
#include <limits>
#include <vector>

namespace zer0 {

class pretrain_data::state {
 public:
  state(record_view<pretrain_records> view, document_encoder encode, data_options options)
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

  [[nodiscard]] index_t batches_per_epoch() const { return batches_; }

  [[nodiscard]] index_t tokens_per_epoch() const { return stream_.tokens(); }

  void seek(index_t epoch, index_t batch) {
    require(epoch >= 0, "epoch ", epoch, " is negative");
    require(batch >= 0 && batch <= batches_, "batch ", batch, " is not one of the ", batches_, " of an epoch");
    prefetcher_.seek(batch, batches_, [&] {
      order_ = {options_.shuffle, permutation(options_.seed, static_cast<std::uint64_t>(epoch), view_.size())};
      position_ = {};
      if (options_.packed) stream_.advance(position_, order_, batch * batch_tokens());
    });
  }

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

ZER0_INLINE pretrain_data::pretrain_data(record_view<pretrain_records> view, document_encoder encode,
                                         data_options options)
    : state_(std::make_unique<state>(std::move(view), std::move(encode), std::move(options))) {}

ZER0_INLINE pretrain_data::~pretrain_data() = default;

ZER0_INLINE index_t pretrain_data::records() const { return state_->records(); }
ZER0_INLINE index_t pretrain_data::batches_per_epoch() const { return state_->batches_per_epoch(); }
ZER0_INLINE index_t pretrain_data::tokens_per_epoch() const { return state_->tokens_per_epoch(); }
ZER0_INLINE void pretrain_data::seek(index_t epoch, index_t batch) { state_->seek(epoch, batch); }
ZER0_INLINE bool pretrain_data::next(token_batch& out) { return state_->next(out); }

}  // namespace zer0
