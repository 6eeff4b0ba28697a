// Batches to train on: of texts, of conversations, of pairs of answers.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/encoders.hpp>
#include <zer0/data/record_view.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zer0 {

namespace detail {
class sample_engine;
}

/// Gives the batches of an epoch in order, from any batch on. They depend on the data, the options
/// and the epoch, not on the number of workers. A record is read, parsed and encoded once an epoch;
/// if its length must be known, also once in the constructor, unless the records keep their counts
/// (open_options::counts_in). One thread at a time may use it; workers prepare the batches.
class sample_batches {
 public:
  sample_batches(const sample_batches&) = delete;
  sample_batches& operator=(const sample_batches&) = delete;

  /// The number of records, including those that are left out.
  [[nodiscard]] index_t records() const;

  /// How many batches `next` gives in an epoch; the same for all epochs.
  [[nodiscard]] index_t batches_per_epoch() const;

  /// Makes batch `batch` of epoch `epoch` the next one. Takes no time except for packed texts,
  /// whose lengths are added up. Throws: zer0::error if there is no such batch.
  void seek(index_t epoch, index_t batch);

  /// Puts the next batch of the epoch into `out`, whose memory is used again; false at the end of
  /// the epoch, until the next `seek`. Without a `seek` it begins at the first batch of epoch 0.
  /// Throws: zer0::error naming file and line for what cannot be encoded, and for a file that was
  /// changed meanwhile.
  bool next(token_batch& out);

 protected:
  ~sample_batches();

 private:
  friend class pretrain_data;
  friend class sft_data;
  friend class preference_data;

  explicit sample_batches(std::unique_ptr<detail::sample_engine> engine);

  [[nodiscard]] detail::sample_engine& engine() { return *engine_; }
  [[nodiscard]] const detail::sample_engine& engine() const { return *engine_; }

  std::unique_ptr<detail::sample_engine> engine_;  // stays where it is: threads work on it
};

struct data_options {
  index_t batch_size = 32;  ///< rows of a batch
  index_t seq = 512;        ///< tokens of a row
  bool packed = false;      ///< documents one after another; false: one document a row, and padding
  bool shuffle = true;      ///< a new order of the documents in each epoch
  std::uint64_t seed = 0;   ///< of the order
  int num_workers = 1;      ///< threads that prepare batches; no effect on results; 0: the caller
  /// If packed: called on the calling thread with the fraction of the data that is counted.
  std::function<void(double)> progress = {};
};

/// Cuts documents (bos + text + eos) into batches of at most batch_size rows of seq tokens. The
/// target of a token is the one after it in its document. Weights are 1 where there is a target,
/// else 0. The order of the documents is a function of (seed, epoch).
///
/// Padded: one document a row. A document is cut to seq + 1 tokens (what is cut away, eos too, is
/// not trained on), and a shorter one is filled up with pad tokens of weight 0. The last batch of
/// an epoch may have fewer rows.
///
/// Packed: the documents of the epoch form one stream, which is cut into rows of seq tokens.
/// `starts` holds the first token of every document and of every row. So documents do not see each
/// other, and one that goes on in the next row is a new sequence there. A document's last token has
/// no target (weight 0). Only the last row of the epoch is padded. The constructor tokenizes all
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

  /// Tokens of an epoch, padding not counted; 0 if not packed, as it is not known then.
  [[nodiscard]] index_t tokens_per_epoch() const;
};

struct sft_options {
  index_t batch_size = 32;      ///< rows of a batch
  index_t seq = 512;            ///< most tokens of a row
  bool packed = false;          ///< several conversations share a row, without padding
  bool shuffle = true;          ///< a new order of the rows in each epoch
  std::uint64_t seed = 0;       ///< of the order
  bool skip_bad_lines = false;  ///< leave out and count conversations that the template refuses
  int num_workers = 1;  ///< threads that prepare batches; no effect on results; 0: the caller
  /// Called on the calling thread with the fraction of the records that are measured.
  std::function<void(double)> progress = {};
};

/// How many records are trained on, cut or left out.
struct sft_counts {
  index_t samples = 0;  ///< samples that are trained on
  index_t cut = 0;  ///< of these, samples that were cut: learned tokens lie beyond seq + 1 tokens
  index_t skipped = 0;     ///< left out because no learned token lies within seq + 1 tokens
  index_t bad = 0;         ///< left out because the template refuses them
  std::string first_bad;   ///< "FILE:LINE: why" of the first one that the template refuses
  index_t tokens = 0;      ///< tokens of an epoch that go through the model, padding not counted
  index_t supervised = 0;  ///< tokens of an epoch that are learned
};

/// Makes batches of conversations. Weights are 1 where the target is a token that the assistant
/// produced, the end token of its turn included, and 0 elsewhere (conversation_encoder). A sample
/// is a conversation up to its last such token, cut to seq + 1 tokens. The constructor encodes all
/// records once to know their lengths, unless the records keep their counts.
///
/// Padded: one sample a row of `seq` tokens, filled up with pad tokens of weight 0. The last batch
/// of an epoch may have fewer rows.
///
/// Packed: several whole samples share a row of at most `seq` tokens; which samples share one is
/// the same in every epoch. A batch is batch_size rows one after another, without padding. `starts`
/// holds the first token of every sample, so that samples do not see each other.
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

  /// The i-th sample in the order of the file, as it is trained on, for people to look at.
  [[nodiscard]] encoded_conversation sample(index_t i) const;

 private:
  sft_counts counts_;
};

struct preference_options {
  index_t batch_size = 8;       ///< pairs of a batch
  index_t seq = 512;            ///< most tokens of an answer with its prompt
  bool packed = true;           ///< sequences one after another; false: each padded to `seq`
  bool shuffle = true;          ///< a new order of the pairs in each epoch
  std::uint64_t seed = 0;       ///< of the order
  bool skip_bad_lines = false;  ///< leave out, and count, pairs that the chat template refuses
  int num_workers = 1;  ///< threads that prepare batches; no effect on results; 0: the caller
  /// Called on the calling thread with the fraction of the records that are measured.
  std::function<void(double)> progress = {};
};

/// How many records are trained on, cut or left out.
struct preference_counts {
  index_t pairs = 0;      ///< pairs that are trained on
  index_t cut = 0;        ///< of these, cut: the end of an answer lies beyond seq + 1 tokens
  index_t skipped = 0;    ///< left out because an answer has no learned token within seq + 1 tokens
  index_t bad = 0;        ///< left out because the template refuses them
  std::string first_bad;  ///< "FILE:LINE: why" of the first one that the template refuses
  index_t tokens = 0;     ///< tokens of an epoch that go through the model, padding not counted
};

/// Makes batches of pairs: sequences 2i and 2i+1 are the chosen and the rejected answer of pair i,
/// each after the prompt. Weights are 1 where the target is a token that the assistant produced
/// after the messages that both sides share, the end token of its turn included, and 0 elsewhere. A
/// sequence is cut to seq + 1 tokens. The constructor encodes all records once, unless the records
/// keep their counts.
///
/// The order of the pairs is a function of (seed, epoch). Memory: 8 bytes a pair, 16 more with
/// references. Throws: zer0::error for options out of range, for a pair that cannot be encoded
/// (unless bad lines are to be skipped), naming file and line, and if no pair is left.
class preference_data : public sample_batches {
 public:
  /// The records must outlive this object.
  preference_data(const record_view<preference_records>& view, conversation_encoder encode,
                  const preference_options& options);

  [[nodiscard]] const preference_counts& counts() const { return counts_; }
  [[nodiscard]] index_t pairs() const { return counts_.pairs; }
  /// A hash of all tokens and of which are learned: it depends on data, tokenizer, template and
  /// `seq`.
  [[nodiscard]] std::uint64_t fingerprint() const;

  /// A batch of up to batch_size pairs from pair `first` on, in the order of the file.
  void in_order(index_t first, token_batch& out);

  /// Sets the log-probabilities of all answers under a reference model, which every batch then
  /// holds for its pairs. Their order is that of the file: chosen and rejected answer of pair 0,
  /// then of pair 1. Call `seek` afterwards. Throws zer0::error unless there are two for each pair.
  void set_references(std::vector<double> references);
  [[nodiscard]] bool has_references() const;

 private:
  preference_counts counts_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/batches.ipp>
#endif
