// What a tokenizer consists of, as read from its files.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/text/detail/added_tokens.hpp>
#include <zer0/text/detail/bpe.hpp>
#include <zer0/text/detail/normalizer.hpp>
#include <zer0/text/detail/pre_tokenizer.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace zer0::detail {

struct string_hash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
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

  /// An id that names no token has an empty entry.
  [[nodiscard]] const token_entry& entry(token_id id) const {
    static const token_entry nothing;
    const auto index = static_cast<std::size_t>(static_cast<std::uint32_t>(id));
    return index < tokens.size() ? tokens[index] : nothing;
  }
};

}  // namespace zer0::detail
