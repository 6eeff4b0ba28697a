// Bodies of zer0/data/detail/sample_engine.hpp.
#pragma once

#include <zer0/data/detail/sample_engine.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <string>

namespace zer0::detail {

/// Returns the options. Throws zer0::error if samples of `sequences` sequences cannot be trained on
/// with them.
ZER0_INLINE engine_options checked(engine_options options, int sequences) {
  require(options.batch_size >= 1, "batch_size is ", options.batch_size, "; it must be at least 1");
  require(options.seq >= 1, "seq is ", options.seq, "; it must be at least 1");
  const index_t most = std::numeric_limits<std::int32_t>::max() / sequences;
  require(options.batch_size <= most / options.seq, sequences == 2 ? "twice " : "", "batch_size (",
          options.batch_size, ") times seq (", options.seq, ") is over ", sequences * most,
          " tokens");
  require(options.num_workers >= 0, "num_workers is ", options.num_workers,
          "; it must be 0 or more");
  return options;
}

ZER0_INLINE sample_engine::sample_engine(sample_source source, engine_options options)
    : source_(std::move(source)),
      options_(checked(std::move(options), source_.sequences)),
      workers_(static_cast<std::size_t>(std::max(1, options_.num_workers))),
      prefetcher_(
          options_.num_workers, [this](index_t batch) { return plan(batch); },
          [this](const job& j, int number, token_batch& out) {
            worker& w = workers_[static_cast<std::size_t>(number)];
            is_stream() ? build_stream(j, w, out) : build_rows(j, w, out);
          }) {
  for (worker& w : workers_) w.read = source_.open_reader();
  if (!options_.measured) return;
  measured_ = measure(source_, options_);
  arrange();
}

ZER0_INLINE void sample_engine::arrange() {
  if (is_stream()) return;
  if (options_.layout == sample_layout::shared) {
    rows_ = pack_rows(measured_.lengths, static_cast<std::uint32_t>(options_.seq));
    return;
  }
  for (std::size_t i = 0; i < measured_.lengths.size(); ++i)
    if (measured_.lengths[i] > 0) rows_.samples.push_back(static_cast<std::uint32_t>(i));
}

ZER0_INLINE void sample_engine::read(index_t record, const sample_source::reader& reader,
                                     sample& out) const {
  reader(record, out);
  cut(out, options_);
  if (!options_.measured || out.places() == length(record)) return;
  const std::string kept_in = measured_.kept_in.string();
  fail(source_.where(record), ": the file was changed while it was in use",
       kept_in.empty() ? ""
                       : ", or the counts in " + kept_in + " are not its own; remove that file");
}

ZER0_INLINE index_t sample_engine::rows_per_epoch() const {
  if (is_stream()) return (counts().tokens + options_.seq - 1) / options_.seq;
  return options_.measured ? rows_.size() : source_.size;
}

ZER0_INLINE void sample_engine::seek(index_t epoch, index_t batch) {
  const index_t batches = batches_per_epoch();
  require(epoch >= 0, "epoch ", epoch, " is negative");
  require(batch >= 0 && batch <= batches, "batch ", batch, " is not one of the ", batches,
          " of an epoch");
  started_ = true;
  prefetcher_.seek(batch, batches, [&] { start(epoch, batch); });
}

ZER0_INLINE bool sample_engine::next(token_batch& out) {
  if (!started_) seek(0, 0);  // not earlier, as a `seek` may still say where to begin
  return prefetcher_.next(out);
}

ZER0_INLINE void sample_engine::start(index_t epoch, index_t batch) {
  const index_t n = is_stream() ? source_.size : rows_per_epoch();
  order_ = {options_.shuffle, permutation(options_.seed, static_cast<std::uint64_t>(epoch), n)};
  if (!is_stream()) return;
  position_ = {};
  advance(position_, batch * options_.batch_size * options_.seq);
  begun_ = position_.token > 0 ? std::make_shared<shared_sample>() : nullptr;
}

ZER0_INLINE sample_engine::job sample_engine::plan(index_t batch) {
  const index_t first = batch * options_.batch_size;
  job j{.order = order_,
        .first = first,
        .rows = std::min(options_.batch_size, rows_per_epoch() - first),
        .references = references_,
        .from = position_,
        .begun = begun_,
        .unfinished = nullptr};
  if (!is_stream()) return j;
  advance(position_, j.rows * options_.seq);
  if (position_.token == 0)
    begun_ = nullptr;
  else if (begun_ == nullptr || position_.sample != j.from.sample)
    begun_ = std::make_shared<shared_sample>();
  j.unfinished = begun_;
  return j;
}

ZER0_INLINE void sample_engine::advance(stream_position& at, index_t tokens) const {
  while (at.sample < source_.size) {
    const index_t left = length(order_(at.sample)) - at.token;
    if (tokens < left) {
      at.token += tokens;
      return;
    }
    tokens -= left;
    at = {.sample = at.sample + 1, .token = 0};
  }
}

ZER0_INLINE void sample_engine::build_rows(const job& j, worker& w, token_batch& out) const {
  out.ids.clear();
  out.targets.clear();
  out.weights.clear();
  out.starts.clear();
  out.references.clear();
  const auto add = [&](index_t record) {
    read(record, w.read, w.memory);
    for (const encoded_conversation& s : w.memory.sequences) append(s, out);
  };
  for (index_t i = j.first; i < j.first + j.rows; ++i) {
    const index_t row = j.order(i);
    if (!options_.measured)
      add(row);
    else
      for (const std::uint32_t record : rows_.row(row)) add(record);
    if (!j.references) continue;
    for (const index_t one : {2 * row, 2 * row + 1})
      out.references.push_back((*j.references)[static_cast<std::size_t>(one)]);
  }
  out.starts.push_back(static_cast<std::int32_t>(out.ids.size()));
}

ZER0_INLINE void sample_engine::append(const encoded_conversation& s, token_batch& out) const {
  const std::size_t begin = out.ids.size();
  out.starts.push_back(static_cast<std::int32_t>(begin));
  if (places_of(s) > 0) {
    out.ids.insert(out.ids.end(), s.tokens.begin(), s.tokens.end() - 1);
    out.targets.insert(out.targets.end(), s.tokens.begin() + 1, s.tokens.end());
    out.weights.insert(out.weights.end(), s.supervised.begin() + 1, s.supervised.end());
  }
  if (options_.layout != sample_layout::padded) return;
  const std::size_t size = begin + static_cast<std::size_t>(options_.seq);
  out.ids.resize(size, source_.pad);
  out.targets.resize(size, source_.pad);
  out.weights.resize(size, 0.0f);
}

ZER0_INLINE void sample_engine::build_stream(const job& j, worker& w, token_batch& out) const {
  const index_t n = j.rows * options_.seq;
  out.ids.assign(static_cast<std::size_t>(n), source_.pad);
  out.targets.assign(static_cast<std::size_t>(n), source_.pad);
  out.weights.assign(static_cast<std::size_t>(n), 0.0f);
  out.starts.clear();
  out.references.clear();
  stream_position from = j.from;
  for (index_t at = 0; at < n && from.sample < source_.size; from = {from.sample + 1, 0}) {
    const index_t record = j.order(from.sample);
    const index_t left = length(record) - from.token;
    const index_t count = std::min(n - at, left);
    if (count == 0) continue;
    const auto encode = [&](sample& into) { read(record, w.read, into); };
    if (from.token == 0 && count == left) encode(w.memory);
    const sample& whole = from.token > 0 ? j.begun->get(encode)
                          : count < left ? j.unfinished->get(encode)
                                         : w.memory;
    const encoded_conversation& s = whole.sequences.front();
    std::copy_n(s.tokens.begin() + from.token, count, out.ids.begin() + at);
    std::copy_n(s.tokens.begin() + from.token + 1, count, out.targets.begin() + at);
    std::copy_n(s.supervised.begin() + from.token + 1, count, out.weights.begin() + at);
    // The sample begins a sequence, and so does every row inside it.
    for (index_t start = at; start < at + count; start += options_.seq - start % options_.seq)
      out.starts.push_back(static_cast<std::int32_t>(start));
    at += count;
  }
  out.starts.push_back(static_cast<std::int32_t>(n));
}

ZER0_INLINE sample sample_engine::at(index_t i) const {
  index_t record = 0;
  for (index_t left = i; record < source_.size; ++record)
    if (length(record) > 0 && left-- == 0) break;
  require(i >= 0 && record < source_.size, "there is no sample ", i, " among ", counts().samples);
  sample s;
  read(record, source_.open_reader(), s);
  return s;
}

ZER0_INLINE void sample_engine::in_order(index_t first, token_batch& out) const {
  job j;
  j.first = first;
  j.rows = std::clamp<index_t>(rows_per_epoch() - first, 0, options_.batch_size);
  j.references = references_;
  worker w{source_.open_reader(), {}};
  build_rows(j, w, out);
}

ZER0_INLINE void sample_engine::set_references(std::vector<double> references) {
  auto shared = std::make_shared<const std::vector<double>>(std::move(references));
  started_ = true;
  prefetcher_.seek(0, 0, [&] { references_ = std::move(shared); });
}

}  // namespace zer0::detail
