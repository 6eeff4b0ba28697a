// How the parser reads expressions: operators by their precedence, filters and tests.
#pragma once

#include <zer0/text/detail/jinja/parser.hpp>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
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

}  // namespace zer0::detail::jinja
