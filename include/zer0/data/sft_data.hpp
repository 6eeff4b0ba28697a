// Batches for supervised fine-tuning, from conversations.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/chat_records.hpp>
#include <zer0/data/conversation_encoder.hpp>
#include <zer0/data/record_view.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

namespace zer0 {

struct sft_options {
  index_t batch_size = 32;      ///< rows of a batch
  index_t seq = 512;            ///< tokens of a row, at most
  bool packed = false;          ///< several conversations in a row and no padding, instead of one a row and padding
  bool shuffle = true;          ///< a new order each epoch
  std::uint64_t seed = 0;       ///< of the order
  bool skip_bad_lines = false;  ///< leave out, and count, conversations that the chat template refuses
  int num_workers = 1;          ///< threads that prepare batches; 0: the caller does. What comes out is the same.
  std::function<void(double)> progress = {};  ///< told how much of the data is looked at, on the calling thread
};

/// What became of the records.
struct sft_counts {
  index_t samples = 0;     ///< trained on
  index_t cut = 0;         ///< of these: an end that was to be learned lies beyond seq + 1 tokens, and is cut away
  index_t skipped = 0;     ///< left out, as nothing that is to be learned lies within seq + 1 tokens
  index_t bad = 0;         ///< left out, as the template refuses them
  std::string first_bad;   ///< "FILE:LINE: why" of the first of these
  index_t tokens = 0;      ///< of an epoch that go through the model, padding not counted
  index_t supervised = 0;  ///< of an epoch that are learned from
};

/// Makes batches of conversations: weight 1 where the target is a token that the assistant produced, its end token
/// included, 0 elsewhere (conversation_encoder). A sample is a conversation up to its last such token, cut to seq + 1
/// tokens. The constructor looks at all records once, to know how long they are.
///
/// Padded: a sample a row of `seq` tokens, filled with pad tokens of weight 0. The last batch of an epoch may have
/// fewer rows.
///
/// Packed: whole samples share a row of at most `seq` tokens (`pack_rows`: which do is the same in every epoch), a
/// batch is batch_size rows one after another, without padding. `starts` has the first token of every sample, so that
/// samples do not see each other.
///
/// The order of the rows is a function of (seed, epoch). Memory: 4 bytes a record, 8 more when packed.
/// Throws: zer0::error for options out of range, for a conversation that cannot be encoded (unless bad lines are to be
/// skipped), naming file and line, and if no sample is left.
class sft_data {
 public:
  /// The records must outlive this object.
  sft_data(record_view<chat_records> view, conversation_encoder encode, sft_options options);

  sft_data(const sft_data&) = delete;
  sft_data& operator=(const sft_data&) = delete;
  ~sft_data();

  [[nodiscard]] index_t records() const;
  [[nodiscard]] const sft_counts& counts() const;

  /// How many batches `next` gives in an epoch; the same for all epochs.
  [[nodiscard]] index_t batches_per_epoch() const;

  /// The coming batch is number `batch` of epoch `epoch`; at once.
  void seek(index_t epoch, index_t batch);

  /// The next batch of the epoch; false at its end, until the next `seek`. Takes over the memory of `out`.
  bool next(token_batch& out);

  /// Sample i in the order of the file as it is trained on, for people to look at.
  [[nodiscard]] encoded_conversation sample(index_t i) const;

 private:
  class state;
  std::unique_ptr<state> state_;  // stays where it is: threads work on it
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/sft_data.ipp>
#endif
