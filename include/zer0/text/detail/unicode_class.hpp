// What pre-tokenizers ask of a character: letter, number, white space, word character. Data:
// utf8proc.
#pragma once

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace zer0::detail {

enum class char_class : std::uint8_t { other, letter, number, space };

/// White_Space of Unicode, which is what `\s` means in the regexes of tokenizer files. (PCRE2's own
/// \s has U+180E too.)
inline bool is_white_space(char32_t c) {
  if (c <= 0x20) return c == 0x20 || (c >= 0x09 && c <= 0x0D);
  if (c < 0x1680) return c == 0x85 || c == 0xA0;
  return c == 0x1680 || (c >= 0x2000 && c <= 0x200A) || c == 0x2028 || c == 0x2029 || c == 0x202F ||
         c == 0x205F || c == 0x3000;
}

/// `\w` of Rust's regex crate (UTS 18, annex C): alphabetic, mark, decimal number, connector or
/// join control.
inline bool is_word_char(char32_t c) {
  if (c == 0x200C || c == 0x200D || (c >= 0x24B6 && c <= 0x24E9)) return true;
  if ((c >= 0x1F130 && c <= 0x1F149) || (c >= 0x1F150 && c <= 0x1F169) ||
      (c >= 0x1F170 && c <= 0x1F189))
    return true;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_NL) ||
         category == UTF8PROC_CATEGORY_PC;
}

/// Letters and numbers of Unicode 15 and 16, which an installed utf8proc may not know yet.
inline char_class classify_recent(char32_t c) {
  using range = std::array<char32_t, 2>;
  constexpr std::array<range, 35> letters{{
      {0x1C89, 0x1C8A},   {0xA7CB, 0xA7CD},   {0xA7DA, 0xA7DC},   {0x105C0, 0x105F3},
      {0x10D4A, 0x10D65}, {0x10D6F, 0x10D85}, {0x10EC2, 0x10EC4}, {0x1123F, 0x11240},
      {0x11380, 0x11389}, {0x1138B, 0x1138B}, {0x1138E, 0x1138E}, {0x11390, 0x113B5},
      {0x113B7, 0x113B7}, {0x113D1, 0x113D1}, {0x113D3, 0x113D3}, {0x11BC0, 0x11BE0},
      {0x11F02, 0x11F02}, {0x11F04, 0x11F10}, {0x11F12, 0x11F33}, {0x1342F, 0x1342F},
      {0x13441, 0x13446}, {0x13460, 0x143FA}, {0x16100, 0x1611D}, {0x16D40, 0x16D6C},
      {0x18CFF, 0x18CFF}, {0x1B132, 0x1B132}, {0x1B155, 0x1B155}, {0x1DF25, 0x1DF2A},
      {0x1E030, 0x1E06D}, {0x1E4D0, 0x1E4EB}, {0x1E5D0, 0x1E5ED}, {0x1E5F0, 0x1E5F0},
      {0x2B739, 0x2B739}, {0x2EBF0, 0x2EE5D}, {0x31350, 0x323AF},
  }};
  constexpr std::array<range, 10> numbers{{
      {0x10D40, 0x10D49},
      {0x116D0, 0x116E3},
      {0x11BF0, 0x11BF9},
      {0x11F50, 0x11F59},
      {0x16130, 0x16139},
      {0x16D70, 0x16D79},
      {0x1CCF0, 0x1CCF9},
      {0x1D2C0, 0x1D2D3},
      {0x1E4F0, 0x1E4F9},
      {0x1E5F1, 0x1E5FA},
  }};
  const auto has = [c](range r) { return c >= r[0] && c <= r[1]; };
  if (std::any_of(letters.begin(), letters.end(), has)) return char_class::letter;
  return std::any_of(numbers.begin(), numbers.end(), has) ? char_class::number : char_class::other;
}

inline char_class classify(char32_t c) {
  if (is_white_space(c)) return char_class::space;
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  if (category == UTF8PROC_CATEGORY_CN && c < 0x32400) return classify_recent(c);
  if (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO)
    return char_class::letter;
  if (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO)
    return char_class::number;
  return char_class::other;
}

/// `classify` as a table of blocks of 256 characters, equal blocks stored once. Built once per
/// process, about a millisecond.
class char_class_table {
 public:
  static const char_class_table& get() {
    static const char_class_table table;
    return table;
  }

  [[nodiscard]] char_class operator[](char32_t c) const {
    return blocks_[block_of_[c >> 8]][c & 0xFF];
  }

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
