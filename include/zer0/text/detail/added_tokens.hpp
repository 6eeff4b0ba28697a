// Tokens that are cut out of the text before anything else: <|im_start|> and its like.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/text/detail/unicode_class.hpp>
#include <zer0/text/detail/utf8_text.hpp>
#include <zer0/text/utf8.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail {

/// An entry of a tokenizer file's "added_tokens".
struct added_token {
  token_id id = no_token;
  std::string content;
  bool single_word = false;  ///< matches only where no word character touches it
  bool lstrip = false;       ///< takes the white space before it
  bool rstrip = false;       ///< takes the white space after it
  bool normalized = false;   ///< is looked for after normalization
  bool special = false;
};

/// Finds added tokens: the leftmost first, and the longest of those that begin at the same place.
class added_token_finder {
 public:
  void add(std::string pattern, const added_token& token) {
    if (!pattern.empty()) tokens_.push_back({std::move(pattern), token, tokens_.size()});
  }

  [[nodiscard]] bool empty() const { return tokens_.empty(); }

  /// Must be called between the last `add` and the first `split`.
  void prepare() {
    const auto by_pattern = [](const item& a, const item& b) {
      const int order = a.pattern.compare(b.pattern);
      return order != 0 ? order < 0 : a.number < b.number;
    };
    std::make_heap(tokens_.begin(), tokens_.end(),
                   by_pattern);  // std::sort takes three times as long to compile
    std::sort_heap(tokens_.begin(), tokens_.end(), by_pattern);
    for (std::size_t i = tokens_.size(); i-- > 0;)
      first_bytes_[first_byte(i)] = static_cast<std::uint32_t>(i + 1);
    if (!tokens_.empty() && first_byte(0) == first_byte(tokens_.size() - 1))
      only_first_ = tokens_[0].pattern[0];
  }

  /// Calls on_text(piece) and on_token(id) from left to right. Without `parse_special` special
  /// tokens stay text.
  template <class OnText, class OnToken>
  void split(std::string_view text, bool parse_special, OnText&& on_text,
             OnToken&& on_token) const {
    std::size_t done = 0;  // everything before it was given to on_text or on_token
    for (std::size_t at = candidate(text, 0); at < text.size();) {
      const item* const found = longest_at(text, at);
      if (found == nullptr) {
        at = candidate(text, at + 1);
        continue;
      }
      std::size_t begin = at;
      std::size_t end = at + found->pattern.size();
      at = candidate(text, end);
      const added_token& token = found->token;
      if (token.special && !parse_special) continue;
      if (token.single_word && touches_word(text, begin, end)) continue;
      if (token.lstrip) begin = std::max(spaces_before(text, begin), done);
      if (token.rstrip) end = spaces_after(text, end);
      if (done < begin) on_text(text.substr(done, begin - done));
      on_token(token.id);
      done = end;
    }
    if (done < text.size()) on_text(text.substr(done));
  }

 private:
  struct item {
    std::string pattern;
    added_token token;
    std::size_t number;  // its place in the order of `add`; of equal patterns the first counts
  };

  [[nodiscard]] std::size_t first_byte(std::size_t i) const {
    return static_cast<unsigned char>(tokens_[i].pattern[0]);
  }

  /// The next place where a token may begin.
  [[nodiscard]] std::size_t candidate(std::string_view text, std::size_t from) const {
    if (tokens_.empty() || from >= text.size()) return text.size();
    if (only_first_ != '\0') {
      const void* const hit = std::memchr(text.data() + from, only_first_, text.size() - from);
      return hit == nullptr ? text.size()
                            : static_cast<std::size_t>(static_cast<const char*>(hit) - text.data());
    }
    while (from < text.size() && first_bytes_[static_cast<unsigned char>(text[from])] == 0) ++from;
    return from;
  }

  /// Narrows the sorted patterns a byte at a time.
  [[nodiscard]] const item* longest_at(std::string_view text, std::size_t at) const {
    const std::uint32_t first = first_bytes_[static_cast<unsigned char>(text[at])];
    if (first == 0) return nullptr;
    auto low = tokens_.begin() + static_cast<std::ptrdiff_t>(first - 1);
    auto high = tokens_.end();
    const item* best = nullptr;
    for (std::size_t depth = 0; at + depth < text.size(); ++depth) {
      const char wanted = text[at + depth];
      const auto byte_at = [&](const item& i) {
        return depth < i.pattern.size() ? static_cast<unsigned char>(i.pattern[depth]) : -1;
      };
      const int byte = static_cast<unsigned char>(wanted);
      low = std::partition_point(low, high, [&](const item& i) { return byte_at(i) < byte; });
      high = std::partition_point(low, high, [&](const item& i) { return byte_at(i) == byte; });
      if (low == high) break;
      if (low->pattern.size() == depth + 1) best = &*low;
    }
    return best;
  }

  static bool touches_word(std::string_view text, std::size_t begin, std::size_t end) {
    const char* const data = text.data();
    const char* const stop = data + text.size();
    if (begin > 0 && is_word_char(read_utf8_before(data, data + begin).code)) return true;
    return end < text.size() && is_word_char(read_utf8(data + end, stop).code);
  }

  static std::size_t spaces_before(std::string_view text, std::size_t at) {
    while (at > 0) {
      const utf8_char c = read_utf8_before(text.data(), text.data() + at);
      if (!is_white_space(c.code)) break;
      at -= static_cast<std::size_t>(c.length);
    }
    return at;
  }

  static std::size_t spaces_after(std::string_view text, std::size_t at) {
    while (at < text.size()) {
      const utf8_char c = read_utf8(text.data() + at, text.data() + text.size());
      if (!is_white_space(c.code)) break;
      at += static_cast<std::size_t>(c.length);
    }
    return at;
  }

  std::vector<item> tokens_;  // sorted by pattern
  std::array<std::uint32_t, 256>
      first_bytes_{};       // 1 + index of the first pattern that begins with the byte
  char only_first_ = '\0';  // the byte that all patterns begin with, if it is one and not 0
};

}  // namespace zer0::detail
