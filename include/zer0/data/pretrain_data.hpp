// Batches to pretrain on, from records of text.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/document_encoder.hpp>
#include <zer0/data/record_view.hpp>
#include <zer0/data/records.hpp>
#include <zer0/data/sample_batches.hpp>

#include <cstdint>
#include <functional>
#include <utility>

namespace zer0 {

struct data_options {
  index_t batch_size = 32;  ///< rows of a batch
  index_t seq = 512;        ///< tokens of a row
  bool packed = false;      ///< documents one after another, instead of one a row and padding
  bool shuffle = true;      ///< a new order each epoch
  std::uint64_t seed = 0;   ///< of the order
  int num_workers = 1;      ///< threads that prepare batches, all to the same effect; 0: the caller
  /// Packed: told how much of the data is counted, on the calling thread.
  std::function<void(double)> progress = {};
};

/// Cuts documents (bos + text + eos) into batches of at most batch_size rows of seq tokens. The
/// target of a token is the one after it in its document; weights are 1 where there is one. The
/// order of the documents is a function of (seed, epoch).
///
/// Padded: a document a row. It is cut to seq + 1 tokens (what is cut away, eos too, is not trained
/// on), and pad tokens of weight 0 fill the row. The last batch of an epoch may have fewer rows.
///
/// Packed: the documents of the epoch form one stream, which is cut into rows of seq tokens.
/// `starts` has every document's and every row's first token, so documents do not see each other
/// and one that goes on in the next row goes on as a new sequence. A document's last token has no
/// target (weight 0). Only the last row of the epoch is padded. The constructor tokenizes all
/// records once to count the batches, unless the records keep their counts. Memory: 4 bytes a
/// record.
///
/// Throws: zer0::error for options out of range, and from `next` for a text that cannot be encoded,
/// naming file and line.
class pretrain_data : public sample_batches {
 public:
  /// The records and the tokenizer (zer0::tokenizer, or what document_encoder takes) must outlive
  /// this object.
  template <class Tokenizer>
  pretrain_data(const record_view<pretrain_records>& view, const Tokenizer& tokenizer,
                const data_options& options)
      : pretrain_data(view, document_encoder(tokenizer), options) {}

  pretrain_data(const record_view<pretrain_records>& view, document_encoder encode,
                const data_options& options);

  /// Tokens of an epoch, padding not counted. Known when packed, else 0.
  [[nodiscard]] index_t tokens_per_epoch() const;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/pretrain_data.ipp>
#endif
