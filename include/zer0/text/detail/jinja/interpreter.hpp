// The interpreter of Jinja that chat templates run in: what the rest of zer0 uses of it.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/text/detail/jinja/environment.hpp>
#include <zer0/text/detail/jinja/syntax.hpp>

#include <memory>
#include <string_view>

namespace zer0::detail::jinja {

/// Throws `error` naming the line.
program parse(std::string_view source);

/// The functions that every template can call. Both arguments must outlive what is set.
void add_globals(environment& env, scope& to);

/// What the template writes. `names` are its variables; `program` and `env` must outlive all values
/// of the rendering. Throws `error`; `env.line` is then where it stood.
marked_text run(const program& program, environment& env, const std::shared_ptr<scope>& names);

}  // namespace zer0::detail::jinja

#ifndef ZER0_COMPILED
#include <zer0/text/detail/jinja/interpreter.ipp>
#endif
