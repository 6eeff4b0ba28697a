// The regexes of tokenizer files in PCRE2's dialect.
#pragma once

#include <zer0/core/error.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace zer0::detail {

/// Rewrites a regex of a tokenizer file (Oniguruma, Ruby's syntax) so that PCRE2 matches the same
/// text. Where the dialects agree the text is copied; where they differ it is spelled so that both
/// mean the same (\s \S \w \W \b \v \uHHHH, scripts); what has no such spelling is refused. Throws
/// `error` that names the construct.
class regex_dialect {
 public:
  static std::string to_pcre2(std::string_view pattern, std::string_view where) {
    regex_dialect dialect(pattern, where);
    while (dialect.at_ < pattern.size()) dialect.step();
    return dialect.out_;
  }

 private:
  static constexpr std::string_view white_space =
      R"(\t-\r \x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000})";
  static constexpr std::string_view not_white_space =
      R"(\x{0}-\x{8}\x{e}-\x{1f}!-\x{84}\x{86}-\x{9f}\x{a1}-\x{167f}\x{1681}-\x{1fff})"
      R"(\x{200b}-\x{2027}\x{202a}-\x{202e})"
      R"(\x{2030}-\x{205e}\x{2060}-\x{2fff}\x{3001}-\x{10ffff})";
  // Word characters as Oniguruma defines them: superscripts and fractions of Latin-1 count, other
  // numbers that are not decimal do not.
  static constexpr std::string_view word =
      R"(\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\x{b2}\x{b3}\x{b9}\x{bc}-\x{be})";

  regex_dialect(std::string_view pattern, std::string_view where)
      : pattern_(pattern), where_(where) {}

  void step() {
    const char c = pattern_[at_];
    if (c == '\\') return escape();
    if (in_class_) return in_class(c);
    if (c == '[') return open_class();
    if (c == '(') return group();
    if (c == '{') return brace();
    copy(1);
  }

  void copy(std::size_t count) {
    out_ += pattern_.substr(at_, count);
    at_ += count;
  }

  void replace(std::size_t count, std::string_view with) {
    out_ += with;
    at_ += count;
  }

  [[nodiscard]] bool next_is(std::string_view text) const {
    return pattern_.substr(at_).starts_with(text);
  }

  [[noreturn]] void refuse(std::string_view construct) const {
    fail(where_, ": the regex uses ", construct, " at byte ", at_,
         ", which means something else here or is not supported");
  }

  void open_class() {
    const std::size_t length = next_is("[^") ? 2 : 1;
    copy(length);
    if (next_is("]")) refuse("']' right after '['");
    in_class_ = true;
  }

  void in_class(char c) {
    if (c == '[') refuse("'[' inside a character class");
    if (next_is("&&")) refuse("'&&' inside a character class");
    if (c == ']') in_class_ = false;
    copy(1);
  }

  void group() {
    if (next_is("(*")) refuse("'(*'");
    if (!next_is("(?")) return copy(1);
    for (const std::string_view open :
         {"(?:", "(?=", "(?!", "(?<=", "(?<!", "(?>", "(?i:", "(?-i:"}) {
      if (next_is(open)) return copy(open.size());
    }
    if (at_ == 0 && next_is("(?i)")) return copy(4);
    refuse("a group of the kind '" + std::string(pattern_.substr(at_, 4)) + "'");
  }

  void brace() {
    std::size_t i = at_ + 1;
    const auto digits = [&] {
      const std::size_t begin = i;
      while (i < pattern_.size() && pattern_[i] >= '0' && pattern_[i] <= '9') ++i;
      return i > begin;
    };
    const bool low = digits();
    const bool comma = i < pattern_.size() && pattern_[i] == ',';
    if (comma) ++i;
    const bool high = comma && digits();
    const bool quantifier = (low || high) && i < pattern_.size() && pattern_[i] == '}';
    if (!quantifier) return replace(1, "\\{");
    if (!low) refuse("'{,n}'");
    if (pattern_.substr(i + 1).starts_with("+")) refuse("'+' after '{n,m}'");
    copy(i + 1 - at_);
  }

  void escape() {
    if (at_ + 1 == pattern_.size()) refuse("a '\\' at its end");
    const char c = pattern_[at_ + 1];
    switch (c) {
      case 's':
        return white(white_space, false);
      case 'S':
        return in_class_ ? replace(2, not_white_space) : white(white_space, true);
      case 'w':
        return white(word, false);
      case 'W':
        if (in_class_) refuse("'\\W' inside a character class");
        return white(word, true);
      case 'b':
        return boundary(R"((?:(?<=W)(?!W)|(?<!W)(?=W)))");
      case 'B':
        return boundary(R"((?:(?<=W)(?=W)|(?<!W)(?!W)))");
      case 'v':
        return replace(2, "\\x{0b}");
      case 'p':
      case 'P':
        return property();
      case 'u':
        return hex(4);
      case 'x':
        return next_is("\\x{") ? braced_hex() : hex(2);
      case 'd':
      case 'D':
      case 'r':
      case 'n':
      case 't':
      case 'f':
        return copy(2);
      default:
        break;
    }
    if ((c == 'A' || c == 'z') && !in_class_) return copy(2);
    const bool letter_or_digit =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    if (letter_or_digit) refuse("'\\" + std::string(1, c) + "'");
    if (static_cast<unsigned char>(c) >= 0x80)
      return replace(1, "");  // an escaped character outside ASCII is that character
    copy(2);
  }

  void white(std::string_view set, bool negated) {
    if (in_class_) return replace(2, set);
    out_ += negated ? "[^" : "[";
    replace(2, set);
    out_ += ']';
  }

  void boundary(std::string_view form) {
    if (in_class_) refuse("'\\b' inside a character class");
    for (const char c : form) {
      if (c == 'W')
        out_.append("[").append(word).append("]");
      else
        out_ += c;
    }
    at_ += 2;
  }

  /// General categories are the same in both. Any other name is taken as a script: PCRE2 would use
  /// Script_Extensions.
  void property() {
    const std::size_t close = pattern_.find('}', at_);
    if (!pattern_.substr(at_ + 2).starts_with("{") || close == std::string_view::npos)
      refuse("'\\p' without '{...}'");
    std::string_view name = pattern_.substr(at_ + 3, close - at_ - 3);
    const bool negated = name.starts_with("^");
    const std::string_view bare = negated ? name.substr(1) : name;
    for (const char c : bare) {
      const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
      if (!plain) refuse("'\\p{" + std::string(name) + "}'");
    }
    if (bare.size() <= 2) return copy(close + 1 - at_);
    out_ += pattern_.substr(at_, 3);
    out_.append(negated ? "^sc:" : "sc:").append(bare) += '}';
    at_ = close + 1;
  }

  static bool is_hex(std::string_view digits) {
    return !digits.empty() &&
           digits.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
  }

  void hex(std::size_t count) {
    const std::string_view digits = pattern_.substr(at_ + 2, count);
    const bool raw_byte = count == 2 && !digits.empty() && digits[0] >= '8';
    if (digits.size() != count || !is_hex(digits) || raw_byte)
      refuse("'\\" + std::string(pattern_.substr(at_ + 1, count + 1)) + "'");
    out_.append("\\x{").append(digits) += '}';
    at_ += 2 + count;
  }

  void braced_hex() {
    const std::size_t close = pattern_.find('}', at_);
    if (close == std::string_view::npos || !is_hex(pattern_.substr(at_ + 3, close - at_ - 3)))
      refuse("a bad '\\x{...}'");
    copy(close + 1 - at_);
  }

  std::string_view pattern_;
  std::string_view where_;
  std::string out_;
  std::size_t at_ = 0;
  bool in_class_ = false;
};

}  // namespace zer0::detail
