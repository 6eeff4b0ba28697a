// Bodies of zer0/text/detail/jinja/interpreter.hpp.
#pragma once

#include <zer0/text/detail/jinja/builtins.hpp>
#include <zer0/text/detail/jinja/evaluator.hpp>
#include <zer0/text/detail/jinja/interpreter.hpp>
#include <zer0/text/detail/jinja/parser.hpp>

namespace zer0::detail::jinja {

ZER0_INLINE program parse(std::string_view source) { return parser::parse(source); }

ZER0_INLINE void add_globals(environment& env, scope& to) {
  static constexpr std::pair<const char*, method> functions[] = {
      {"range", range_function},
      {"dict", dict_function},
      {"namespace", namespace_function},
      {"raise_exception", raise_exception},
      {"strftime_now", strftime_now}};
  for (const auto& [name, f] : functions) {
    const auto call = [&env, m = f](const arguments& args) { return m(env, {}, args); };
    to.set(name, std::make_shared<const callable>(callable{name, call, 0}));
  }
}

ZER0_INLINE marked_text run(const program& program, environment& env,
                            const std::shared_ptr<scope>& names) {
  return evaluator(program, env, names).run();
}

}  // namespace zer0::detail::jinja
