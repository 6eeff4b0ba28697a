// The tree that a template is parsed into.
#pragma once

#include <zer0/text/detail/jinja/value.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

struct expression;
using expression_ptr = std::unique_ptr<expression>;

struct expression {
  enum class kind {
    constant,  ///< constant
    name,
    list,         ///< parts
    tuple,        ///< parts
    dict,         ///< parts: key, value, key, value
    attribute,    ///< parts[0] . name
    subscript,    ///< parts[0] [ parts[1] ]
    slice,        ///< parts[0] [ parts[1] : parts[2] : parts[3] ], null where left out
    call,         ///< parts[0] ( parts[1..], named )
    filter,       ///< parts[0] | name ( parts[1..], named )
    test,         ///< parts[0] is name ( parts[1..], named )
    negate,       ///< - parts[0]
    plus,         ///< + parts[0]
    logical_not,  ///< not parts[0]
    logical_and,
    logical_or,
    arithmetic,  ///< parts[0] name parts[1]
    join,        ///< parts[0] ~ parts[1] ~ ...
    compare,     ///< parts[0] operators[0] parts[1] operators[1] parts[2] ...
    condition    ///< parts[0] if parts[1] else parts[2], which may be null
  };
  kind what = kind::constant;
  int line = 1;
  int depth = 1;
  std::string name;
  value constant;
  std::vector<expression_ptr> parts;
  std::vector<std::pair<std::string, expression_ptr>> named;
  std::vector<std::string> operators;
};

struct statement;
using block = std::vector<statement>;

struct statement {
  enum class kind {
    data,          ///< name: text written as it is
    print,         ///< exprs[0]
    set,           ///< target = exprs[0]
    set_block,     ///< target = what body writes, through the filters of exprs[0] if there are any
    if_else,       ///< exprs[i] guards branches[i]; one branch more is the else
    for_in,        ///< target in exprs[0] if exprs[1] (null if none): branches[0], else branches[1]
    macro,         ///< name ( parameters = defaults ): body
    call_block,    ///< exprs[0] is a call that may use caller(parameters): body
    filter_block,  ///< exprs[0] are the filters over body
    with,          ///< target_i = exprs_i: body
    generation,    ///< body
    break_loop,
    continue_loop
  };
  kind what = kind::data;
  int line = 1;
  bool recursive = false;  ///< of a loop: it may call itself
  std::string name;
  std::vector<expression_ptr> targets;  ///< name, attribute of a namespace, or tuple of them
  std::vector<expression_ptr> exprs;
  std::vector<std::string> parameters;
  std::vector<expression_ptr> defaults;  ///< null for parameters without one
  std::vector<block> branches;           ///< bodies; branches[0] is the only one of most kinds
};

/// A filter over a block begins at this name, which stands for what the block writes.
inline constexpr const char* block_value = "<block>";

/// A parsed template.
struct program {
  block body;
  bool marks_generation = false;  ///< there is a {% generation %} block
};

}  // namespace zer0::detail::jinja
