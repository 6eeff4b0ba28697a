// Bodies of zer0/data/pretrain_data.hpp.
#pragma once

#include <zer0/data/detail/sample_engine.hpp>
#include <zer0/data/pretrain_data.hpp>

#include <memory>
#include <string>
#include <utility>

namespace zer0 {

namespace detail {

/// A text as a sample: its tokens, and behind them a pad token that is not learned, for the last
/// one goes through the model too.
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

}  // namespace zer0
