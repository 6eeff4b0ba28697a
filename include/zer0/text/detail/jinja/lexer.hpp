// Cuts a template into text and tokens, as Jinja's lexer does with trim_blocks and lstrip_blocks.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/detail/jinja/characters.hpp>

#include <cctype>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

struct token {
  enum class kind {
    data,
    block_begin,
    block_end,
    variable_begin,
    variable_end,
    name,
    string,
    integer,
    number,
    op,
    end
  };
  kind what = kind::end;
  std::string text;  ///< of a string: what it means, not how it is spelled
  int line = 1;
};

class lexer {
 public:
  /// Throws `error` naming the line.
  static std::vector<token> cut(std::string_view source) {
    lexer l(source);
    l.run();
    return std::move(l.tokens_);
  }

  [[noreturn]] static void refuse(int line, const auto&... parts) {
    fail("line ", line, ": ", parts...);
  }

 private:
  using kind = token::kind;

  explicit lexer(std::string_view source) {
    const std::size_t bad = find_invalid_utf8(source);
    require(bad == std::string_view::npos, "the template is not UTF-8 at byte ", bad);
    for (std::size_t i = 0; i < source.size(); ++i) {
      if (source[i] == '\r' && i + 1 < source.size() && source[i + 1] == '\n') continue;
      text_ += source[i] == '\r' ? '\n' : source[i];
    }
    if (text_.ends_with('\n')) text_.pop_back();
  }

  void run() {
    while (at_ < text_.size()) {
      const std::size_t tag = next_tag();
      const char what = tag < text_.size() ? text_[tag + 1] : '\0';
      const char sign = tag + 2 < text_.size() ? text_[tag + 2] : '\0';
      put_data(at_, tag, sign, what != '{');
      if (tag >= text_.size()) break;
      move_to(tag + (sign == '-' || sign == '+' ? 3 : 2));
      if (what == '#')
        skip_comment();
      else if (what == '%' && !raw())
        inside(kind::block_begin, kind::block_end, '%');
      else if (what == '{')
        inside(kind::variable_begin, kind::variable_end, '}');
    }
    put(kind::end, {});
  }

  [[nodiscard]] std::size_t next_tag() const {
    for (std::size_t i = at_; i + 1 < text_.size(); ++i) {
      if (text_[i] == '{' && (text_[i + 1] == '{' || text_[i + 1] == '%' || text_[i + 1] == '#'))
        return i;
    }
    return text_.size();
  }

  void put(kind what, std::string text) { tokens_.push_back({what, std::move(text), line_}); }

  /// Text before a tag: "-" takes the white space at its end, a block or comment alone on its line
  /// what indents it.
  void put_data(std::size_t begin, std::size_t end, char sign, bool is_block) {
    std::string_view data = std::string_view(text_).substr(begin, end - begin);
    if (end < text_.size() && sign == '-') {
      data = data.substr(0, strip(data, nullptr, false, true).end);
    } else if (end < text_.size() && sign != '+' && is_block) {
      const std::size_t line = data.rfind('\n') + 1;
      if ((line > 0 || starts_line_) &&
          strip(data.substr(line), nullptr, true, false).begin == data.size() - line)
        data = data.substr(0, line);
    }
    if (!data.empty()) put(kind::data, std::string(data));
  }

  void move_to(std::size_t place) {
    for (; at_ < place; ++at_) line_ += text_[at_] == '\n' ? 1 : 0;
    starts_line_ = at_ > 0 && text_[at_ - 1] == '\n';
  }

  void skip_space() {
    const std::string_view rest = std::string_view(text_).substr(at_);
    move_to(at_ + strip(rest, nullptr, true, false).begin);
  }

  [[nodiscard]] bool here(std::string_view what) const {
    return std::string_view(text_).substr(at_).starts_with(what);
  }

  /// Past the end of a tag whose last two bytes are `close`, if it is here.
  bool end_tag(std::string_view close, bool trims_line) {
    const bool sign = here("-") || (here("+") && trims_line);
    if (!std::string_view(text_).substr(at_ + (sign ? 1 : 0)).starts_with(close)) return false;
    const char kept = sign ? text_[at_] : '\0';
    move_to(at_ + (sign ? 3 : 2));
    if (kept == '-')
      skip_space();
    else if (kept == '\0' && trims_line && here("\n"))
      move_to(at_ + 1);
    return true;
  }

  void skip_comment() {
    const int line = line_;
    const std::size_t end = text_.find("#}", at_);
    if (end == std::string::npos) refuse(line, "a comment {# is not closed by #}");
    move_to(end > at_ && (text_[end - 1] == '-' || text_[end - 1] == '+') ? end - 1 : end);
    end_tag("#}", true);
  }

  /// {% raw %} up to {% endraw %}, if it begins here.
  bool raw() {
    const std::size_t start = at_;
    const int line = line_;
    skip_space();
    if (here("raw")) {
      move_to(at_ + 3);
      skip_space();
      if (end_tag("%}", false)) {
        raw_text(line);
        return true;
      }
    }
    at_ = start;
    line_ = line;
    return false;
  }

  void raw_text(int line) {
    const std::size_t begin = at_;
    const bool starts_line = starts_line_;
    for (std::size_t tag = begin; (tag = text_.find("{%", tag)) != std::string::npos; ++tag) {
      const char sign = tag + 2 < text_.size() ? text_[tag + 2] : '\0';
      move_to(tag + (sign == '-' || sign == '+' ? 3 : 2));
      skip_space();
      if (!here("endraw")) continue;
      move_to(at_ + 6);
      skip_space();
      if (!end_tag("%}", true)) continue;
      const bool after = std::exchange(starts_line_, starts_line);
      put_data(begin, tag, sign, true);
      starts_line_ = after;
      return;
    }
    refuse(line, "{% raw %} is not closed by {% endraw %}");
  }

  void inside(kind begin, kind end, char close) {
    const int line = line_;
    put(begin, {});
    std::string open;  // brackets not yet closed
    while (true) {
      skip_space();
      if (at_ >= text_.size())
        refuse(line, "a tag is not closed: ", close == '%' ? "%}" : "}}", " is missing");
      const int before = line_;
      if (open.empty() && end_tag(std::string{close, '}'}, close == '%')) {
        tokens_.push_back({end, {}, before});
        return;
      }
      token_here(open);
    }
  }

  void token_here(std::string& open) {
    const auto c = static_cast<unsigned char>(text_[at_]);
    if (std::isalpha(c) != 0 || c == '_' || c >= 0x80) return name();
    if (std::isdigit(c) != 0) return number();
    if (c == '"' || c == '\'') return string(static_cast<char>(c));
    static constexpr std::string_view two[] = {"==", "!=", "<=", ">=", "//", "**"};
    for (const std::string_view op : two) {
      if (!here(op)) continue;
      put(kind::op, std::string(op));
      return move_to(at_ + 2);
    }
    if (std::string_view("+-*/%~[](){}<>=.:|,;").find(static_cast<char>(c)) ==
        std::string_view::npos)
      refuse(line_, "unexpected character '", text_.substr(at_, 1), "'");
    balance(static_cast<char>(c), open);
    put(kind::op, std::string(1, static_cast<char>(c)));
    move_to(at_ + 1);
  }

  void balance(char c, std::string& open) const {
    if (c == '(') open += ')';
    if (c == '[') open += ']';
    if (c == '{') open += '}';
    if (c != ')' && c != ']' && c != '}') return;
    if (open.empty()) refuse(line_, "unexpected '", c, "'");
    if (open.back() != c) refuse(line_, "unexpected '", c, "', expected '", open.back(), "'");
    open.pop_back();
  }

  void name() {
    std::size_t end = at_;
    while (end < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[end]);
      if (std::isalnum(c) == 0 && c != '_' && c < 0x80) break;
      ++end;
    }
    put(kind::name, text_.substr(at_, end - at_));
    move_to(end);
  }

  [[nodiscard]] std::size_t digits(std::size_t i, std::string_view of) const {
    while (i < text_.size() && (of.find(text_[i]) != std::string_view::npos ||
                                (text_[i] == '_' && i + 1 < text_.size() &&
                                 of.find(text_[i + 1]) != std::string_view::npos)))
      ++i;
    return i;
  }

  void number() {
    static constexpr std::string_view decimal = "0123456789";
    std::size_t end = 0;
    kind what = kind::integer;
    const std::string_view base = std::string_view(text_).substr(at_, 2);
    if (base == "0x" || base == "0X")
      end = digits(at_ + 2, "0123456789abcdefABCDEF");
    else if (base == "0b" || base == "0B")
      end = digits(at_ + 2, "01");
    else if (base == "0o" || base == "0O")
      end = digits(at_ + 2, "01234567");
    else {
      end = digits(at_, decimal);
      const bool after_dot = !tokens_.empty() && at_ > 0 && text_[at_ - 1] == '.';
      const auto digit = [&](std::size_t i) {
        return i < text_.size() && decimal.find(text_[i]) != std::string_view::npos;
      };
      if (!after_dot && end < text_.size() && text_[end] == '.' && digit(end + 1)) {
        end = digits(end + 1, decimal);
        what = kind::number;
      }
      std::size_t e = end;
      if (!after_dot && e < text_.size() && (text_[e] == 'e' || text_[e] == 'E')) {
        ++e;
        if (e < text_.size() && (text_[e] == '+' || text_[e] == '-')) ++e;
        if (digit(e)) {
          end = digits(e, decimal);
          what = kind::number;
        }
      }
    }
    std::string plain;
    for (const char c : text_.substr(at_, end - at_)) {
      if (c != '_') plain += c;
    }
    put(what, plain);
    move_to(end);
  }

  void string(char quote) {
    const int line = line_;
    std::size_t end = at_ + 1;
    while (end < text_.size() && text_[end] != quote) end += text_[end] == '\\' ? 2 : 1;
    if (end >= text_.size()) refuse(line, "a string is not closed by ", quote);
    try {
      put(kind::string, unescape(std::string_view(text_).substr(at_ + 1, end - at_ - 1)));
    } catch (const error& e) {
      refuse(line, e.what());
    }
    move_to(end + 1);
  }

  std::string text_;
  std::size_t at_ = 0;
  int line_ = 1;
  bool starts_line_ = true;
  std::vector<token> tokens_;
};

}  // namespace zer0::detail::jinja
