// Computes expressions of a parsed template.
#pragma once

#include <zer0/text/detail/jinja/builtins.hpp>
#include <zer0/text/detail/jinja/filters.hpp>
#include <zer0/text/detail/jinja/syntax.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

/// The values of expressions. Calls of macros, which run statements, are among the values that
/// names have. The environment must outlive it.
class expression_evaluator {
 public:
  explicit expression_evaluator(environment& env) : env_(env) {}

  value evaluate(const expression& e, const scope& names) {
    const environment::level level(env_);
    env_.work(1);
    env_.line = e.line;
    switch (e.what) {
      case kind::constant:
        return e.constant;
      case kind::name:
        return names.get(env_, e.name);
      case kind::list:
        return env_.make_list(all(e, names));
      case kind::tuple:
        return env_.make_list(all(e, names), list::kind::tuple);
      case kind::dict:
        return evaluate_dict(e, names);
      case kind::attribute:
        return get_attribute(env_, part(e, 0, names), e.name);
      case kind::subscript:
        return get_item(env_, part(e, 0, names), part(e, 1, names));
      case kind::slice:
        return slice(env_, part(e, 0, names), part_or_none(e, 1, names), part_or_none(e, 2, names),
                     part_or_none(e, 3, names));
      case kind::call:
        return call(e, names, std::nullopt);
      case kind::filter:
        return apply_filter(env_, e.name, part(e, 0, names), arguments_of(e, names));
      case kind::test:
        return evaluate_test(e, names);
      case kind::negate:
        return negate(part(e, 0, names));
      case kind::plus:
        return binary(env_, "+", value(std::int64_t{0}), part(e, 0, names));
      case kind::logical_not:
        return !truth(part(e, 0, names));
      case kind::logical_and: {
        value left = part(e, 0, names);
        return truth(left) ? part(e, 1, names) : left;
      }
      case kind::logical_or: {
        value left = part(e, 0, names);
        return truth(left) ? left : part(e, 1, names);
      }
      case kind::arithmetic: {
        const value left = part(e, 0, names);
        return binary(env_, e.name, left, part(e, 1, names));
      }
      case kind::join:
        return evaluate_join(e, names);
      case kind::compare:
        return evaluate_compare(e, names);
      case kind::condition:
        return evaluate_condition(e, names);
    }
    return {};
  }

  /// A call, `caller` among its arguments if there is one.
  value call(const expression& e, const scope& names, std::optional<value> caller) {
    const expression& callee = *e.parts[0];
    const value self = callee.what == kind::attribute ? part(callee, 0, names) : value();
    const method known = callee.what == kind::attribute ? find_method(self, callee.name) : nullptr;
    const value f = known != nullptr                 ? value()
                    : callee.what == kind::attribute ? data_attribute(env_, self, callee.name)
                                                     : evaluate(callee, names);
    arguments args = arguments_of(e, names);
    if (caller) args.named.emplace_back("caller", std::move(*caller));
    env_.line = e.line;
    if (known != nullptr) {
      env_.look(self);
      return known(env_, self, args);
    }
    if (f.as_loop() != nullptr && f.as_loop()->again) return f.as_loop()->again(args);
    require(defined(f).as_callable() != nullptr, "'", f.type(), "' object is not callable");
    return f.as_callable()->call(args);
  }

 private:
  using kind = expression::kind;

  value part(const expression& e, std::size_t i, const scope& names) {
    return evaluate(*e.parts[i], names);
  }
  value part_or_none(const expression& e, std::size_t i, const scope& names) {
    return e.parts[i] ? part(e, i, names) : value(nullptr);
  }

  std::vector<value> all(const expression& e, const scope& names) {
    std::vector<value> values;
    for (const auto& p : e.parts) values.push_back(evaluate(*p, names));
    return values;
  }

  value evaluate_dict(const expression& e, const scope& names) {
    dict d;
    for (std::size_t i = 0; i + 1 < e.parts.size(); i += 2) {
      const value key = part(e, i, names);
      require(key.depth() == 0 && !key.is_undefined() && key.as_callable() == nullptr &&
                  key.as_namespace() == nullptr,
              "a key of a dictionary must be a string, number, boolean or none, not ", key.type());
      env_.work(d.items.size() / 8);
      d.set(key, part(e, i + 1, names));
    }
    return env_.make_dict(std::move(d));
  }

  arguments arguments_of(const expression& e, const scope& names) {
    arguments args;
    for (std::size_t i = 1; i < e.parts.size(); ++i) args.positional.push_back(part(e, i, names));
    for (const auto& [name, v] : e.named) args.named.emplace_back(name, evaluate(*v, names));
    return args;
  }

  value evaluate_test(const expression& e, const scope& names) {
    if (e.name == "filter" || e.name == "test") {
      const arguments args = arguments_of(e, names);
      const std::string name = require_string(part(e, 0, names), "a name");
      return e.name == "filter" ? find_entry(filters(), name) != nullptr
                                : find_entry(tests(), name) != nullptr;
    }
    return apply_test(env_, e.name, part(e, 0, names), arguments_of(e, names));
  }

  value evaluate_join(const expression& e, const scope& names) {
    marked_text to;
    for (const auto& p : e.parts) {
      to.append(print(env_, evaluate(*p, names)));
      env_.fits(to.bytes.size());
    }
    return env_.text(std::move(to));
  }

  /// a < b < c means a < b and b < c.
  value evaluate_compare(const expression& e, const scope& names) {
    value left = part(e, 0, names);
    for (std::size_t i = 0; i < e.operators.size(); ++i) {
      value right = part(e, i + 1, names);
      if (!compare(env_, left, e.operators[i], right)) return false;
      left = std::move(right);
    }
    return true;
  }

  value evaluate_condition(const expression& e, const scope& names) {
    if (truth(part(e, 1, names))) return part(e, 0, names);
    if (e.parts[2]) return part(e, 2, names);
    return value::missing(
        "the inline if-expression evaluated to false and no else section was defined");
  }

  environment& env_;
};

}  // namespace zer0::detail::jinja
