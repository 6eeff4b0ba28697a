// The byte-level BPE tokenizer: text to token ids and back, id for id as Hugging Face's `tokenizers` does it.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/text/tokenizer_files.hpp>
#include <zer0/text/utf8.hpp>
#include <zer0/text/word_cache.hpp>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0 {

struct encode_options {
  bool add_special_tokens = false;  ///< put what the file's post-processor says around the text, such as a begin token
  bool continues = false;           ///< the text goes on from another one: no space is put before its first word
  bool parse_special = true;  ///< false: special tokens spelled out in the text are plain text (for text of strangers)
};

namespace detail {

/// What one thread works with while it encodes.
struct encode_scratch {
  pre_tokenizer_scratch pieces;
  bpe_scratch merging;
  word_cache cache;
  std::string normalized;
};

/// Scratch for as many threads as encode at once; a thread gets the one used last, whose cache is warm.
class scratch_pool {
 public:
  class lease {
   public:
    lease(scratch_pool& pool, std::unique_ptr<encode_scratch> scratch) : pool_(pool), scratch_(std::move(scratch)) {}
    lease(const lease&) = delete;
    lease& operator=(const lease&) = delete;
    ~lease() { pool_.give_back(std::move(scratch_)); }
    encode_scratch& operator*() const { return *scratch_; }

   private:
    scratch_pool& pool_;
    std::unique_ptr<encode_scratch> scratch_;
  };

  lease take() {
    {
      const std::lock_guard lock(mutex_);
      if (!free_.empty()) {
        std::unique_ptr<encode_scratch> scratch = std::move(free_.back());
        free_.pop_back();
        return {*this, std::move(scratch)};
      }
    }
    return {*this, std::make_unique<encode_scratch>()};
  }

 private:
  void give_back(std::unique_ptr<encode_scratch> scratch) {
    constexpr std::size_t keep = std::size_t{1} << 16;  // a word of megabytes must not occupy memory for ever
    if (scratch->merging.ids.capacity() > keep) scratch->merging = {};
    if (scratch->normalized.capacity() > 16 * keep) scratch->normalized = {};
    if (scratch->pieces.prefixed.capacity() > 16 * keep) scratch->pieces.prefixed = {};
    const std::lock_guard lock(mutex_);
    free_.push_back(std::move(scratch));
  }

  std::mutex mutex_;
  std::vector<std::unique_ptr<encode_scratch>> free_;
};

}  // namespace detail

/// A byte-level BPE tokenizer (GPT-2, Llama 3, Qwen, DeepSeek and their kin).
/// encode: cut out added tokens, normalize, pre-tokenize, merge inside each piece. decode: join the tokens' bytes.
/// Immutable; all functions may be called from many threads at once. A copy shares the tables.
/// Memory: about 100 bytes a token, 32 a merge, and 2 MiB of word cache for each thread that encodes at the same time.
/// Source: Sennrich et al. 2016, arXiv:1508.07909; byte level: Radford et al. 2019, section 2.2.
class tokenizer {
 public:
  /// Reads a tokenizer.json, a vocab.json with merges.txt beside it, or a directory that has either; also the
  /// tokenizer_config.json beside them, for bos, eos, pad, unk and the chat template.
  /// Throws: `error` naming file and key for anything missing, malformed or not supported.
  explicit tokenizer(const std::filesystem::path& file_or_directory) : source_(file_or_directory) {
    auto parts = std::make_shared<detail::tokenizer_parts>();
    detail::tokenizer_files::read(file_or_directory, *parts);
    parts_ = std::move(parts);
  }

  /// From the text of a tokenizer.json; `name` is what messages call it.
  static tokenizer from_json(std::string_view json, const std::string& name) {
    auto parts = std::make_shared<detail::tokenizer_parts>();
    detail::tokenizer_json::parse(json, name, *parts);
    return tokenizer(std::move(parts), name);
  }

  /// The tokens of UTF-8 text. Throws: `error` naming the offset of the first byte that is not UTF-8.
  [[nodiscard]] std::vector<token_id> encode(std::string_view text, encode_options options = {}) const {
    std::vector<token_id> ids;
    ids.reserve(text.size() / 4 + 8);
    encode(text, ids, options);
    return ids;
  }

  /// The same, appended to what the vector holds. O(n log n) for n bytes whatever the text.
  void encode(std::string_view text, std::vector<token_id>& append_to, encode_options options = {}) const {
    const std::size_t bad = find_invalid_utf8(text);
    require(bad == std::string_view::npos, "text to encode is not UTF-8: byte ",
            bad < text.size() ? static_cast<int>(static_cast<unsigned char>(text[bad])) : 0, " at offset ", bad, " of ",
            text.size());
    const detail::tokenizer_parts& parts = *parts_;
    const auto lease = scratch_->take();
    detail::encode_scratch& scratch = *lease;
    const auto put = [&](token_id id) { append_to.push_back(id); };
    if (options.add_special_tokens) append_to.insert(append_to.end(), parts.before.begin(), parts.before.end());
    const auto encode_raw = [&](std::string_view piece) {
      const std::string_view normal = parts.normalizer(piece, scratch.normalized);
      const char* const joined = options.continues && piece.data() == text.data() ? normal.data() : nullptr;
      const auto encode_normal = [&](std::string_view part) {
        const auto word = [&](std::string_view w) { encode_word(w, scratch, append_to); };
        parts.pre_tokenizer.split(part, scratch.pieces, word, part.data() == joined);
      };
      parts.normalized_added.split(normal, options.parse_special, encode_normal, put);
    };
    parts.raw_added.split(text, options.parse_special, encode_raw, put);
    if (options.add_special_tokens) append_to.insert(append_to.end(), parts.after.begin(), parts.after.end());
  }

  /// The text of tokens. Ids that name no token are skipped; bytes that are not UTF-8 become U+FFFD, one for each
  /// maximal broken part.
  [[nodiscard]] std::string decode(std::span<const token_id> ids, bool skip_special = false) const {
    std::string bytes;
    for (const token_id id : ids) {
      if (skip_special && is_special(id)) continue;
      bytes += token_bytes(id);
    }
    if (find_invalid_utf8(bytes) == std::string::npos) return bytes;
    std::string text;
    append_lossy_utf8(text, bytes);
    return text;
  }

  /// The highest id + 1: how many rows an embedding needs.
  [[nodiscard]] index_t size() const { return static_cast<index_t>(parts_->tokens.size()); }

  [[nodiscard]] std::optional<token_id> bos() const { return parts_->special.bos; }
  [[nodiscard]] std::optional<token_id> eos() const { return parts_->special.eos; }
  [[nodiscard]] std::optional<token_id> pad() const { return parts_->special.pad; }
  [[nodiscard]] std::optional<token_id> unk() const { return parts_->special.unk; }

  /// The id of a token as the files spell it ("<|im_end|>", or "Ġthe" in the byte-level alphabet).
  [[nodiscard]] std::optional<token_id> id_of(std::string_view content) const {
    const auto found = parts_->ids.find(content);
    if (found == parts_->ids.end()) return std::nullopt;
    return found->second;
  }

  /// The bytes a token stands for, often not whole characters; empty for an id that names no token.
  [[nodiscard]] const std::string& token_bytes(token_id id) const { return entry(id).bytes; }

  [[nodiscard]] bool is_special(token_id id) const { return entry(id).special; }

  /// Whether it is cut out of the text before anything else is done: special tokens and others of "added_tokens".
  [[nodiscard]] bool is_added(token_id id) const { return entry(id).added; }
  /// Whether an added token takes the white space after it.
  [[nodiscard]] bool takes_space_after(token_id id) const { return entry(id).rstrip; }

  /// Whether the text spells out a special token, which `encode` would recognise with `parse_special`.
  [[nodiscard]] bool spells_special(std::string_view text) const {
    bool found = false;
    const auto look = [&](token_id id) { found = found || is_special(id); };
    const auto look_inside = [&](std::string_view piece) {
      if (found || parts_->normalized_added.empty()) return;
      std::string buffer;
      parts_->normalized_added.split(
          parts_->normalizer(piece, buffer), true, [](std::string_view) {}, look);
    };
    parts_->raw_added.split(text, true, look_inside, look);
    return found;
  }

  /// Jinja source, empty if the files have none.
  [[nodiscard]] const std::string& chat_template() const { return parts_->chat_template; }

  /// The path given to the constructor.
  [[nodiscard]] const std::filesystem::path& source() const { return source_; }

  /// Where the files lie, so that a checkpoint can copy them.
  [[nodiscard]] std::filesystem::path directory() const {
    std::error_code ignored;
    if (std::filesystem::is_directory(source_, ignored)) return source_;
    return source_.has_parent_path() ? source_.parent_path() : std::filesystem::path(".");
  }

 private:
  tokenizer(std::shared_ptr<const detail::tokenizer_parts> parts, std::filesystem::path source)
      : parts_(std::move(parts)), source_(std::move(source)) {}

  [[nodiscard]] const detail::token_entry& entry(token_id id) const {
    static const detail::token_entry nothing;
    const auto index = static_cast<std::size_t>(static_cast<std::uint32_t>(id));
    return index < parts_->tokens.size() ? parts_->tokens[index] : nothing;
  }

  void encode_word(std::string_view word, detail::encode_scratch& scratch, std::vector<token_id>& to) const {
    if (!detail::word_cache::fits(word)) return merge_word(word, scratch, to);
    const std::uint64_t hash = detail::word_cache::hash(word);
    if (const auto* known = scratch.cache.find(word, hash)) {
      if (known->tokens == 1) return to.push_back(known->ids[0]);
      to.insert(to.end(), known->ids.begin(), known->ids.begin() + known->tokens);
      return;
    }
    const std::size_t before = to.size();
    merge_word(word, scratch, to);
    scratch.cache.insert(word, hash, to.data() + before, to.size() - before);
  }

  void merge_word(std::string_view word, detail::encode_scratch& scratch, std::vector<token_id>& to) const {
    if (!parts_->whole_words.empty()) {
      const auto whole = parts_->whole_words.find(word);
      if (whole != parts_->whole_words.end()) return to.push_back(whole->second);
    }
    parts_->model.encode(word, scratch.merging, to);
  }

  std::shared_ptr<const detail::tokenizer_parts> parts_;
  std::shared_ptr<detail::scratch_pool> scratch_ = std::make_shared<detail::scratch_pool>();
  std::filesystem::path source_;
};

}  // namespace zer0
