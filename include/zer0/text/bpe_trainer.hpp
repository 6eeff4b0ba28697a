// Learning a byte-level BPE vocabulary from counted words, merge for merge as Hugging Face's BpeTrainer does.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/text/word_counts.hpp>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace zer0 {

struct bpe_training {
  index_t vocab_size = 30000;    ///< special tokens, the 256 bytes and merges together
  index_t min_frequency = 0;     ///< a pair that occurs less often is not merged
  index_t max_token_length = 0;  ///< tokens made of three or more bytes stay shorter than this; 0: no limit
  std::vector<std::string> special_tokens = {};  ///< they get the first ids, in this order
  std::function<void(double)> progress = {};     ///< told the fraction that is done

  /// Throws: zer0::error for a vocabulary too small for the bytes and special tokens, naming the least; for special
  /// tokens that are empty, not UTF-8 or given twice.
  void check() const;
};

/// What was learned. Tokens are spelled in the byte-level alphabet, special ones as they are.
struct trained_bpe {
  std::vector<std::string> tokens;                    ///< by id
  std::vector<std::pair<token_id, token_id>> merges;  ///< the earliest first
  index_t special = 0;                                ///< how many of the first tokens are special
};

/// Learns merges: again and again the pair that stands together most often (of equals the one with the smaller ids)
/// becomes a token, until the vocabulary is full or no pair occurs `min_frequency` times. `words` are parts that
/// together are the text; how they are parted and ordered changes nothing. The 256 bytes are always tokens, so that any
/// text can be encoded. Same vocabulary and merges as BpeTrainer of Hugging Face's `tokenizers` with
/// initial_alphabet=ByteLevel.alphabet().
/// Time: a heap of pairs with the words that hold them; a merge looks only at its own words. Memory: 4 bytes for each
/// byte of the different words, 16 a word, and at first about 4 for each byte for the lists of words.
/// Throws: zer0::error for options that `check` refuses.
/// Source: Sennrich et al. 2016, arXiv:1508.07909.
trained_bpe train_bpe(std::vector<word_counts> words, const bpe_training& options);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/bpe_trainer.ipp>
#endif
