// Bodies of zer0/data/detail/sample_measure.hpp.
#pragma once

#include <zer0/data/detail/sample_measure.hpp>
#include <zer0/data/detail/work_through.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <limits>
#include <mutex>
#include <utility>

namespace zer0::detail {

ZER0_INLINE bool cut(sample& s, const engine_options& options) {
  if (options.layout == sample_layout::stream) return false;
  const auto most = static_cast<std::size_t>(options.seq) + 1;
  bool any = false;
  for (encoded_conversation& one : s.sequences) {
    if (one.tokens.size() <= most) continue;
    any = true;
    one.tokens.resize(most);
    one.supervised.resize(most);
  }
  return any;
}

/// FNV-1a.
ZER0_INLINE std::uint64_t hash_step(std::uint64_t hash, std::uint64_t number) {
  return (hash ^ number) * 0x100000001b3;
}
inline constexpr std::uint64_t hash_begin = 0xcbf29ce484222325;

ZER0_INLINE std::uint64_t hash_of(const sample& s) {
  std::uint64_t hash = hash_begin;
  for (const encoded_conversation& one : s.sequences) {
    hash = hash_step(hash, one.tokens.size());
    for (std::size_t i = 0; i < one.tokens.size(); ++i)
      hash = hash_step(hash, 2 * static_cast<std::uint64_t>(one.tokens[i]) + one.supervised[i]);
  }
  return hash;
}

/// Measures samples for `measure`; many threads add records.
class sample_measurer {
 public:
  sample_measurer(const sample_source& source, const engine_options& options)
      : source_(source), options_(options) {}

  [[nodiscard]] sample_measure run() {
    result_.lengths.assign(static_cast<std::size_t>(source_.size), 0);
    // Pairs are hashed, to recognize the ones that a reference model's scores belong to.
    if (source_.sequences == 2) hashes_.assign(result_.lengths.size(), 0);
    const auto progress = [&](index_t done) {
      if (options_.progress)
        options_.progress(static_cast<double>(done) / static_cast<double>(source_.size));
    };
    constexpr index_t piece = 16;
    work_through(
        source_.size, piece, options_.num_workers,
        [this](index_t begin, index_t end) { return look(begin, end); }, progress);
    sample_counts& counts = result_.counts;
    counts.bad = static_cast<index_t>(bad_.size());
    if (!bad_.empty()) {
      const auto& [record, message] = *std::min_element(bad_.begin(), bad_.end());
      counts.first_bad_record = record;
      counts.first_bad = message;
    }
    counts.hash = hash_begin;
    for (std::size_t i = 0; i < hashes_.size(); ++i)
      if (result_.lengths[i] > 0) counts.hash = hash_step(counts.hash, hashes_[i]);
    return std::move(result_);
  }

 private:
  bool look(index_t begin, index_t end) {
    const sample_source::reader read = source_.open_reader();
    sample s;
    sample_counts mine;
    for (index_t i = begin; i < end; ++i) {
      try {
        read(i, s);
        const bool is_cut = cut(s, options_);
        add(i, s, is_cut, mine);
      } catch (const error& e) {
        if (!options_.skip_bad_lines) throw;
        require(*options_.skip_bad_lines, e.what(), "; set skip_bad_lines to leave such lines out");
        const std::lock_guard lock(mutex_);
        bad_.emplace_back(i, e.what());
      }
    }
    const std::lock_guard lock(mutex_);
    sample_counts& all = result_.counts;
    all.samples += mine.samples;
    all.cut += mine.cut;
    all.skipped += mine.skipped;
    all.tokens += mine.tokens;
    all.supervised += mine.supervised;
    return true;
  }

  void add(index_t record, const sample& s, bool is_cut, sample_counts& counts) {
    index_t learned = 0;
    for (const encoded_conversation& one : s.sequences) {
      const auto first =
          one.supervised.begin() + !one.supervised.empty();  // the first is no target
      const index_t of_one = std::count(first, one.supervised.end(), 1);
      learned += of_one;
      if (of_one > 0 || options_.layout == sample_layout::stream) continue;
      ++counts.skipped;
      return;
    }
    const auto at = static_cast<std::size_t>(record);
    ++counts.samples;
    counts.cut += is_cut ? 1 : 0;
    counts.supervised += learned;
    counts.tokens += s.places();
    result_.lengths[at] = static_cast<std::uint32_t>(s.places());
    if (!hashes_.empty()) hashes_[at] = hash_of(s);
  }

  const sample_source& source_;
  const engine_options& options_;
  sample_measure result_;
  std::vector<std::uint64_t> hashes_;
  std::mutex mutex_;
  std::vector<std::pair<index_t, std::string>> bad_;
};

/// The numbers among the counts, in the order in which they are kept.
template <class Counts>
auto numbers_of(Counts& c) {
  return std::array{&c.samples,          &c.cut,    &c.skipped,   &c.bad,
                    &c.first_bad_record, &c.tokens, &c.supervised};
}

ZER0_INLINE std::optional<sample_measure> kept_measure(const sample_source& source,
                                                       const counts_file& file) {
  std::optional<kept_counts> kept = file.read();
  sample_measure result;
  result.kept_in = file.path();
  const auto numbers = numbers_of(result.counts);
  if (!kept || kept->numbers.size() != numbers.size() + 1 ||
      kept->lengths.size() != static_cast<std::size_t>(source.size))
    return std::nullopt;
  for (std::size_t i = 0; i < numbers.size(); ++i)
    *numbers[i] = static_cast<index_t>(kept->numbers[i]);
  sample_counts& counts = result.counts;
  counts.hash = kept->numbers.back();
  if (counts.bad > 0) {  // the file may have another name than when it was counted
    if (counts.first_bad_record < 0 || counts.first_bad_record >= source.size) return std::nullopt;
    counts.first_bad = source.where(counts.first_bad_record) + kept->text;
  }
  result.lengths = std::move(kept->lengths);
  return result;
}

ZER0_INLINE void keep(const sample_measure& measured, const sample_source& source,
                      const counts_file& file) {
  if (file.path().empty()) return;
  const sample_counts& counts = measured.counts;
  kept_counts kept{.lengths = measured.lengths};
  for (const index_t* number : numbers_of(counts))
    kept.numbers.push_back(static_cast<std::uint64_t>(*number));
  kept.numbers.push_back(counts.hash);
  if (counts.bad > 0)
    kept.text = counts.first_bad.substr(source.where(counts.first_bad_record).size());
  file.write(kept);
}

ZER0_INLINE sample_measure measure(const sample_source& source, const engine_options& options) {
  const bool stream = options.layout == sample_layout::stream;
  constexpr index_t most = std::numeric_limits<std::uint32_t>::max();
  require(stream || source.size <= most, source.name, " has ", source.size, " records, too many");
  const counts_file file =
      source.kept((stream ? "whole" : "seq " + std::to_string(options.seq)) +
                  (options.skip_bad_lines.value_or(false) ? ", bad ones left out" : ""));
  if (std::optional<sample_measure> kept = kept_measure(source, file)) {
    if (options.progress) options.progress(1.0);
    return *std::move(kept);
  }
  sample_measure measured = sample_measurer(source, options).run();
  keep(measured, source, file);
  return measured;
}

}  // namespace zer0::detail
