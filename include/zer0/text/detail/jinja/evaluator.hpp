// Runs the statements of a parsed template.
#pragma once

#include <zer0/text/detail/jinja/expression_evaluator.hpp>
#include <zer0/text/detail/jinja/syntax.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

/// One rendering. `names` are the template's variables; the program and the environment must
/// outlive it.
class evaluator {
 public:
  evaluator(const program& what, environment& env, const std::shared_ptr<scope>& names)
      : program_(what), env_(env), expressions_(env), names_(names) {}

  marked_text run() {
    marked_text out;
    run(program_.body, std::make_shared<scope>(names_), out);
    return out;
  }

 private:
  using kind = expression::kind;
  using scope_ptr = std::shared_ptr<scope>;
  enum class flow { normal, broken, continued };

  flow run(const block& body, const scope_ptr& names, marked_text& out) {
    const environment::level level(env_);
    for (const statement& s : body) {
      env_.work(1);
      env_.line = s.line;
      const flow f = run(s, names, out);
      if (f != flow::normal) return f;
    }
    return flow::normal;
  }

  flow run(const statement& s, const scope_ptr& names, marked_text& out) {
    switch (s.what) {
      case statement::kind::data:
        out.append(s.name);
        env_.fits(out.bytes.size());
        break;
      case statement::kind::print:
        out.append(print(env_, value_of(s.exprs[0], names)));
        env_.fits(out.bytes.size());
        break;
      case statement::kind::set:
        assign(*s.targets[0], value_of(s.exprs[0], names), names);
        break;
      case statement::kind::set_block:
      case statement::kind::filter_block:
        return run_captured(s, names, out);
      case statement::kind::if_else:
        return run_if(s, names, out);
      case statement::kind::for_in:
        return run_for(s, names, out);
      case statement::kind::macro:
        names->set(s.name, make_macro(s, names));
        break;
      case statement::kind::call_block:
        run_call(s, names, out);
        break;
      case statement::kind::with:
        return run_with(s, names, out);
      case statement::kind::generation:
        return run_generation(s, names, out);
      case statement::kind::break_loop:
        return flow::broken;
      case statement::kind::continue_loop:
        return flow::continued;
    }
    return flow::normal;
  }

  value value_of(const expression_ptr& e, const scope_ptr& names) {
    return expressions_.evaluate(*e, *names);
  }

  void assign(const expression& target, value v, const scope_ptr& names) {
    if (target.what == kind::name) return names->set(target.name, std::move(v));
    if (target.what == kind::attribute) {
      name_space* n = names->get(env_, target.parts[0]->name).as_namespace();
      require(n != nullptr, "cannot assign '", target.name, "' on '", target.parts[0]->name,
              "', which is no namespace");
      const auto found = std::find_if(n->attributes.begin(), n->attributes.end(),
                                      [&](const auto& m) { return m.first == target.name; });
      if (found != n->attributes.end())
        found->second = std::move(v);
      else
        n->attributes.emplace_back(target.name, std::move(v));
      return;
    }
    const std::vector<value> items = elements(env_, v);
    require(items.size() == target.parts.size(), "cannot unpack ", items.size(), " values into ",
            target.parts.size(), " names");
    for (std::size_t i = 0; i < items.size(); ++i) assign(*target.parts[i], items[i], names);
  }

  flow run_if(const statement& s, const scope_ptr& names, marked_text& out) {
    for (std::size_t i = 0; i < s.branches.size(); ++i) {
      if (i >= s.exprs.size() || truth(value_of(s.exprs[i], names)))
        return run(s.branches[i], names, out);
    }
    return flow::normal;
  }

  flow run_for(const statement& s, const scope_ptr& names, marked_text& out) {
    return run_rounds(s, elements(env_, value_of(s.exprs[0], names)), 1, names, out);
  }

  /// `depth`: 1, and one more for each call of a recursive loop inside itself.
  flow run_rounds(const statement& s, std::vector<value> items, std::int64_t depth,
                  const scope_ptr& names, marked_text& out) {
    if (s.exprs[1]) items = kept(s, std::move(items), names);
    const std::shared_ptr<loop_context> loop = env_.make_loop(std::move(items));
    loop->level = depth;
    if (s.recursive) loop->again = make_recursion(s, depth + 1, names);
    bool completed = false;  // Jinja's else stands for "no round came to its end"
    for (; loop->i < loop->items.size(); ++loop->i) {
      env_.work(1);
      const auto round = std::make_shared<scope>(names);
      round->set("loop", loop);
      assign(*s.targets[0], loop->items[loop->i], round);
      const dict* d = loop->items[loop->i].as_dict();
      const std::size_t begin = out.bytes.size();
      const flow f = run(s.branches[0], round, out);
      if (d != nullptr && d->message >= 0)
        out.add({begin, out.bytes.size(), mark::kind::turn, d->message});
      if (f == flow::broken) break;
      completed = completed || f == flow::normal;
    }
    return completed ? flow::normal : run(s.branches[1], names, out);
  }

  /// loop(items) in a recursive loop.
  std::function<value(const arguments&)> make_recursion(const statement& s, std::int64_t depth,
                                                        const scope_ptr& names) {
    keep(names);
    return [this, &s, depth, closure = names.get()](const arguments& args) {
      const auto a = args.bind("loop", {"iterable"});
      require(a[0] != nullptr, "loop needs an argument");
      marked_text out;
      run_rounds(s, elements(env_, *a[0]), depth, closure->shared(), out);
      return env_.text(std::move(out));
    };
  }

  /// Keeps a scope as long as the rendering, because a namespace may carry a function out of the
  /// scope that holds its names.
  void keep(const scope_ptr& names) {
    env_.spend(sizeof(scope) + sizeof(callable));
    closures_.push_back(names);
  }

  std::vector<value> kept(const statement& s, std::vector<value> items, const scope_ptr& names) {
    std::vector<value> those;
    for (value& item : items) {
      const auto inner = std::make_shared<scope>(names);
      assign(*s.targets[0], item, inner);
      if (truth(value_of(s.exprs[1], inner))) those.push_back(std::move(item));
    }
    return those;
  }

  /// {% set x %}...{% endset %} and {% filter f %}...{% endfilter %}.
  flow run_captured(const statement& s, const scope_ptr& names, marked_text& out) {
    const auto inner = std::make_shared<scope>(names);
    marked_text written;
    const flow f = run(s.branches[0], inner, written);
    if (f != flow::normal) return f;
    inner->set(block_value, env_.text(std::move(written)));
    value v = value_of(s.exprs[0], inner);
    if (s.what == statement::kind::set_block)
      assign(*s.targets[0], std::move(v), names);
    else
      out.append(print(env_, v));
    env_.fits(out.bytes.size());
    return flow::normal;
  }

  flow run_with(const statement& s, const scope_ptr& names, marked_text& out) {
    const auto inner = std::make_shared<scope>(names);
    for (std::size_t i = 0; i < s.targets.size(); ++i)
      assign(*s.targets[i], value_of(s.exprs[i], names), inner);
    return run(s.branches[0], inner, out);
  }

  flow run_generation(const statement& s, const scope_ptr& names, marked_text& out) {
    const std::size_t begin = out.bytes.size();
    const flow f = run(s.branches[0], std::make_shared<scope>(names), out);
    out.add({begin, out.bytes.size(), mark::kind::generation, -1});
    return f;
  }

  value make_macro(const statement& s, const scope_ptr& names) {
    keep(names);
    scope* const closure = names.get();
    const auto call = [this, &s, closure](const arguments& args) {
      return call_macro(s, *closure, args);
    };
    return std::make_shared<const callable>(callable{s.name, call, 0});
  }

  value call_macro(const statement& s, scope& closure, const arguments& args) {
    const environment::level level(env_);
    const std::string name =
        s.what == statement::kind::macro ? "the macro '" + s.name + "'" : "caller";
    arguments rest = args;
    const auto names = std::make_shared<scope>(closure.shared());
    const auto caller = std::find_if(rest.named.begin(), rest.named.end(),
                                     [](const auto& a) { return a.first == "caller"; });
    if (caller != rest.named.end()) {
      names->set("caller", caller->second);
      rest.named.erase(caller);
    }
    const std::vector<std::string_view> parameters(s.parameters.begin(), s.parameters.end());
    const auto bound = rest.bind(name, std::span(parameters));
    for (std::size_t i = 0; i < bound.size(); ++i) {
      if (bound[i] != nullptr)
        names->set(s.parameters[i], *bound[i]);
      else
        names->set(s.parameters[i], s.defaults[i] ? value_of(s.defaults[i], names)
                                                  : value::missing("parameter '" + s.parameters[i] +
                                                                   "' was not provided"));
    }
    const int line = env_.line;
    marked_text out;
    run(s.branches[0], names, out);
    env_.line = line;
    return env_.text(std::move(out));
  }

  void run_call(const statement& s, const scope_ptr& names, marked_text& out) {
    out.append(print(env_, expressions_.call(*s.exprs[0], *names, make_macro(s, names))));
    env_.fits(out.bytes.size());
  }

  const program& program_;
  environment& env_;
  expression_evaluator expressions_;
  scope_ptr names_;
  std::vector<scope_ptr> closures_;
};

}  // namespace zer0::detail::jinja
