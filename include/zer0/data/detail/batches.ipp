// Bodies of zer0/data/batches.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/data/batches.hpp>
#include <zer0/data/detail/sample_engine.hpp>

#include <memory>
#include <string>
#include <utility>

namespace zer0 {

ZER0_INLINE sample_batches::sample_batches(std::unique_ptr<detail::sample_engine> engine)
    : engine_(std::move(engine)) {}

ZER0_INLINE sample_batches::~sample_batches() = default;

ZER0_INLINE index_t sample_batches::records() const { return engine_->source().size; }
ZER0_INLINE index_t sample_batches::batches_per_epoch() const {
  return engine_->batches_per_epoch();
}
ZER0_INLINE void sample_batches::seek(index_t epoch, index_t batch) { engine_->seek(epoch, batch); }
ZER0_INLINE bool sample_batches::next(token_batch& out) { return engine_->next(out); }

namespace detail {

/// Makes samples of texts. A sample is the text's tokens and a pad token that is not learned: with
/// it behind them, the last token of the text goes through the model too.
ZER0_INLINE sample_source source_of_texts(const record_view<pretrain_records>& view,
                                          document_encoder encode) {
  const std::optional<std::uint64_t> fingerprint = encode.fingerprint();
  const token_id pad = encode.pad();
  const auto make = [encode = std::move(encode)](const std::string& text, sample& out) {
    out.sequences.resize(1);
    encoded_conversation& s = out.sequences.front();
    encode(text, s.tokens);
    s.supervised.assign(s.tokens.size(), 1);
    s.tokens.push_back(encode.pad());
    s.supervised.push_back(0);
  };
  return sample_source::of<std::string>(view, make, "texts", fingerprint, pad);
}

ZER0_INLINE engine_options options_of_texts(const data_options& o) {
  engine_options options =
      engine_options::of(o, o.packed ? sample_layout::stream : sample_layout::padded);
  options.measured = o.packed;
  return options;
}

}  // namespace detail

ZER0_INLINE pretrain_data::pretrain_data(const record_view<pretrain_records>& view,
                                         document_encoder encode, const data_options& options)
    : sample_batches(std::make_unique<detail::sample_engine>(
          detail::source_of_texts(view, std::move(encode)), detail::options_of_texts(options))) {
  require(!options.packed || tokens_per_epoch() > 0, view.records().name(),
          ": its texts have no tokens");
}

ZER0_INLINE index_t pretrain_data::tokens_per_epoch() const { return engine().counts().tokens; }

namespace detail {

ZER0_INLINE sample_source source_of_conversations(const record_view<chat_records>& view,
                                                  conversation_encoder encode) {
  const std::optional<std::uint64_t> fingerprint = encode.fingerprint();
  const token_id pad = encode.pad();
  const auto make = [encode = std::move(encode)](const chat_record& record, sample& out) {
    out.sequences.resize(1);
    encode.encode(*record.messages, *record.tools, out.sequences.front());
  };
  return sample_source::of<chat_record>(view, make, "conversations", fingerprint, pad);
}

}  // namespace detail

ZER0_INLINE sft_data::sft_data(const record_view<chat_records>& view, conversation_encoder encode,
                               const sft_options& options)
    : sample_batches(std::make_unique<detail::sample_engine>(
          detail::source_of_conversations(view, std::move(encode)),
          detail::engine_options::of(options, options.packed ? detail::sample_layout::shared
                                                             : detail::sample_layout::padded))) {
  const detail::sample_counts& c = engine().counts();
  counts_ = {c.samples, c.cut, c.skipped, c.bad, c.first_bad, c.tokens, c.supervised};
  require(c.samples > 0, view.records().name(), " has no conversation to learn from: of ",
          view.size(), ", ", c.bad, " are refused by the chat template, and of ", c.skipped,
          " the answers do not begin within ", options.seq + 1,
          " tokens; raise the length of a row", c.first_bad.empty() ? "" : "; ", c.first_bad);
}

ZER0_INLINE encoded_conversation sft_data::sample(index_t i) const {
  return std::move(engine().at(i).sequences.front());
}

namespace detail {

ZER0_INLINE sample_source source_of_pairs(const record_view<preference_records>& view,
                                          conversation_encoder encode) {
  const std::optional<std::uint64_t> fingerprint = encode.fingerprint();
  const token_id pad = encode.pad();
  const auto make = [encode = std::move(encode)](const preference_record& record, sample& out) {
    out.sequences.resize(2);
    encode.encode(*record.chosen, *record.tools, out.sequences[0], record.prompt);
    encode.encode(*record.rejected, *record.tools, out.sequences[1], record.prompt);
  };
  sample_source source =
      sample_source::of<preference_record>(view, make, "pairs", fingerprint, pad);
  source.sequences = 2;
  return source;
}

}  // namespace detail

ZER0_INLINE preference_data::preference_data(const record_view<preference_records>& view,
                                             conversation_encoder encode,
                                             const preference_options& options)
    : sample_batches(std::make_unique<detail::sample_engine>(
          detail::source_of_pairs(view, std::move(encode)),
          detail::engine_options::of(options, options.packed ? detail::sample_layout::joined
                                                             : detail::sample_layout::padded))) {
  const detail::sample_counts& c = engine().counts();
  counts_ = {c.samples, c.cut, c.skipped, c.bad, c.first_bad, c.tokens};
  require(c.samples > 0, view.records().name(), " has no pair to learn from: of ", view.size(),
          ", ", c.bad, " are refused by the chat template, and of ", c.skipped,
          " an answer does not begin within ", options.seq + 1,
          " tokens; raise the length of a sequence", c.first_bad.empty() ? "" : "; ", c.first_bad);
}

ZER0_INLINE std::uint64_t preference_data::fingerprint() const { return engine().counts().hash; }
ZER0_INLINE void preference_data::in_order(index_t first, token_batch& out) {
  engine().in_order(first, out);
}
ZER0_INLINE void preference_data::set_references(std::vector<double> references) {
  require(static_cast<index_t>(references.size()) == 2 * pairs(),
          "preference_data: ", references.size(), " references for ", pairs(),
          " pairs; there must be two for each");
  engine().set_references(std::move(references));
}
ZER0_INLINE bool preference_data::has_references() const { return engine().has_references(); }

}  // namespace zer0
