// Bodies of zer0/data/sft_data.hpp.
#pragma once

#include <zer0/data/detail/sample_engine.hpp>
#include <zer0/data/sft_data.hpp>

#include <memory>
#include <utility>

namespace zer0 {

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

}  // namespace zer0
