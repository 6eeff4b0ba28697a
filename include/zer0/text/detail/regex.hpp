// The regexes of tokenizer files, matched by PCRE2 with JIT in Unicode mode.
#pragma once

#include <zer0/core/error.hpp>

#ifndef PCRE2_CODE_UNIT_WIDTH
#define PCRE2_CODE_UNIT_WIDTH 8
#endif
#include <pcre2.h>

#include <cstddef>
#include <cstdint>
#include <memory>
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
  // As Oniguruma has it: superscripts and fractions of Latin-1 count, other numbers that are not
  // decimal do not.
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

template <auto Free>
struct c_free {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};

/// What matching writes to; one for each thread that matches. Serves every regex.
class regex_scratch {
 public:
  regex_scratch()
      : data(pcre2_match_data_create_8(1, nullptr)),
        stack(pcre2_jit_stack_create_8(std::size_t{32} << 10, std::size_t{64} << 20, nullptr)),
        context(pcre2_match_context_create_8(nullptr)) {
    require(data && stack && context, "not enough memory to match a regex");
    pcre2_jit_stack_assign_8(context.get(), nullptr, stack.get());
    // The default limits are made for patterns of strangers on short subjects; a subject here may
    // have gigabytes.
    pcre2_set_match_limit_8(context.get(), 2'000'000'000);
    pcre2_set_heap_limit_8(context.get(), UINT32_MAX);
  }

  std::unique_ptr<pcre2_match_data_8, c_free<&pcre2_match_data_free_8>> data;
  std::unique_ptr<pcre2_jit_stack_8, c_free<&pcre2_jit_stack_free_8>> stack;
  std::unique_ptr<pcre2_match_context_8, c_free<&pcre2_match_context_free_8>> context;
};

/// Immutable after construction, so that threads may share it; each brings its own `regex_scratch`.
class regex {
 public:
  /// Throws `error`, opening with `where`, for a pattern that does not compile or that PCRE2 would
  /// read differently.
  regex(std::string_view pattern, std::string_view where) {
    const std::string translated = regex_dialect::to_pcre2(pattern, where);
    const std::unique_ptr<pcre2_compile_context_8, c_free<&pcre2_compile_context_free_8>> context(
        pcre2_compile_context_create_8(nullptr));
    pcre2_set_newline_8(context.get(), PCRE2_NEWLINE_LF);
    pcre2_set_max_pattern_length_8(context.get(), std::size_t{1} << 16);
    int code = 0;
    PCRE2_SIZE offset = 0;
    const std::uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MULTILINE | PCRE2_NEVER_BACKSLASH_C;
    code_.reset(pcre2_compile_8(reinterpret_cast<PCRE2_SPTR8>(translated.data()), translated.size(),
                                options, &code, &offset, context.get()),
                &pcre2_code_free_8);
    if (!code_)
      fail(where, ": the regex '", pattern, "' is not valid: ", message(code), " (byte ", offset,
           " of its PCRE2 form)");
    jit_ = pcre2_jit_compile_8(code_.get(), PCRE2_JIT_COMPLETE) == 0;
  }

  /// The first match that begins at or after `from`; the whole of `subject` (valid UTF-8) is seen
  /// by lookarounds.
  bool find(std::string_view subject, std::size_t from, std::size_t& begin, std::size_t& end,
            regex_scratch& scratch) const {
    const auto* text = reinterpret_cast<PCRE2_SPTR8>(subject.data());
    int result = PCRE2_ERROR_JIT_STACKLIMIT;
    if (jit_) {
      result = pcre2_jit_match_8(code_.get(), text, subject.size(), from, 0, scratch.data.get(),
                                 scratch.context.get());
    }
    if (result == PCRE2_ERROR_JIT_STACKLIMIT) {
      result =
          pcre2_match_8(code_.get(), text, subject.size(), from, PCRE2_NO_UTF_CHECK | PCRE2_NO_JIT,
                        scratch.data.get(), scratch.context.get());
    }
    if (result == PCRE2_ERROR_NOMATCH) return false;
    if (result < 0)
      fail("a regex of the tokenizer failed on a text of ", subject.size(),
           " bytes: ", message(result));
    const PCRE2_SIZE* const offsets = pcre2_get_ovector_pointer_8(scratch.data.get());
    begin = offsets[0];
    end = offsets[1];
    return true;
  }

 private:
  static std::string message(int code) {
    PCRE2_UCHAR8 text[256] = {};
    pcre2_get_error_message_8(code, text, sizeof text);
    return reinterpret_cast<const char*>(text);
  }

  std::shared_ptr<pcre2_code_8> code_;
  bool jit_ = false;
};

}  // namespace zer0::detail
