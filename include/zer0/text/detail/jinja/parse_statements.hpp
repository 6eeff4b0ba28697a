// How the parser reads statements.
#pragma once

#include <zer0/text/detail/jinja/parser.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace zer0::detail::jinja {

inline block parser::parse_block(words ends) {
  const level inside(*this);
  block body;
  while (now().what != token::kind::end) {
    if (now().what == token::kind::data) {
      append(body, statement::kind::data).name = now().text;
      advance();
    } else if (now().what == token::kind::variable_begin) {
      advance();
      statement& s = append(body, statement::kind::print);
      s.exprs.push_back(parse_tuple());
      expect_end(token::kind::variable_end);
    } else {
      advance();
      for (const std::string_view end : ends) {
        if (is_name(end)) return body;
      }
      parse_statement(body);
    }
  }
  if (ends.size() > 0)
    refuse("expected {% ", *(ends.end() - 1), " %}, found the end of the template");
  return body;
}

inline statement& parser::append(block& to, statement::kind what) const {
  statement& s = to.emplace_back();
  s.what = what;
  s.line = now().line;
  return s;
}

inline void parser::expect_end(token::kind end) {
  if (now().what != end) refuse("expected the end of the tag, found ", shown());
  advance();
}

inline void parser::end_tag() { expect_end(token::kind::block_end); }

inline block parser::parse_body(std::string_view end) {
  end_tag();
  block body = parse_block({end});
  advance();
  end_tag();
  return body;
}

inline void parser::parse_statement(block& to) {
  const int line = now().line;
  const std::string word = expect_name();
  statement s;
  s.line = line;
  if (word == "if")
    parse_if(s);
  else if (word == "for")
    parse_for(s);
  else if (word == "set")
    parse_set(s);
  else if (word == "macro")
    parse_macro(s);
  else if (word == "call")
    parse_call_block(s);
  else if (word == "filter")
    parse_filter_block(s);
  else if (word == "with")
    parse_with(s);
  else if (word == "generation")
    parse_generation(s);
  else if (word == "break" || word == "continue")
    parse_jump(s, word);
  else
    lexer::refuse(line, "the tag {% ", word,
                  " %} is not supported or stands where nothing is open for it");
  to.push_back(std::move(s));
}

inline void parser::parse_if(statement& s) {
  s.what = statement::kind::if_else;
  std::string_view word = "if";
  while (word != "endif") {
    if (word != "else") s.exprs.push_back(parse_tuple(false));
    end_tag();
    s.branches.push_back(word == "else" ? parse_block({"endif"})
                                        : parse_block({"elif", "else", "endif"}));
    word = is_name("elif") ? "elif" : is_name("else") ? "else" : "endif";
    advance();
  }
  end_tag();
}

inline void parser::parse_for(statement& s) {
  s.what = statement::kind::for_in;
  s.targets.push_back(parse_target());
  if (!skip_name("in")) refuse("expected 'in', found ", shown());
  s.exprs.push_back(parse_tuple(false));
  s.exprs.push_back(skip_name("if") ? parse_expression() : nullptr);
  s.recursive = skip_name("recursive");
  end_tag();
  ++loops_;
  s.branches.push_back(parse_block({"else", "endfor"}));
  --loops_;
  if (skip_name("else")) {
    end_tag();
    s.branches.push_back(parse_block({"endfor"}));
  } else {
    s.branches.emplace_back();
  }
  advance();
  end_tag();
}

inline expression_ptr parser::parse_target() {
  const level inside(*this);
  expression_ptr first = parse_target_part();
  if (!is_op(",")) return first;
  expression_ptr tuple = make(kind::tuple);
  add(*tuple, std::move(first));
  while (skip_op(",") && !is_name("in") && !is_op("=") && !is_op(")"))
    add(*tuple, parse_target_part());
  return tuple;
}

inline expression_ptr parser::parse_target_part() {
  if (skip_op("(")) {
    expression_ptr inner = parse_target();
    expect_op(")");
    return inner;
  }
  std::string name = expect_name();
  for (const std::string_view literal : {"true", "false", "none", "True", "False", "None"}) {
    if (name == literal) refuse("can't assign to '", name, "'");
  }
  expression_ptr e = make(kind::name, std::move(name));
  if (!skip_op(".")) return e;
  expression_ptr attribute = make(kind::attribute, expect_name());
  add(*attribute, std::move(e));
  return attribute;
}

inline void parser::parse_set(statement& s) {
  s.targets.push_back(parse_target());
  if (skip_op("=")) {
    s.what = statement::kind::set;
    s.exprs.push_back(parse_tuple());
    return end_tag();
  }
  s.what = statement::kind::set_block;
  s.exprs.push_back(parse_filters(make(kind::name, block_value)));
  s.branches.push_back(parse_body("endset"));
}

inline void parser::parse_parameters(statement& s) {
  expect_op("(");
  while (!skip_op(")")) {
    s.parameters.push_back(expect_name());
    const bool with_default = skip_op("=");
    if (!with_default && !s.defaults.empty() && s.defaults.back())
      refuse("a parameter without a default follows one with a default");
    s.defaults.push_back(with_default ? parse_expression() : nullptr);
    if (!is_op(")")) expect_op(",");
  }
}

inline void parser::parse_macro(statement& s) {
  s.what = statement::kind::macro;
  s.name = expect_name();
  parse_parameters(s);
  const int outer = std::exchange(loops_, 0);
  s.branches.push_back(parse_body("endmacro"));
  loops_ = outer;
}

inline void parser::parse_call_block(statement& s) {
  s.what = statement::kind::call_block;
  if (is_op("(")) parse_parameters(s);
  s.exprs.push_back(parse_expression());
  if (s.exprs[0]->what != kind::call) refuse("{% call %} needs a call");
  const int outer = std::exchange(loops_, 0);
  s.branches.push_back(parse_body("endcall"));
  loops_ = outer;
}

inline void parser::parse_filter_block(statement& s) {
  s.what = statement::kind::filter_block;
  expression_ptr start = make(kind::name, block_value);
  expression_ptr first = make(kind::filter, expect_name());
  add(*first, std::move(start));
  if (is_op("(")) parse_arguments(*first);
  s.exprs.push_back(parse_filters(std::move(first)));
  s.branches.push_back(parse_body("endfilter"));
}

inline void parser::parse_with(statement& s) {
  s.what = statement::kind::with;
  while (now().what != token::kind::block_end) {
    s.targets.push_back(parse_target());
    expect_op("=");
    s.exprs.push_back(parse_expression());
    if (now().what != token::kind::block_end) expect_op(",");
  }
  s.branches.push_back(parse_body("endwith"));
}

inline void parser::parse_generation(statement& s) {
  s.what = statement::kind::generation;
  generation_ = true;
  s.branches.push_back(parse_body("endgeneration"));
}

inline void parser::parse_jump(statement& s, std::string_view word) {
  if (loops_ == 0) lexer::refuse(s.line, "{% ", word, " %} stands outside of a loop");
  s.what = word == "break" ? statement::kind::break_loop : statement::kind::continue_loop;
  end_tag();
}

}  // namespace zer0::detail::jinja
