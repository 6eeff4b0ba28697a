// The byte-level BPE tokenizer: text to token ids and back, id for id as Hugging Face's
// `tokenizers` does it.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

struct encode_options {
  bool add_special_tokens =
      false;  ///< add what the file's post-processor puts around a text, such as a begin token
  bool continues =
      false;  ///< the text continues another one: no space is put before its first word
  /// False: special tokens spelled out in the text are plain text (for untrusted text).
  bool parse_special = true;
};

namespace detail {
struct tokenizer_parts;
class scratch_pool;
}  // namespace detail

/// A byte-level BPE tokenizer (GPT-2, Llama 3, Qwen, DeepSeek and their kin).
/// encode: cut out added tokens, normalize, pre-tokenize, merge inside each piece. decode: join the
/// tokens' bytes. Immutable; all functions may be called from many threads at once. A copy shares
/// the tables. Memory: about 100 bytes a token, 32 a merge, and 2 MiB of word cache for each thread
/// that encodes at the same time. Source: Sennrich et al. 2016, arXiv:1508.07909; byte level:
/// Radford et al. 2019, section 2.2.
class tokenizer {
 public:
  /// Reads a tokenizer.json, a vocab.json with merges.txt beside it, or a directory that has
  /// either; also the tokenizer_config.json beside them, for bos, eos, pad, unk and the chat
  /// template. Throws: `error` naming file and key for anything missing, malformed or not
  /// supported.
  explicit tokenizer(const std::filesystem::path& file_or_directory);

  /// From the text of a tokenizer.json; `name` is what messages call it.
  static tokenizer from_json(std::string_view json, const std::string& name);

  /// The tokens of UTF-8 text. Throws: `error` naming the offset of the first byte that is not
  /// UTF-8.
  [[nodiscard]] std::vector<token_id> encode(std::string_view text,
                                             encode_options options = {}) const;

  /// The same, appended to what the vector holds. O(n log n) for n bytes whatever the text.
  void encode(std::string_view text, std::vector<token_id>& append_to,
              encode_options options = {}) const;

  /// The text of tokens. Ids that name no token are skipped; bytes that are not UTF-8 become
  /// U+FFFD, one for each maximal broken part.
  [[nodiscard]] std::string decode(std::span<const token_id> ids, bool skip_special = false) const;

  /// The highest id + 1: how many rows an embedding needs.
  [[nodiscard]] index_t size() const;

  [[nodiscard]] std::optional<token_id> bos() const;
  [[nodiscard]] std::optional<token_id> eos() const;
  [[nodiscard]] std::optional<token_id> pad() const;
  [[nodiscard]] std::optional<token_id> unk() const;

  /// The id of a token as the files spell it ("<|im_end|>", or "Ġthe" in the byte-level alphabet).
  [[nodiscard]] std::optional<token_id> id_of(std::string_view content) const;

  /// The bytes a token stands for, often not whole characters; empty for an id that names no token.
  [[nodiscard]] const std::string& token_bytes(token_id id) const;

  [[nodiscard]] bool is_special(token_id id) const;

  /// Whether the token is cut out of a text before anything else is done: special tokens and others
  /// of "added_tokens".
  [[nodiscard]] bool is_added(token_id id) const;
  /// Whether an added token takes the white space after it.
  [[nodiscard]] bool takes_space_after(token_id id) const;

  /// Whether the text spells out a special token, which `encode` would recognise with
  /// `parse_special`.
  [[nodiscard]] bool spells_special(std::string_view text) const;

  /// Jinja source, empty if the files have none.
  [[nodiscard]] const std::string& chat_template() const;

  /// A number that tells this tokenizer from others, almost surely: of the content of its files and
  /// of its special tokens.
  [[nodiscard]] std::uint64_t fingerprint() const;

  /// The path given to the constructor.
  [[nodiscard]] const std::filesystem::path& source() const { return source_; }

  /// Where the files lie.
  [[nodiscard]] std::filesystem::path directory() const;

  /// The files that lie there, so that a checkpoint can copy them.
  [[nodiscard]] std::vector<std::filesystem::path> files() const { return files_in(directory()); }
  /// The files of any tokenizer in a folder: tokenizer.json, its configuration, its chat template,
  /// ...
  [[nodiscard]] static std::vector<std::filesystem::path> files_in(
      const std::filesystem::path& directory);

 private:
  tokenizer(std::shared_ptr<const detail::tokenizer_parts> parts, std::filesystem::path source);

  std::shared_ptr<const detail::tokenizer_parts> parts_;
  std::shared_ptr<detail::scratch_pool> scratch_;
  std::filesystem::path source_;
};

/// Decodes tokens one at a time, as they are generated. Gives out text as soon as it is whole
/// characters. The pieces of push() and the flush() at the end, joined, are decode() of the same
/// tokens. The tokenizer's tables are shared, not copied.
class stream_decoder {
 public:
  explicit stream_decoder(tokenizer tok, bool skip_special = true);

  /// What the token adds; empty while a character is incomplete.
  std::string push(token_id id);

  /// What is left at the end: U+FFFD for a character that never became whole. The decoder can then
  /// be used again.
  std::string flush();

 private:
  tokenizer tokenizer_;
  std::string pending_;
  bool skip_special_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/tokenizer.ipp>
#endif
