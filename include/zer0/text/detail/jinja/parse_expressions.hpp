// How the parser reads expressions.
#pragma once

#include <zer0/text/detail/jinja/parser.hpp>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace zer0::detail::jinja {

inline expression_ptr parser::parse_tuple(bool with_condition) {
  expression_ptr first = with_condition ? parse_expression() : parse_or();
  if (!is_op(",")) return first;
  expression_ptr tuple = make(kind::tuple);
  add(*tuple, std::move(first));
  while (skip_op(",") && !ends_tuple())
    add(*tuple, with_condition ? parse_expression() : parse_or());
  return tuple;
}

inline expression_ptr parser::parse_expression() {
  const level inside(*this);
  expression_ptr e = parse_or();
  while (skip_name("if")) {
    expression_ptr condition = make(kind::condition);
    add(*condition, std::move(e));
    add(*condition, parse_or());
    add(*condition, skip_name("else") ? parse_expression() : nullptr);
    e = std::move(condition);
  }
  return e;
}

inline expression_ptr parser::parse_filters(expression_ptr e) {
  while (true) {
    if (is_op("|"))
      e = parse_filter(std::move(e));
    else if (is_name("is"))
      e = parse_test(std::move(e));
    else if (is_op("("))
      e = parse_call(std::move(e));
    else
      return e;
  }
}

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

inline expression_ptr parser::parse_or() {
  expression_ptr left = parse_and();
  while (skip_name("or")) left = make_binary(kind::logical_or, {}, std::move(left), parse_and());
  return left;
}

inline expression_ptr parser::parse_and() {
  expression_ptr left = parse_not();
  while (skip_name("and")) left = make_binary(kind::logical_and, {}, std::move(left), parse_not());
  return left;
}

inline expression_ptr parser::parse_not() {
  const level inside(*this);
  if (!is_name("not")) return parse_compare();
  expression_ptr e = make(kind::logical_not);
  advance();
  add(*e, parse_not());
  return e;
}

inline expression_ptr parser::parse_compare() {
  expression_ptr first = parse_sum();
  expression_ptr e;
  while (true) {
    std::string op;
    if (now().what == token::kind::op &&
        (now().text == "==" || now().text == "!=" || now().text.find_first_of("<>") == 0))
      op = now().text;
    else if (is_name("in"))
      op = "in";
    else if (is_name("not") && next().what == token::kind::name && next().text == "in") {
      op = "not in";
      advance();
    } else
      break;
    advance();
    if (!e) {
      e = make(kind::compare);
      add(*e, std::move(first));
    }
    e->operators.push_back(op);
    add(*e, parse_sum());
  }
  return e ? std::move(e) : std::move(first);
}

template <class Operand>
expression_ptr parser::parse_level(words operators, Operand operand) {
  expression_ptr left = operand();
  while (std::any_of(operators.begin(), operators.end(),
                     [&](std::string_view op) { return is_op(op); })) {
    std::string op = now().text;
    advance();
    left = make_binary(kind::arithmetic, std::move(op), std::move(left), operand());
  }
  return left;
}

inline expression_ptr parser::parse_sum() {
  return parse_level({"+", "-"}, [&] { return parse_join(); });
}

inline expression_ptr parser::parse_join() {
  expression_ptr first = parse_product();
  if (!is_op("~")) return first;
  expression_ptr e = make(kind::join);
  add(*e, std::move(first));
  while (skip_op("~")) add(*e, parse_product());
  return e;
}

inline expression_ptr parser::parse_product() {
  return parse_level({"*", "/", "//", "%"}, [&] { return parse_power(); });
}

inline expression_ptr parser::parse_power() {
  return parse_level({"**"}, [&] { return parse_unary(true); });
}

inline expression_ptr parser::parse_unary(bool with_filters) {
  const level inside(*this);
  expression_ptr e;
  if (is_op("-") || is_op("+")) {
    e = make(is_op("-") ? kind::negate : kind::plus);
    advance();
    add(*e, parse_unary(false));
  } else {
    e = parse_primary();
  }
  e = parse_postfix(std::move(e));
  return with_filters ? parse_filters(std::move(e)) : std::move(e);
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

inline expression_ptr parser::parse_filter(expression_ptr of) {
  advance();
  expression_ptr e = make(kind::filter, expect_name());
  add(*e, std::move(of));
  if (is_op("(")) parse_arguments(*e);
  return e;
}

inline expression_ptr parser::parse_test(expression_ptr of) {
  advance();
  const bool negated = skip_name("not");
  expression_ptr e = make(kind::test, expect_name());
  add(*e, std::move(of));
  const token::kind what = now().what;
  if (is_op("("))
    parse_arguments(*e);
  else if (is_name("is"))
    refuse("you cannot chain multiple tests with is");
  else if ((what == token::kind::name && !is_name("else") && !is_name("or") && !is_name("and")) ||
           what == token::kind::string || what == token::kind::integer ||
           what == token::kind::number || is_op("[") || is_op("{"))
    add(*e, parse_postfix(parse_primary()));
  if (!negated) return e;
  expression_ptr inverse = make(kind::logical_not);
  add(*inverse, std::move(e));
  return inverse;
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

inline expression_ptr parser::make(kind what, std::string name) const {
  auto e = std::make_unique<expression>();
  e->what = what;
  e->line = now().line;
  e->name = std::move(name);
  return e;
}

inline void parser::add(expression& to, expression_ptr part) const {
  deepen(to, part);
  to.parts.push_back(std::move(part));
}

inline void parser::deepen(expression& to, const expression_ptr& part) const {
  if (part) to.depth = std::max(to.depth, part->depth + 1);
  if (to.depth > max_depth) refuse("an expression is nested more than ", max_depth, " deep");
}

inline expression_ptr parser::make_binary(kind what, std::string name, expression_ptr left,
                                          expression_ptr right) const {
  expression_ptr e = make(what, std::move(name));
  add(*e, std::move(left));
  add(*e, std::move(right));
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
