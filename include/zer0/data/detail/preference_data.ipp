// Bodies of zer0/data/preference_data.hpp.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/data/detail/sample_engine.hpp>
#include <zer0/data/preference_data.hpp>

#include <memory>
#include <utility>

namespace zer0 {

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
