// A template out of tokens.
#pragma once

#include <zer0/text/detail/jinja/lexer.hpp>
#include <zer0/text/detail/jinja/syntax.hpp>

#include <algorithm>
#include <cstddef>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

/// Reads a template. Precedence of expressions, loosest first: if-else, or, and, not, comparison,
/// + -, ~, * / // %, **, sign, filters and tests, . [] ().
class parser {
 public:
  /// Throws `error` naming the line.
  static program parse(std::string_view source) {
    parser p(lexer::cut(source));
    program result;
    result.body = p.parse_block({});
    result.marks_generation = p.generation_;
    return result;
  }

 private:
  using kind = expression::kind;
  using words = std::initializer_list<std::string_view>;

  explicit parser(std::vector<token> tokens) : tokens_(std::move(tokens)) {}

  static constexpr int max_depth = 200;

  /// Counts the brackets and blocks inside one another while it lives.
  class level {
   public:
    explicit level(parser& p) : parser_(p) {
      if (++parser_.level_ > max_depth)
        parser_.refuse("brackets or blocks are nested more than ", max_depth, " deep");
    }
    level(const level&) = delete;
    level& operator=(const level&) = delete;
    ~level() { --parser_.level_; }

   private:
    parser& parser_;
  };

  [[noreturn]] void refuse(const auto&... parts) const { lexer::refuse(now().line, parts...); }

  [[nodiscard]] const token& now() const { return tokens_[at_]; }
  [[nodiscard]] const token& next() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  void advance() { at_ += at_ + 1 < tokens_.size() ? 1 : 0; }
  [[nodiscard]] bool is_op(std::string_view op) const {
    return now().what == token::kind::op && now().text == op;
  }
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
    return now().what == token::kind::block_end || now().what == token::kind::variable_end ||
           is_op(")") || is_op("]") || is_name("in");
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

  // Statements: parse_statements.hpp.
  /// Reads up to one of the words `ends`, and stops in front of it; with no words, up to the end of
  /// the template.
  block parse_block(words ends);
  statement& append(block& to, statement::kind what) const;
  void expect_end(token::kind end);
  void end_tag();
  /// Reads the body that follows the current tag, and its end tag.
  block parse_body(std::string_view end);
  void parse_statement(block& to);
  void parse_if(statement& s);
  void parse_for(statement& s);
  /// A name, an attribute of a namespace, or several with commas between.
  expression_ptr parse_target();
  expression_ptr parse_target_part();
  void parse_set(statement& s);
  void parse_parameters(statement& s);
  void parse_macro(statement& s);
  void parse_call_block(statement& s);
  void parse_filter_block(statement& s);
  void parse_with(statement& s);
  void parse_generation(statement& s);
  void parse_jump(statement& s, std::string_view word);

  // Expressions: parse_expressions.hpp, parse_operands.hpp.
  /// a, b, c or a single expression; `in` ends it where `with_condition` is false, as in a loop's
  /// head.
  expression_ptr parse_tuple(bool with_condition = true);
  expression_ptr parse_expression();
  /// Filters, tests and calls behind `e`: `| name(...)`, `is name ...`.
  expression_ptr parse_filters(expression_ptr e);
  expression_ptr parse_primary();
  void parse_arguments(expression& to);
  expression_ptr parse_or();
  expression_ptr parse_and();
  expression_ptr parse_not();
  expression_ptr parse_compare();
  /// One level of operators that group from the left; `operand` reads the next tighter level.
  template <class Operand>
  expression_ptr parse_level(words operators, Operand operand);
  expression_ptr parse_sum();
  expression_ptr parse_join();
  expression_ptr parse_product();
  expression_ptr parse_power();
  expression_ptr parse_unary(bool with_filters);
  expression_ptr parse_postfix(expression_ptr e);
  expression_ptr parse_attribute(expression_ptr of);
  expression_ptr parse_subscript(expression_ptr of);
  expression_ptr parse_call(expression_ptr callee);
  expression_ptr parse_filter(expression_ptr of);
  expression_ptr parse_test(expression_ptr of);
  expression_ptr parse_parentheses();
  expression_ptr parse_list();
  expression_ptr parse_dict();

  // Nodes of expressions: parse_expressions.hpp.
  expression_ptr make(kind what, std::string name = {}) const;
  /// Bounds the depth of trees, because functions that walk them recurse.
  void add(expression& to, expression_ptr part) const;
  void deepen(expression& to, const expression_ptr& part) const;
  expression_ptr make_binary(kind what, std::string name, expression_ptr left,
                             expression_ptr right) const;
  expression_ptr parse_name();
  expression_ptr constant(value v) const;
  expression_ptr parse_number();

  std::vector<token> tokens_;
  std::size_t at_ = 0;
  int level_ = 0;
  int loops_ = 0;  ///< those around the statement that is read
  bool generation_ = false;
};

}  // namespace zer0::detail::jinja

#include <zer0/text/detail/jinja/parse_expressions.hpp>
#include <zer0/text/detail/jinja/parse_operands.hpp>
#include <zer0/text/detail/jinja/parse_statements.hpp>
