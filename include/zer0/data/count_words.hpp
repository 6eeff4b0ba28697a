// Counting the words of files, on all cores: what a tokenizer is trained on; and their tokens by a
// tokenizer: how well it fits them.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/data/records.hpp>
#include <zer0/text/bpe_trainer.hpp>
#include <zer0/text/tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// Puts the texts of a line of JSON Lines into `texts`: its "text", and the "content" of each
/// message of its "conversations", "messages", "chosen" and "rejected". Returns what is wrong with
/// the line, or nothing.
[[nodiscard]] std::string read_training_texts(std::string_view line,
                                              std::vector<std::string>& texts);

/// Whether a file of texts is JSON Lines, by its name: .jsonl, .ndjson or .json. Any other is plain
/// text.
[[nodiscard]] bool is_json_lines(const std::filesystem::path& path);

struct count_options {
  int num_workers = 1;                     ///< threads that count; the result does not depend on it
  index_t piece_bytes = index_t{4} << 20;  ///< bytes a thread takes at once; no effect on results
  std::size_t max_bytes = 0;    ///< bytes that the different words may take, else it throws; 0: any
  bool skip_bad_lines = false;  ///< leave bad lines of JSON Lines out and count them
  /// Called on the calling thread with the fraction that is done.
  std::function<void(double)> progress = {};
};

struct counted_words {
  std::vector<word_counts> parts;  ///< no word is in two of them
  index_t bytes = 0;               ///< of text
  std::int64_t words = 0;          ///< number of words, repeated ones too
  std::size_t different = 0;
  zer0::bad_lines bad;  ///< lines that were left out
};

namespace detail {

/// Offsets at which a text may be cut without changing its words: 0, places at least `piece` bytes
/// apart, and the text's size. A place after a line feed is one, because a line with its line feed
/// is a text of its own. So is a place inside a line after a letter or number and before a
/// character of another kind: no match of GPT-2's pattern goes across it or looks across it.
[[nodiscard]] std::vector<std::size_t> text_cuts(std::string_view text, std::size_t piece);

}  // namespace detail

/// Counts the words of files as the ByteLevel pre-tokenizer with GPT-2's regex cuts them. In JSON
/// Lines (`is_json_lines`) every string that `read_training_texts` finds is a text. Any other file
/// is plain UTF-8, each line with its line feed a text, as for `train(files)` of Hugging Face's
/// `tokenizers`. Memory: the different words and their counts, and a few pieces; files are mapped,
/// so they may be larger than the memory (8 bytes a line of JSON Lines). Throws: zer0::error if the
/// different words exceed `max_bytes`, for a file that cannot be read, and naming the offset of
/// what is not UTF-8, or file and line.
counted_words count_words(const std::vector<std::filesystem::path>& files,
                          const count_options& options = {});

/// How well a tokenizer fits a file.
struct counted_tokens {
  std::size_t texts = 0;    ///< texts in the lines of JSON Lines; any other file is one text
  std::size_t bytes = 0;    ///< bytes of these texts
  std::size_t tokens = 0;   ///< tokens of these texts; special tokens in them are spelled out
  std::size_t changed = 0;  ///< texts whose tokens decode to another text

  /// bytes / tokens, 0 if there are no tokens.
  [[nodiscard]] double bytes_per_token() const {
    return tokens > 0 ? static_cast<double>(bytes) / static_cast<double>(tokens) : 0;
  }
};

/// Encodes the texts of a file, as count_words finds them, and decodes them again. Throws:
/// zer0::error naming a file that cannot be read, the offset of what is not UTF-8, or file and
/// line.
counted_tokens count_tokens(const std::filesystem::path& file, const tokenizer& tok);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/count_words.ipp>
#endif
