// What a tokenizer consists of, and how it is put together.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/text/detail/added_tokens.hpp>
#include <zer0/text/detail/bpe.hpp>
#include <zer0/text/detail/normalizer.hpp>
#include <zer0/text/detail/pre_tokenizer.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace zer0::detail {

struct string_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const {
    return std::hash<std::string_view>()(text);
  }
};
using id_map = std::unordered_map<std::string, token_id, string_hash, std::equal_to<>>;

/// A token as decoding sees it.
struct token_entry {
  std::string bytes;
  bool exists = false;
  bool special = false;
  bool added = false;   ///< cut out of the text before anything else
  bool rstrip = false;  ///< and takes the white space after it
};

struct special_ids {
  std::optional<token_id> bos, eos, pad, unk;
};

struct tokenizer_parts {
  id_map ids;                       ///< content, as spelled in the files, -> id
  std::vector<token_entry> tokens;  ///< by id
  bpe model;
  id_map whole_words;  ///< with "ignore_merges": bytes -> id of words that are not merged
  class normalizer normalizer;
  class pre_tokenizer pre_tokenizer;
  added_token_finder raw_added;         ///< looked for in the text as it is
  added_token_finder normalized_added;  ///< looked for after normalization
  std::vector<token_id> before, after;  ///< what the post-processor puts around a text
  special_ids special;
  std::string chat_template;
  std::uint64_t content = 0;  ///< hash of the files that say how texts are encoded

  /// An id that names no token has an empty entry.
  [[nodiscard]] const token_entry& entry(token_id id) const {
    static const token_entry nothing;
    const auto index = static_cast<std::size_t>(static_cast<std::uint32_t>(id));
    return index < tokens.size() ? tokens[index] : nothing;
  }
};

/// Puts a tokenizer together from vocabulary, merges and added tokens, checking that they fit.
/// Order of calls: expect, token..., find_byte_tokens, merges, the normalizer, added tokens,
/// finish. Throws `error` for tokens and merges that contradict one another.
class tokenizer_builder {
 public:
  explicit tokenizer_builder(tokenizer_parts& parts) : parts_(parts) {}

  void token(const std::string& content, token_id id, const std::string& where) {
    require(!content.empty(), where, ": a token is the empty string");
    const auto index = static_cast<std::size_t>(id);
    // Ids index tables: a wrong one must not ask for gigabytes.
    const std::size_t limit = 2 * std::max(expected_, parts_.ids.size()) + 100'000;
    require(index < limit, where, ": token '", content, "' has id ", id, ", too large for ",
            expected_, " tokens (limit ", limit, ")");
    if (parts_.tokens.size() <= index) parts_.tokens.resize(index + 1);
    token_entry& entry = parts_.tokens[index];
    require(!entry.exists, where, ": two tokens have id ", id, ", one of them '", content, "'");
    entry.exists = true;
    std::optional<std::string> bytes = byte_level_decode(content);
    entry.bytes = bytes ? std::move(*bytes) : content;
    parts_.ids.emplace(content, id);
  }

  /// Says how many tokens will come; ids may not be much larger.
  void expect(std::size_t tokens) {
    expected_ = tokens;
    parts_.ids.reserve(tokens);
    parts_.tokens.reserve(tokens);
  }

  /// Call it after the last token of the vocabulary.
  void find_byte_tokens() {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      std::string content;
      append_utf8(content, byte_level_alphabet()[byte]);
      const auto found = parts_.ids.find(content);
      if (found != parts_.ids.end()) parts_.model.byte_ids[byte] = found->second;
    }
  }

  void reserve_merges(std::size_t count) { parts_.model.merges = merge_table(count); }

  /// Adds a merge. `where` is called only for an error message.
  template <class Where>
  void merge(std::string_view left, std::string_view right, std::size_t rank, Where&& where) {
    joined_.assign(left).append(right);
    const auto id_of = [&](std::string_view part) {
      const auto found = parts_.ids.find(part);
      if (found == parts_.ids.end())
        fail(where(), ": '", part, "' is not in the vocabulary, but '", left, "' + '", right,
             "' needs it");
      return found->second;
    };
    const token_id first =
        id_of(left);  // in this order, whatever the compiler: the complaint names the first unknown
    const token_id second = id_of(right);
    parts_.model.merges.set(first, second, {static_cast<std::uint32_t>(rank), id_of(joined_)});
  }

  /// A merge written as "left right".
  template <class Where>
  void merge(std::string_view line, std::size_t rank, Where&& where) {
    const std::size_t space = line.find(' ');
    if (space == std::string_view::npos || line.find(' ', space + 1) != std::string_view::npos) {
      fail(where(), ": '", line, "' is not two tokens with one space between");
    }
    merge(line.substr(0, space), line.substr(space + 1), rank, where);
  }

  void added(const added_token& token, const std::string& where) {
    require(!token.content.empty(), where, ": the content is empty");
    const auto known = parts_.ids.find(token.content);
    if (known == parts_.ids.end())
      this->token(token.content, token.id, where);
    else if (known->second != token.id)
      fail(where, ": '", token.content, "' has id ", token.id, " here and ", known->second,
           " in the vocabulary");
    token_entry& entry = parts_.tokens[static_cast<std::size_t>(token.id)];
    entry.special |= token.special;
    entry.added = true;
    entry.rstrip |= token.rstrip;
    if (!token.normalized) return parts_.raw_added.add(token.content, token);
    std::string buffer;
    parts_.normalized_added.add(std::string(parts_.normalizer(token.content, buffer)), token);
  }

  /// Words that the vocabulary has as a whole are not merged ("ignore_merges").
  void ignore_merges() {
    for (const auto& [content, id] : parts_.ids) {
      std::optional<std::string> bytes = byte_level_decode(content);
      if (bytes) parts_.whole_words.emplace(std::move(*bytes), id);
    }
  }

  void finish() {
    parts_.model.prepare();
    parts_.raw_added.prepare();
    parts_.normalized_added.prepare();
  }

  [[nodiscard]] token_id known_id(const std::string& content, const std::string& where) const {
    const auto found = parts_.ids.find(content);
    require(found != parts_.ids.end(), where, ": '", content, "' is not in the vocabulary");
    return found->second;
  }

  [[nodiscard]] bool has_id(token_id id) const {
    const auto index = static_cast<std::size_t>(id);
    return index < parts_.tokens.size() && parts_.tokens[index].exists;
  }

 private:
  tokenizer_parts& parts_;
  std::size_t expected_ = 0;
  std::string joined_;
};

}  // namespace zer0::detail
