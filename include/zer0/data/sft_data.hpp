// Batches for supervised fine-tuning, from conversations.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/conversation_encoder.hpp>
#include <zer0/data/record_view.hpp>
#include <zer0/data/records.hpp>
#include <zer0/data/sample_batches.hpp>

#include <cstdint>
#include <functional>
#include <string>

namespace zer0 {

struct sft_options {
  index_t batch_size = 32;      ///< rows of a batch
  index_t seq = 512;            ///< tokens of a row, at most
  bool packed = false;          ///< several conversations in a row and no padding, instead of one
  bool shuffle = true;          ///< a new order each epoch
  std::uint64_t seed = 0;       ///< of the order
  bool skip_bad_lines = false;  ///< leave out, and count, what the chat template refuses
  int num_workers = 1;  ///< threads that prepare batches, all to the same effect; 0: the caller
  /// Told how much of the data is looked at, on the calling thread.
  std::function<void(double)> progress = {};
};

/// What became of the records.
struct sft_counts {
  index_t samples = 0;  ///< trained on
  index_t cut = 0;  ///< of these: an end to be learned lies beyond seq + 1 tokens, and is cut away
  index_t skipped = 0;    ///< left out, as nothing that is to be learned lies within seq + 1 tokens
  index_t bad = 0;        ///< left out, as the template refuses them
  std::string first_bad;  ///< "FILE:LINE: why" of the first of these
  index_t tokens = 0;     ///< of an epoch that go through the model, padding not counted
  index_t supervised = 0;  ///< of an epoch that are learned from
};

/// Makes batches of conversations: weight 1 where the target is a token that the assistant
/// produced, its end token included, 0 elsewhere (conversation_encoder). A sample is a conversation
/// up to its last such token, cut to seq + 1 tokens. The constructor looks at all records once, to
/// know how long they are, unless the records keep their counts.
///
/// Padded: a sample a row of `seq` tokens, filled with pad tokens of weight 0. The last batch of an
/// epoch may have fewer rows.
///
/// Packed: whole samples share a row of at most `seq` tokens (which do is the same in every epoch),
/// a batch is batch_size rows one after another, without padding. `starts` has the first token of
/// every sample, so that samples do not see each other.
///
/// The order of the rows is a function of (seed, epoch). Memory: 4 bytes a record and 4 a sample,
/// and 4 a row when packed. Throws: zer0::error for options out of range, for a conversation that
/// cannot be encoded (unless bad lines are to be skipped), naming file and line, and if no sample
/// is left.
class sft_data : public sample_batches {
 public:
  /// The records must outlive this object.
  sft_data(const record_view<chat_records>& view, conversation_encoder encode,
           const sft_options& options);

  [[nodiscard]] const sft_counts& counts() const { return counts_; }

  /// Sample i in the order of the file as it is trained on, for people to look at.
  [[nodiscard]] encoded_conversation sample(index_t i) const;

 private:
  sft_counts counts_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/sft_data.ipp>
#endif
