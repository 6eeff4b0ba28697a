// What pre-tokenizers ask of a character: letter, number, white space, word character. Data: utf8proc.
#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace zer0::detail {

enum class char_class : std::uint8_t { other, letter, number, space };

/// White_Space of Unicode, which is what `\s` means in the regexes of tokenizer files. (PCRE2's own \s has U+180E too.)
inline bool is_white_space(char32_t c) {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D);
  if (c < 0x1680) return c == 0x85 || c == 0xA0;
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
         c == 0x3000;
}

/// `\w` of Rust's regex crate (UTS 18, annex C): alphabetic, mark, decimal number, connector or join control.
inline bool is_word_char(char32_t c) {
  if (c == 0x200C || c == 0x200D || (c >= 0x24B6 && c <= 0x24E9)) return true;
  if ((c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) || (c >= 0x1F170 && c <= 0x1F189)) return true;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NL) || category == UTF8PROC_CATEGORY_PC;
}

inline char_class classify(char32_t c) {
  if (is_white_space(c)) return char_class::space;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) return char_class::letter;
  if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO) return char_class::number;
  return char_class::other;
}

/// `classify` as a table of blocks of 256 characters, equal blocks stored once. Built once per process, about a
/// millisecond.
class char_class_table {
 public:
  static const char_class_table& get() {
    static const char_class_table table;
    return table;
  }

  [[nodiscard]] char_class operator[](char32_t c) const { return blocks_[block_of_[c >> 8]][c & 0xFF]; }

 private:
  using block = std::array<char_class, 256>;

  char_class_table() {
    const block nothing{};  // planes 4 to 16 have no letters, numbers or white space
    blocks_.push_back(nothing);
    for (char32_t high = 0; high < 0x400; ++high) {
      block next{};
      for (char32_t low = 0; low < 256; ++low) next[low] = classify(high << 8 | low);
      const auto found = std::find(blocks_.begin(), blocks_.end(), next);
      block_of_[high] = static_cast<std::uint8_t>(found - blocks_.begin());
      if (found == blocks_.end()) blocks_.push_back(next);
    }
  }

  std::array<std::uint8_t, 0x1100> block_of_{};
  std::vector<block> blocks_;
};

}  // namespace zer0::detail
