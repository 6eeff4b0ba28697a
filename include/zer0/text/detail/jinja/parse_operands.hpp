// How the parser reads operands: names, literals, calls, attributes and subscripts.
#pragma once

#include <zer0/text/detail/jinja/parser.hpp>

#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <system_error>
#include <utility>

namespace zer0::detail::jinja {

inline expression_ptr parser::parse_primary() {
  const token::kind what = now().what;
  if (what == token::kind::name) return parse_name();
  if (what == token::kind::integer || what == token::kind::number) return parse_number();
  if (what == token::kind::string) {
    std::string text;
    for (; now().what == token::kind::string; advance()) text += now().text;
    return constant(std::make_shared<const marked_text>(std::move(text)));
  }
  if (is_op("(")) return parse_parentheses();
  if (is_op("[")) return parse_list();
  if (is_op("{")) return parse_dict();
  refuse("unexpected ", shown());
}

inline void parser::parse_arguments(expression& to) {
  expect_op("(");
  while (!skip_op(")")) {
    if (is_op("*") || is_op("**")) refuse("arguments with * or ** are not supported");
    if (now().what == token::kind::name && next().what == token::kind::op && next().text == "=") {
      std::string name = expect_name();
      advance();
      expression_ptr v = parse_expression();
      deepen(to, v);
      to.named.emplace_back(std::move(name), std::move(v));
    } else {
      if (!to.named.empty()) refuse("a positional argument follows a named one");
      add(to, parse_expression());
    }
    if (!is_op(")")) expect_op(",");
  }
}

inline expression_ptr parser::parse_postfix(expression_ptr e) {
  while (true) {
    if (is_op("."))
      e = parse_attribute(std::move(e));
    else if (is_op("["))
      e = parse_subscript(std::move(e));
    else if (is_op("("))
      e = parse_call(std::move(e));
    else
      return e;
  }
}

inline expression_ptr parser::parse_attribute(expression_ptr of) {
  advance();
  expression_ptr e = make(kind::attribute);
  add(*e, std::move(of));
  if (now().what == token::kind::integer) {
    e->what = kind::subscript;
    add(*e, parse_number());
  } else {
    e->name = expect_name();
  }
  return e;
}

inline expression_ptr parser::parse_subscript(expression_ptr of) {
  expression_ptr e = make(kind::subscript);
  advance();
  add(*e, std::move(of));
  expression_ptr first = is_op(":") ? nullptr : parse_tuple();
  add(*e, std::move(first));
  if (is_op(":")) {
    e->what = kind::slice;
    while (skip_op(":") && e->parts.size() < 4)
      add(*e, is_op(":") || is_op("]") ? nullptr : parse_expression());
    e->parts.resize(4);
  }
  expect_op("]");
  return e;
}

inline expression_ptr parser::parse_call(expression_ptr callee) {
  expression_ptr e = make(kind::call);
  add(*e, std::move(callee));
  parse_arguments(*e);
  return e;
}

inline expression_ptr parser::parse_parentheses() {
  expression_ptr tuple = make(kind::tuple);
  advance();
  if (skip_op(")")) return tuple;
  expression_ptr e = parse_tuple();
  expect_op(")");
  return e;
}

inline expression_ptr parser::parse_list() {
  expression_ptr e = make(kind::list);
  advance();
  while (!skip_op("]")) {
    add(*e, parse_expression());
    if (!is_op("]")) expect_op(",");
  }
  return e;
}

inline expression_ptr parser::parse_dict() {
  expression_ptr e = make(kind::dict);
  advance();
  while (!skip_op("}")) {
    add(*e, parse_expression());
    expect_op(":");
    add(*e, parse_expression());
    if (!is_op("}")) expect_op(",");
  }
  return e;
}

inline expression_ptr parser::parse_name() {
  const std::string name = expect_name();
  if (name == "true" || name == "True") return constant(true);
  if (name == "false" || name == "False") return constant(false);
  if (name == "none" || name == "None") return constant(nullptr);
  return make(kind::name, name);
}

inline expression_ptr parser::constant(value v) const {
  expression_ptr e = make(kind::constant);
  e->constant = std::move(v);
  return e;
}

inline expression_ptr parser::parse_number() {
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

}  // namespace zer0::detail::jinja
