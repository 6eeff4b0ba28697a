// Tokens one after another, as the parsers take them.
#pragma once

#include <zer0/text/detail/jinja/lexer.hpp>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::jinja {

class token_stream {
 public:
  explicit token_stream(std::vector<token> tokens) : tokens_(std::move(tokens)) {}

 protected:
  static constexpr int max_depth = 200;

  /// Counts the brackets and blocks inside one another while it lives.
  class level {
   public:
    explicit level(token_stream& s) : stream_(s) {
      if (++stream_.level_ > max_depth) stream_.refuse("brackets or blocks are nested more than ", max_depth, " deep");
    }
    level(const level&) = delete;
    level& operator=(const level&) = delete;
    ~level() { --stream_.level_; }

   private:
    token_stream& stream_;
  };

  [[noreturn]] void refuse(const auto&... parts) const { lexer::refuse(now().line, parts...); }

  [[nodiscard]] const token& now() const { return tokens_[at_]; }
  [[nodiscard]] const token& next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  void advance() { at_ += at_ + 1 < tokens_.size() ? 1 : 0; }
  [[nodiscard]] bool is_op(std::string_view op) const { return now().what == token::kind::op && now().text == op; }
  [[nodiscard]] bool is_name(std::string_view name) const {
    return now().what == token::kind::name && now().text == name;
  }
  bool skip_op(std::string_view op) { return is_op(op) && (advance(), true); }
  bool skip_name(std::string_view name) { return is_name(name) && (advance(), true); }
  void expect_op(std::string_view op) {
    if (!skip_op(op)) refuse("expected '", op, "', found ", shown());
  }
  std::string expect_name() {
    if (now().what != token::kind::name) refuse("expected a name, found ", shown());
    std::string name = now().text;
    advance();
    return name;
  }
  [[nodiscard]] bool ends_tuple() const {
    return now().what == token::kind::block_end || now().what == token::kind::variable_end || is_op(")") ||
           is_op("]") || is_name("in");
  }
  [[nodiscard]] std::string shown() const {
    switch (now().what) {
      case token::kind::block_end:
      case token::kind::variable_end:
        return "the end of the tag";
      case token::kind::end:
        return "the end of the template";
      default:
        return "'" + now().text + "'";
    }
  }

 private:
  std::vector<token> tokens_;
  std::size_t at_ = 0;
  int level_ = 0;
};

}  // namespace zer0::jinja
