// The functions every template can call: range, dict, namespace, and those Hugging Face adds.
#pragma once

#include <zer0/text/detail/jinja/members.hpp>
#include <zer0/text/detail/jinja/scope.hpp>

#include <array>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zer0::jinja {

namespace detail {

inline value range(environment& env, const value&, const arguments& args) {
  const auto a = args.bind("range", {"start", "stop", "step"});
  require(a[0] != nullptr, "range needs an argument");
  const std::int64_t first = a[1] == nullptr ? 0 : require_integer(*a[0], "range's start");
  const std::int64_t last = require_integer(a[1] == nullptr ? *a[0] : *a[1], "range's end");
  const std::int64_t step = a[2] == nullptr ? 1 : require_integer(*a[2], "range's step");
  require(step != 0, "range() arg 3 must not be zero");
  std::vector<value> items;
  for (std::int64_t i = first; step > 0 ? i < last : i > last; i = add(i, step)) {
    require(items.size() < 100'000, "Range too big. The sandbox blocks ranges larger than 100000.");
    items.emplace_back(i);
  }
  return env.make_list(std::move(items), list::kind::range);
}

/// The mapping or list of pairs given, and the named arguments over it.
inline dict to_dict(environment& env, const arguments& args) {
  require(args.positional.size() <= 1, "dict and namespace take at most one positional argument");
  dict d;
  if (!args.positional.empty() && args.positional[0].as_dict() != nullptr) {
    d = *args.positional[0].as_dict();  // which message it is, too
  } else if (!args.positional.empty()) {
    for (const value& pair : elements(env, args.positional[0])) {
      require(pair.as_list() != nullptr && pair.as_list()->items.size() == 2, "dict needs pairs");
      env.work(d.items.size() / 8);
      d.set(pair.as_list()->items[0], pair.as_list()->items[1]);
    }
  }
  for (const auto& [name, v] : args.named) d.set(env.text(name), v);
  return d;
}

inline value make_dict(environment& env, const value&, const arguments& args) {
  return env.make_dict(to_dict(env, args));
}

inline value make_namespace(environment& env, const value&, const arguments& args) {
  name_space* made = env.make_namespace();
  for (const auto& [key, v] : to_dict(env, args).items)
    made->members.emplace_back(require_string(key, "a namespace's member"), v);
  env.spend(made->members.size() * sizeof(value));
  return made;
}

inline value raise_exception(environment& env, const value&, const arguments& args) {
  const auto a = args.bind("raise_exception", {"message"});
  fail(a[0] == nullptr ? "the template refuses the messages" : print(env, *a[0]).bytes);
}

/// The local time as C's strftime writes it.
inline value strftime_now(environment& env, const value&, const arguments& args) {
  const auto a = args.bind("strftime_now", {"format"});
  require(a[0] != nullptr, "strftime_now needs a format");
  const std::string& format = require_string(*a[0], "strftime_now's format");
  require(format.size() <= 200, "strftime_now's format is longer than 200 bytes");
  const std::time_t now = env.now();
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 8192> buffer{};
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), format.c_str(), &local);
  return env.text(std::string(buffer.data(), size));
}

}  // namespace detail

inline void add_globals(environment& env, scope& to) {
  static constexpr std::pair<const char*, method> functions[] = {{"range", detail::range},
                                                                 {"dict", detail::make_dict},
                                                                 {"namespace", detail::make_namespace},
                                                                 {"raise_exception", detail::raise_exception},
                                                                 {"strftime_now", detail::strftime_now}};
  for (const auto& [name, f] : functions) {
    const auto call = [&env, m = f](const arguments& args) { return m(env, {}, args); };
    to.set(name, std::make_shared<const callable>(callable{name, call, 0}));
  }
}

}  // namespace zer0::jinja
