// Making a tokenizer: learning a byte-level BPE vocabulary from counted words, merge for merge as
// Hugging Face's BpeTrainer does, and writing it as the files of a tokenizer.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/types.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

/// Counts of the different words of texts, from which byte-pair merges are learned. Words are in
/// the order in which they first came. Memory: the bytes of the different words and about 35 for
/// each of them. Not thread-safe.
class word_counts {
 public:
  /// Adds the words of a text as the ByteLevel pre-tokenizer with GPT-2's regex cuts them; `text`
  /// is valid UTF-8.
  void add_text(std::string_view text);

  void add(std::string_view word, std::int64_t times = 1);

  /// The same with the word's hash, if it is known already: the one that `each` gives.
  void add(std::string_view word, std::uint64_t hash, std::int64_t times);

  /// The number of different words.
  [[nodiscard]] std::size_t size() const { return words_.size(); }

  /// Calls each(word, hash, count) for every different word.
  template <class Each>
  void each(Each&& each) const {
    for (std::size_t i = 0; i < words_.size(); ++i) each(word(i), words_[i].hash, words_[i].count);
  }

  /// Bytes of memory that the words occupy.
  [[nodiscard]] std::size_t memory() const {
    return bytes_.capacity() + words_.capacity() * sizeof(entry) +
           slots_.capacity() * sizeof(slots_[0]);
  }

 private:
  struct entry {
    std::uint64_t hash;
    std::size_t begin;  // of its bytes; they end where those of the next begin
    std::int64_t count;
  };

  [[nodiscard]] std::string_view word(std::size_t i) const {
    const std::size_t end = i + 1 < words_.size() ? words_[i + 1].begin : bytes_.size();
    return std::string_view(bytes_).substr(words_[i].begin, end - words_[i].begin);
  }

  [[nodiscard]] std::size_t place(std::uint64_t hash) const {
    return static_cast<std::size_t>(hash * 0x9E3779B97F4A7C15ULL >> 20) & (slots_.size() - 1);
  }

  void grow();

  std::vector<entry> words_;
  std::string bytes_;
  std::vector<std::uint32_t> slots_;  // 1 + index of a word; open addressing, at most half full
};

struct bpe_training {
  index_t vocab_size = 30000;  ///< special tokens, the 256 bytes and merges together
  index_t min_frequency = 0;   ///< a pair that occurs less often is not merged
  /// Tokens made of three or more bytes stay shorter than this; 0: no limit.
  index_t max_token_length = 0;
  std::vector<std::string> special_tokens = {};  ///< they get the first ids, in this order
  std::function<void(double)> progress = {};     ///< told the fraction that is done

  /// Throws: zer0::error for a vocabulary too small for the bytes and special tokens, naming the
  /// least; for special tokens that are empty, not UTF-8 or given twice.
  void check() const;
};

/// What was learned. Tokens are spelled in the byte-level alphabet, special ones as they are.
struct trained_bpe {
  std::vector<std::string> tokens;                    ///< by id
  std::vector<std::pair<token_id, token_id>> merges;  ///< the earliest first
  index_t special = 0;                                ///< how many of the first tokens are special
};

/// Learns merges. Again and again the most frequent pair of neighbouring tokens (among equals the
/// one with the smaller ids) becomes a token, until the vocabulary is full or no pair occurs
/// `min_frequency` times. `words` are all words, in any number of parts; neither the parts nor
/// their order change the result. The 256 bytes are always tokens, so that any text can be encoded.
/// Same vocabulary and merges as BpeTrainer of Hugging Face's `tokenizers` with
/// initial_alphabet=ByteLevel.alphabet(). Time: pairs lie in a heap, each with a list of the words
/// that hold it, so a merge looks only at these words. Memory: 4 bytes for each byte of the
/// different words, 16 a word, and at first about 4 for each byte for the lists of words. Throws:
/// zer0::error for options that `check` refuses. Source: Sennrich et al. 2016, arXiv:1508.07909.
trained_bpe train_bpe(std::vector<word_counts> words, const bpe_training& options);

/// The roles of special tokens, and the chat template, in tokenizer_config.json. Empty: none.
struct tokenizer_roles {
  std::string bos = {}, eos = {}, pad = {}, unk = {};
  std::string chat_template = {};  ///< Jinja source
};

/// ChatML: every message between <|im_start|>role and <|im_end|>.
inline constexpr std::string_view chatml_template =
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] "
    "+ '<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' "
    "}}{% endif %}";

/// The roles that special tokens usually have: bos is <s>, eos is </s>, pad and unk are <unk>; with
/// <|im_start|> and <|im_end|> the chat template is ChatML. A role whose token is not given is
/// empty.
[[nodiscard]] tokenizer_roles usual_roles(const std::vector<std::string>& special_tokens);

/// Throws: zer0::error unless a tokenizer can be written to `directory`, whose parent must be
/// writable. The directory may be missing; otherwise it must hold nothing but the files of a
/// tokenizer, and `overwrite` must be set if it holds one.
void require_place_for_tokenizer(const std::filesystem::path& directory, bool overwrite);

/// Writes tokenizer.json, vocab.json, merges.txt and tokenizer_config.json, which zer0::tokenizer
/// and Hugging Face's `tokenizers` and `transformers` read. The folder appears with all four or not
/// at all. An existing folder is replaced; it must hold nothing but these. Throws: zer0::error
/// naming path and reason, or a role that is no special token.
void write_tokenizer(const std::filesystem::path& directory, const trained_bpe& bpe,
                     const tokenizer_roles& roles = {});

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/bpe_trainer.ipp>
#include <zer0/text/detail/tokenizer_writer.ipp>
#include <zer0/text/detail/word_counts.ipp>
#endif
