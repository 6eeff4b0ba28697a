// Makes the nodes of expressions, and reads those that are one token.
#pragma once

#include <zer0/text/detail/jinja/syntax.hpp>
#include <zer0/text/detail/jinja/token_stream.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace zer0::jinja {

class expression_builder : protected token_stream {
 protected:
  using token_stream::token_stream;
  using kind = expression::kind;

  expression_ptr make(kind what, std::string name = {}) const {
    auto e = std::make_unique<expression>();
    e->what = what;
    e->line = now().line;
    e->name = std::move(name);
    return e;
  }

  /// Trees have a bounded depth, for those who walk them recurse.
  void add(expression& to, expression_ptr part) const {
    deepen(to, part);
    to.parts.push_back(std::move(part));
  }

  void deepen(expression& to, const expression_ptr& part) const {
    if (part) to.depth = std::max(to.depth, part->depth + 1);
    if (to.depth > max_depth) refuse("an expression is nested more than ", max_depth, " deep");
  }

  expression_ptr two(kind what, std::string name, expression_ptr left, expression_ptr right) const {
    expression_ptr e = make(what, std::move(name));
    add(*e, std::move(left));
    add(*e, std::move(right));
    return e;
  }

  expression_ptr parse_name() {
    const std::string name = expect_name();
    if (name == "true" || name == "True") return constant(true);
    if (name == "false" || name == "False") return constant(false);
    if (name == "none" || name == "None") return constant(nullptr);
    return make(kind::name, name);
  }

  expression_ptr constant(value v) const {
    expression_ptr e = make(kind::constant);
    e->constant = std::move(v);
    return e;
  }

  expression_ptr parse_number() {
    const token t = now();
    advance();
    if (t.what == token::kind::number) return constant(std::strtod(t.text.c_str(), nullptr));
    const char letter = t.text.size() > 1 ? t.text[1] : '0';
    const int base = letter == 'x' || letter == 'X'   ? 16
                     : letter == 'b' || letter == 'B' ? 2
                     : letter == 'o' || letter == 'O' ? 8
                                                      : 10;
    const char* begin = t.text.data() + (base == 10 ? 0 : 2);
    std::int64_t i = 0;
    const auto [end, code] = std::from_chars(begin, t.text.data() + t.text.size(), i, base);
    if (code != std::errc() || end != t.text.data() + t.text.size())
      lexer::refuse(t.line, "'", t.text, "' is not an integer of 64 bits");
    return constant(i);
  }
};

}  // namespace zer0::jinja
