// Bodies of zer0/data/preference_data.hpp.
#pragma once

#include <zer0/data/detail/packing.hpp>
#include <zer0/data/detail/parallel_pieces.hpp>
#include <zer0/data/preference_data.hpp>
#include <zer0/data/prefetcher.hpp>
#include <zer0/data/shuffle.hpp>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

namespace zer0 {

class preference_data::state {
 public:
  state(record_view<preference_records> view, conversation_encoder encode, preference_options options)
      : view_(std::move(view)),
        encode_(std::move(encode)),
        options_(checked(std::move(options))),
        workers_(static_cast<std::size_t>(std::max(1, options_.num_workers))),
        prefetcher_(
            options_.num_workers,
            [this](index_t batch) {
              return job{order_, batch * options_.batch_size, references_};
            },
            [this](const job& j, int number, token_batch& out) { build(j, number, out); }) {
    measure();
    seek(0, 0);
  }

  [[nodiscard]] const preference_counts& counts() const { return counts_; }
  [[nodiscard]] index_t pairs() const { return static_cast<index_t>(kept_.size()); }
  [[nodiscard]] std::uint64_t fingerprint() const { return fingerprint_; }

  [[nodiscard]] index_t batches_per_epoch() const { return (pairs() + options_.batch_size - 1) / options_.batch_size; }

  void seek(index_t epoch, index_t batch) {
    require(epoch >= 0, "epoch ", epoch, " is negative");
    require(batch >= 0 && batch <= batches_per_epoch(), "batch ", batch, " is not one of the ", batches_per_epoch(),
            " of an epoch");
    prefetcher_.seek(batch, batches_per_epoch(), [&] {
      order_ = {options_.shuffle, permutation(options_.seed, static_cast<std::uint64_t>(epoch), pairs())};
    });
  }

  bool next(token_batch& out) { return prefetcher_.next(out); }

  void in_order(index_t first, token_batch& out) {
    worker w;
    fill({{}, first, references_}, w, out);
  }

  void set_references(std::vector<double> references) {
    require(static_cast<index_t>(references.size()) == 2 * pairs(), "preference_data: ", references.size(),
            " references for ", pairs(), " pairs; there must be two for each");
    auto shared = std::make_shared<const std::vector<double>>(std::move(references));
    prefetcher_.seek(0, 0, [&] { references_ = std::move(shared); });
  }
  [[nodiscard]] bool has_references() const { return references_ != nullptr; }

 private:
  struct job {
    detail::record_order order;
    index_t first = 0;  ///< position in the order of the first pair
    std::shared_ptr<const std::vector<double>> references;
  };
  struct worker {
    preference_record record;
    encoded_conversation chosen, rejected;
  };

  [[nodiscard]] static preference_options checked(preference_options options) {
    require(options.batch_size >= 1, "batch_size is ", options.batch_size, "; it must be at least 1");
    require(options.seq >= 1, "seq is ", options.seq, "; it must be at least 1");
    constexpr index_t most = std::numeric_limits<std::int32_t>::max() / 2;
    require(options.batch_size <= most / options.seq, "twice batch_size (", options.batch_size, ") times seq (",
            options.seq, ") is over ", 2 * most, " tokens");
    require(options.num_workers >= 0, "num_workers is ", options.num_workers, "; it must be 0 or more");
    return options;
  }

  /// Puts both answers into `w`; whether something that was to be learned is cut away.
  bool encode(index_t record, worker& w) const {
    view_.records().read(view_[record], w.record);
    bool cut = false;
    for (const bool chosen : {true, false}) {
      encoded_conversation& out = chosen ? w.chosen : w.rejected;
      try {
        encode_.encode(chosen ? *w.record.chosen : *w.record.rejected, *w.record.tools, out, w.record.prompt);
      } catch (const std::exception& e) {
        fail(view_.records().where(view_[record]), ": ", e.what());
      }
      const auto most = static_cast<std::size_t>(options_.seq) + 1;
      if (out.tokens.size() <= most) continue;
      cut = true;
      out.tokens.resize(most);
      out.supervised.resize(most);
    }
    return cut;
  }

  [[nodiscard]] static bool learns(const encoded_conversation& c) {
    return c.tokens.size() > 1 && std::count(c.supervised.begin() + 1, c.supervised.end(), 1) > 0;
  }

  /// FNV-1a over both answers.
  [[nodiscard]] static std::uint64_t hash_of(const worker& w) {
    std::uint64_t hash = 0xcbf29ce484222325;
    const auto add = [&](std::uint64_t x) { hash = (hash ^ x) * 0x100000001b3; };
    for (const encoded_conversation* c : {&w.chosen, &w.rejected}) {
      add(c->tokens.size());
      for (std::size_t i = 0; i < c->tokens.size(); ++i)
        add(2 * static_cast<std::uint64_t>(c->tokens[i]) + c->supervised[i]);
    }
    return hash;
  }

  /// Looks at all records: which are kept, and what they are.
  void measure() {
    struct looked_at {
      bool kept = false, cut = false, skipped = false;
      std::uint64_t hash = 0;
      index_t tokens = 0;
    };
    std::vector<looked_at> all(static_cast<std::size_t>(view_.size()));
    std::mutex mutex;
    std::vector<std::pair<index_t, std::string>> bad;
    const auto look = [&](index_t begin, index_t end) {
      worker w;
      for (index_t i = begin; i < end; ++i) {
        looked_at& at = all[static_cast<std::size_t>(i)];
        try {
          at.cut = encode(i, w);
          at.skipped = !learns(w.chosen) || !learns(w.rejected);
          at.kept = !at.skipped;
          at.hash = hash_of(w);
          at.tokens = static_cast<index_t>(w.chosen.tokens.size() + w.rejected.tokens.size()) - 2;
        } catch (const error& e) {
          require(options_.skip_bad_lines, e.what(), "; use --skip_bad_lines to skip such lines");
          const std::lock_guard lock(mutex);
          bad.emplace_back(i, e.what());
        }
      }
      return true;
    };
    const auto progress = [&](index_t done) {
      if (options_.progress) options_.progress(static_cast<double>(done) / static_cast<double>(view_.size()));
    };
    constexpr index_t piece = 16;
    detail::parallel_pieces(view_.size(), piece, options_.num_workers, look, progress);
    fingerprint_ = 0xcbf29ce484222325;
    for (std::size_t i = 0; i < all.size(); ++i) {
      counts_.skipped += all[i].skipped ? 1 : 0;
      if (!all[i].kept) continue;
      kept_.push_back(static_cast<std::uint32_t>(i));
      counts_.cut += all[i].cut ? 1 : 0;
      counts_.tokens += all[i].tokens;
      fingerprint_ = (fingerprint_ ^ all[i].hash) * 0x100000001b3;
    }
    counts_.pairs = pairs();
    counts_.bad = static_cast<index_t>(bad.size());
    if (!bad.empty()) counts_.first_bad = std::min_element(bad.begin(), bad.end())->second;
    require(counts_.pairs > 0, view_.records().name(), " has no pair to learn from: of ", view_.size(), ", ",
            counts_.bad, " are refused by the chat template, and of ", counts_.skipped,
            " an answer does not begin within ", options_.seq + 1, " tokens; raise the length of a sequence",
            counts_.first_bad.empty() ? "" : "; ", counts_.first_bad);
  }

  void build(const job& j, int number, token_batch& out) { fill(j, workers_[static_cast<std::size_t>(number)], out); }

  void fill(const job& j, worker& w, token_batch& out) const {
    out.ids.clear();
    out.targets.clear();
    out.weights.clear();
    out.starts.assign(1, 0);
    out.references.clear();
    const index_t end = std::min(j.first + options_.batch_size, pairs());
    for (index_t i = j.first; i < end; ++i) {
      const auto pair = static_cast<std::size_t>(j.order(i));
      encode(kept_[pair], w);
      if (!learns(w.chosen) || !learns(w.rejected))
        fail(view_.records().where(view_[kept_[pair]]), ": the file was changed while it was in use");
      append(w.chosen, out);
      append(w.rejected, out);
      if (j.references)
        out.references.insert(out.references.end(), {(*j.references)[2 * pair], (*j.references)[2 * pair + 1]});
    }
  }

  void append(const encoded_conversation& c, token_batch& out) const {
    out.ids.insert(out.ids.end(), c.tokens.begin(), c.tokens.end() - 1);
    out.targets.insert(out.targets.end(), c.tokens.begin() + 1, c.tokens.end());
    out.weights.insert(out.weights.end(), c.supervised.begin() + 1, c.supervised.end());
    if (!options_.packed) {
      const auto size = static_cast<std::size_t>(out.starts.back() + options_.seq);
      out.ids.resize(size, encode_.pad());
      out.targets.resize(size, encode_.pad());
      out.weights.resize(size, 0.0f);
    }
    out.starts.push_back(static_cast<std::int32_t>(out.ids.size()));
  }

  record_view<preference_records> view_;
  conversation_encoder encode_;
  preference_options options_;
  preference_counts counts_;
  std::vector<std::uint32_t> kept_;  // records that are trained on
  std::uint64_t fingerprint_ = 0;
  std::shared_ptr<const std::vector<double>> references_;
  std::vector<worker> workers_;
  detail::record_order order_;  // of the epoch; changes only where the prefetcher plans
  prefetcher<token_batch, job> prefetcher_;
};

ZER0_INLINE preference_data::preference_data(record_view<preference_records> view, conversation_encoder encode,
                                             preference_options options)
    : state_(std::make_unique<state>(std::move(view), std::move(encode), std::move(options))) {}

ZER0_INLINE preference_data::~preference_data() = default;

ZER0_INLINE const preference_counts& preference_data::counts() const { return state_->counts(); }
ZER0_INLINE index_t preference_data::pairs() const { return state_->pairs(); }
ZER0_INLINE std::uint64_t preference_data::fingerprint() const { return state_->fingerprint(); }
ZER0_INLINE index_t preference_data::batches_per_epoch() const { return state_->batches_per_epoch(); }
ZER0_INLINE void preference_data::seek(index_t epoch, index_t batch) { state_->seek(epoch, batch); }
ZER0_INLINE bool preference_data::next(token_batch& out) { return state_->next(out); }
ZER0_INLINE void preference_data::in_order(index_t first, token_batch& out) { state_->in_order(first, out); }
ZER0_INLINE void preference_data::set_references(std::vector<double> references) {
  state_->set_references(std::move(references));
}
ZER0_INLINE bool preference_data::has_references() const { return state_->has_references(); }

}  // namespace zer0
