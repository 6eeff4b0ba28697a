// Batches for preference learning, from pairs of answers.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/conversation_encoder.hpp>
#include <zer0/data/record_view.hpp>
#include <zer0/data/records.hpp>
#include <zer0/data/sample_batches.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace zer0 {

struct preference_options {
  index_t batch_size = 8;       ///< pairs of a batch
  index_t seq = 512;            ///< tokens of an answer with its prompt, at most
  bool packed = true;           ///< sequences one after another, instead of each padded to `seq`
  bool shuffle = true;          ///< a new order each epoch
  std::uint64_t seed = 0;       ///< of the order
  bool skip_bad_lines = false;  ///< leave out, and count, pairs that the chat template refuses
  int num_workers = 1;  ///< threads that prepare batches, all to the same effect; 0: the caller
  /// Told how much of the data is looked at, on the calling thread.
  std::function<void(double)> progress = {};
};

/// What became of the records.
struct preference_counts {
  index_t pairs = 0;  ///< trained on
  index_t cut = 0;  ///< of these: the end of an answer lies beyond seq + 1 tokens, and is cut away
  index_t skipped = 0;    ///< left out, as an answer has nothing to learn within seq + 1 tokens
  index_t bad = 0;        ///< left out, as the template refuses them
  std::string first_bad;  ///< "FILE:LINE: why" of the first of these
  index_t tokens = 0;     ///< of an epoch that go through the model, padding not counted
};

/// Makes batches of pairs: sequences 2i and 2i+1 are the chosen and the rejected answer of pair i,
/// each after the prompt. Weight 1 where the target is a token that the assistant produced behind
/// the messages that both sides share, its end token included; 0 elsewhere. A sequence is cut to
/// seq + 1 tokens. The constructor looks at all records once, unless the records keep their counts.
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
  /// Of all tokens and what is learned of them: data, tokenizer, template and length of a sequence.
  [[nodiscard]] std::uint64_t fingerprint() const;

  /// A batch of up to batch_size pairs from pair `first` on, in the order of the file.
  void in_order(index_t first, token_batch& out);

  /// Gives all batches the log-probabilities of their answers under a reference model: of pair 0's
  /// chosen one, its rejected one, pair 1's, in the order of the file. Call `seek` afterwards.
  /// Throws zer0::error if there are not two a pair.
  void set_references(std::vector<double> references);
  [[nodiscard]] bool has_references() const;

 private:
  preference_counts counts_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/preference_data.ipp>
#endif
