// Bodies of zer0/data/sft_data.hpp.
#pragma once

#include <zer0/data/detail/packing.hpp>
#include <zer0/data/detail/parallel_pieces.hpp>
#include <zer0/data/detail/row_packing.hpp>
#include <zer0/data/prefetcher.hpp>
#include <zer0/data/sft_data.hpp>
#include <zer0/data/shuffle.hpp>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>
#include <vector>

namespace zer0 {

class sft_data::state {
 public:
  state(record_view<chat_records> view, conversation_encoder encode, sft_options options)
      : view_(std::move(view)),
        encode_(std::move(encode)),
        options_(checked(std::move(options))),
        lengths_(measure()),
        rows_(options_.packed ? pack_rows(lengths_, static_cast<std::uint32_t>(options_.seq)) : one_a_row()),
        workers_(static_cast<std::size_t>(std::max(1, options_.num_workers))),
        prefetcher_(
            options_.num_workers,
            [this](index_t batch) {
              return job{order_, batch * options_.batch_size};
            },
            [this](const job& j, int number, token_batch& out) { build(j, number, out); }) {
    seek(0, 0);
  }

  [[nodiscard]] index_t records() const { return view_.size(); }
  [[nodiscard]] const sft_counts& counts() const { return counts_; }

  [[nodiscard]] index_t batches_per_epoch() const {
    return (rows_.size() + options_.batch_size - 1) / options_.batch_size;
  }

  void seek(index_t epoch, index_t batch) {
    require(epoch >= 0, "epoch ", epoch, " is negative");
    require(batch >= 0 && batch <= batches_per_epoch(), "batch ", batch, " is not one of the ", batches_per_epoch(),
            " of an epoch");
    prefetcher_.seek(batch, batches_per_epoch(), [&] {
      order_ = {options_.shuffle, permutation(options_.seed, static_cast<std::uint64_t>(epoch), rows_.size())};
    });
  }

  bool next(token_batch& out) { return prefetcher_.next(out); }

  [[nodiscard]] encoded_conversation sample(index_t i) const {
    index_t record = 0;
    for (index_t left = i; record < view_.size(); ++record)
      if (lengths_[static_cast<std::size_t>(record)] > 0 && left-- == 0) break;
    require(i >= 0 && record < view_.size(), "there is no sample ", i, " among ", counts_.samples);
    worker w;
    encode(record, w);
    return std::move(w.tokens);
  }

 private:
  struct job {
    detail::record_order order;
    index_t first = 0;  ///< position in the order of the first row
  };
  struct worker {
    chat_record record;
    encoded_conversation tokens;
  };

  [[nodiscard]] static sft_options checked(sft_options options) {
    require(options.batch_size >= 1, "batch_size is ", options.batch_size, "; it must be at least 1");
    require(options.seq >= 1, "seq is ", options.seq, "; it must be at least 1");
    constexpr index_t most = std::numeric_limits<std::int32_t>::max();
    require(options.batch_size <= most / options.seq, "batch_size (", options.batch_size, ") times seq (", options.seq,
            ") is over ", most, " tokens");
    require(options.num_workers >= 0, "num_workers is ", options.num_workers, "; it must be 0 or more");
    return options;
  }

  /// Puts the sample into `w.tokens`; whether something that was to be learned is cut away.
  bool encode(index_t record, worker& w) const {
    view_.records().read(view_[record], w.record);
    try {
      encode_.encode(*w.record.messages, *w.record.tools, w.tokens);
    } catch (const std::exception& e) {
      fail(view_.records().where(view_[record]), ": ", e.what());
    }
    const auto most = static_cast<std::size_t>(options_.seq) + 1;
    if (w.tokens.tokens.size() <= most) return false;
    w.tokens.tokens.resize(most);
    w.tokens.supervised.resize(most);
    return true;
  }

  /// The number of each sample's tokens that have a target, 0 for a record that is left out.
  [[nodiscard]] std::vector<std::uint32_t> measure() {
    require(view_.size() <= std::numeric_limits<std::uint32_t>::max(), view_.records().name(), " has ", view_.size(),
            " records, too many");
    std::vector<std::uint32_t> lengths(static_cast<std::size_t>(view_.size()));
    std::mutex mutex;
    std::vector<std::pair<index_t, std::string>> bad;
    const auto look = [&](index_t begin, index_t end) {
      worker w;
      sft_counts counts;
      for (index_t i = begin; i < end; ++i) {
        try {
          const bool cut = encode(i, w);
          const auto learned =
              std::count(w.tokens.supervised.begin() + !w.tokens.supervised.empty(), w.tokens.supervised.end(), 1);
          if (learned == 0) {
            ++counts.skipped;
            continue;
          }
          ++counts.samples;
          counts.cut += cut ? 1 : 0;
          counts.supervised += static_cast<index_t>(learned);
          counts.tokens += static_cast<index_t>(w.tokens.tokens.size()) - 1;
          lengths[static_cast<std::size_t>(i)] = static_cast<std::uint32_t>(w.tokens.tokens.size() - 1);
        } catch (const error& e) {
          require(options_.skip_bad_lines, e.what(), "; use --skip_bad_lines to skip such lines");
          const std::lock_guard lock(mutex);
          bad.emplace_back(i, e.what());
        }
      }
      const std::lock_guard lock(mutex);
      counts_.samples += counts.samples;
      counts_.cut += counts.cut;
      counts_.skipped += counts.skipped;
      counts_.tokens += counts.tokens;
      counts_.supervised += counts.supervised;
      return true;
    };
    const auto progress = [&](index_t done) {
      if (options_.progress) options_.progress(static_cast<double>(done) / static_cast<double>(view_.size()));
    };
    constexpr index_t piece = 16;
    detail::parallel_pieces(view_.size(), piece, options_.num_workers, look, progress);
    counts_.bad = static_cast<index_t>(bad.size());
    if (!bad.empty()) counts_.first_bad = std::min_element(bad.begin(), bad.end())->second;
    require(counts_.samples > 0, view_.records().name(), " has no conversation to learn from: of ", view_.size(), ", ",
            counts_.bad, " are refused by the chat template, and of ", counts_.skipped,
            " the answers do not begin within ", options_.seq + 1, " tokens; raise the length of a row",
            counts_.first_bad.empty() ? "" : "; ", counts_.first_bad);
    return lengths;
  }

  [[nodiscard]] packed_rows one_a_row() const {
    packed_rows rows;
    for (std::size_t i = 0; i < lengths_.size(); ++i) {
      if (lengths_[i] == 0) continue;
      rows.samples.push_back(static_cast<std::uint32_t>(i));
      rows.begins.push_back(static_cast<std::uint32_t>(rows.samples.size()));
    }
    return rows;
  }

  void build(const job& j, int number, token_batch& out) {
    worker& w = workers_[static_cast<std::size_t>(number)];
    out.ids.clear();
    out.targets.clear();
    out.weights.clear();
    out.starts.clear();
    const index_t end = std::min(j.first + options_.batch_size, rows_.size());
    for (index_t row = j.first; row < end; ++row) {
      for (const std::uint32_t record : rows_.row(j.order(row))) {
        out.starts.push_back(static_cast<std::int32_t>(out.ids.size()));
        append(record, w, out);
      }
      if (!options_.packed) pad(out, static_cast<std::size_t>((row - j.first + 1) * options_.seq));
    }
    out.starts.push_back(static_cast<std::int32_t>(out.ids.size()));
  }

  void append(index_t record, worker& w, token_batch& out) const {
    encode(record, w);
    const std::size_t n = w.tokens.tokens.size();
    if (n != lengths_[static_cast<std::size_t>(record)] + std::size_t{1})
      fail(view_.records().where(view_[record]), ": the file was changed while it was in use");
    out.ids.insert(out.ids.end(), w.tokens.tokens.begin(), w.tokens.tokens.end() - 1);
    out.targets.insert(out.targets.end(), w.tokens.tokens.begin() + 1, w.tokens.tokens.end());
    out.weights.insert(out.weights.end(), w.tokens.supervised.begin() + 1, w.tokens.supervised.end());
  }

  void pad(token_batch& out, std::size_t size) const {
    out.ids.resize(size, encode_.pad());
    out.targets.resize(size, encode_.pad());
    out.weights.resize(size, 0.0f);
  }

  record_view<chat_records> view_;
  conversation_encoder encode_;
  sft_options options_;
  sft_counts counts_;
  std::vector<std::uint32_t> lengths_;
  packed_rows rows_;
  std::vector<worker> workers_;
  detail::record_order order_;  // of the epoch; changes only where the prefetcher plans
  prefetcher<token_batch, job> prefetcher_;
};

ZER0_INLINE sft_data::sft_data(record_view<chat_records> view, conversation_encoder encode, sft_options options)
    : state_(std::make_unique<state>(std::move(view), std::move(encode), std::move(options))) {}

ZER0_INLINE sft_data::~sft_data() = default;

ZER0_INLINE index_t sft_data::records() const { return state_->records(); }
ZER0_INLINE const sft_counts& sft_data::counts() const { return state_->counts(); }
ZER0_INLINE index_t sft_data::batches_per_epoch() const { return state_->batches_per_epoch(); }
ZER0_INLINE void sft_data::seek(index_t epoch, index_t batch) { state_->seek(epoch, batch); }
ZER0_INLINE bool sft_data::next(token_batch& out) { return state_->next(out); }
ZER0_INLINE encoded_conversation sft_data::sample(index_t i) const { return state_->sample(i); }

}  // namespace zer0
