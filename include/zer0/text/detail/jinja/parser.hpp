// Expressions out of tokens.
#pragma once

#include <zer0/text/detail/jinja/expression_builder.hpp>

#include <algorithm>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::jinja {

/// Precedence, loosest first: if-else, or, and, not, comparison, + -, ~, * / // %, **, sign, filters and tests, . []
/// (). Throws `error` naming the line.
class parser : protected expression_builder {
 protected:
  using expression_builder::expression_builder;
  using words = std::initializer_list<std::string_view>;

  /// a, b, c or a single expression; `in` ends it where `with_condition` is false, as in a loop's head.
  expression_ptr parse_tuple(bool with_condition = true) {
    expression_ptr first = with_condition ? parse_expression() : parse_or();
    if (!is_op(",")) return first;
    expression_ptr tuple = make(kind::tuple);
    add(*tuple, std::move(first));
    while (skip_op(",") && !ends_tuple()) add(*tuple, with_condition ? parse_expression() : parse_or());
    return tuple;
  }

  expression_ptr parse_expression() {
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

  /// Filters, tests and calls behind `e`: `| name(...)`, `is name ...`.
  expression_ptr parse_filters(expression_ptr e) {
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

  expression_ptr parse_primary() {
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

  void parse_arguments(expression& to) {
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

 private:
  expression_ptr parse_or() {
    expression_ptr left = parse_and();
    while (skip_name("or")) left = two(kind::logical_or, {}, std::move(left), parse_and());
    return left;
  }

  expression_ptr parse_and() {
    expression_ptr left = parse_not();
    while (skip_name("and")) left = two(kind::logical_and, {}, std::move(left), parse_not());
    return left;
  }

  expression_ptr parse_not() {
    const level inside(*this);
    if (!is_name("not")) return parse_compare();
    expression_ptr e = make(kind::logical_not);
    advance();
    add(*e, parse_not());
    return e;
  }

  expression_ptr parse_compare() {
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

  /// One level of operators that group from the left; `operand` reads the next tighter level.
  template <class Operand>
  expression_ptr parse_level(words operators, Operand operand) {
    expression_ptr left = operand();
    while (std::any_of(operators.begin(), operators.end(), [&](std::string_view op) { return is_op(op); })) {
      std::string op = now().text;
      advance();
      left = two(kind::arithmetic, std::move(op), std::move(left), operand());
    }
    return left;
  }

  expression_ptr parse_sum() {
    return parse_level({"+", "-"}, [&] { return parse_join(); });
  }

  expression_ptr parse_join() {
    expression_ptr first = parse_product();
    if (!is_op("~")) return first;
    expression_ptr e = make(kind::join);
    add(*e, std::move(first));
    while (skip_op("~")) add(*e, parse_product());
    return e;
  }

  expression_ptr parse_product() {
    return parse_level({"*", "/", "//", "%"}, [&] { return parse_power(); });
  }

  expression_ptr parse_power() {
    return parse_level({"**"}, [&] { return parse_unary(true); });
  }

  expression_ptr parse_unary(bool with_filters) {
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

  expression_ptr parse_postfix(expression_ptr e) {
    while (true) {
      if (is_op("."))
        e = parse_member(std::move(e));
      else if (is_op("["))
        e = parse_subscript(std::move(e));
      else if (is_op("("))
        e = parse_call(std::move(e));
      else
        return e;
    }
  }

  expression_ptr parse_member(expression_ptr of) {
    advance();
    expression_ptr e = make(kind::member);
    add(*e, std::move(of));
    if (now().what == token::kind::integer) {
      e->what = kind::subscript;
      add(*e, parse_number());
    } else {
      e->name = expect_name();
    }
    return e;
  }

  expression_ptr parse_subscript(expression_ptr of) {
    expression_ptr e = make(kind::subscript);
    advance();
    add(*e, std::move(of));
    expression_ptr first = is_op(":") ? nullptr : parse_tuple();
    add(*e, std::move(first));
    if (is_op(":")) {
      e->what = kind::slice;
      while (skip_op(":") && e->parts.size() < 4) add(*e, is_op(":") || is_op("]") ? nullptr : parse_expression());
      e->parts.resize(4);
    }
    expect_op("]");
    return e;
  }

  expression_ptr parse_call(expression_ptr callee) {
    expression_ptr e = make(kind::call);
    add(*e, std::move(callee));
    parse_arguments(*e);
    return e;
  }

  expression_ptr parse_filter(expression_ptr of) {
    advance();
    expression_ptr e = make(kind::filter, expect_name());
    add(*e, std::move(of));
    if (is_op("(")) parse_arguments(*e);
    return e;
  }

  expression_ptr parse_test(expression_ptr of) {
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
             what == token::kind::string || what == token::kind::integer || what == token::kind::number || is_op("[") ||
             is_op("{"))
      add(*e, parse_postfix(parse_primary()));
    if (!negated) return e;
    expression_ptr inverse = make(kind::logical_not);
    add(*inverse, std::move(e));
    return inverse;
  }

  expression_ptr parse_parentheses() {
    expression_ptr tuple = make(kind::tuple);
    advance();
    if (skip_op(")")) return tuple;
    expression_ptr e = parse_tuple();
    expect_op(")");
    return e;
  }

  expression_ptr parse_list() {
    expression_ptr e = make(kind::list);
    advance();
    while (!skip_op("]")) {
      add(*e, parse_expression());
      if (!is_op("]")) expect_op(",");
    }
    return e;
  }

  expression_ptr parse_dict() {
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
};

}  // namespace zer0::jinja
