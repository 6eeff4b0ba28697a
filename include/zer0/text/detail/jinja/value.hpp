// The values that Jinja's expressions have: Python's, as far as templates need them.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/text/detail/jinja/marked_text.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace zer0::jinja {

struct list;
struct dict;
struct callable;
struct loop_state;
struct name_space;
class arguments;

/// What a missing name or member is: prints nothing, is false, empty when iterated; anything else fails with `why`.
struct undefined {
  std::shared_ptr<const std::string> why;
};

/// Immutable, but for namespaces, which the environment owns; copies share.
class value {
 public:
  using storage =
      std::variant<undefined, std::nullptr_t, bool, std::int64_t, double, std::shared_ptr<const marked_text>,
                   std::shared_ptr<const list>, std::shared_ptr<const dict>, std::shared_ptr<const callable>,
                   std::shared_ptr<loop_state>, name_space*>;

  value() = default;
  // std::in_place_type: a variant that has to find out which type fits costs much compile time.
  value(std::nullptr_t) : held_(std::in_place_type<std::nullptr_t>) {}  // NOLINT(google-explicit-constructor): Python's
  value(bool b) : held_(std::in_place_type<bool>, b) {}                 // NOLINT
  value(std::int64_t i) : held_(std::in_place_type<std::int64_t>, i) {}  // NOLINT
  value(double d) : held_(std::in_place_type<double>, d) {}              // NOLINT
  value(name_space* n) : held_(std::in_place_type<name_space*>, n) {}    // NOLINT
  template <class T>
  value(std::shared_ptr<T> shared) : held_(std::in_place_type<std::shared_ptr<T>>, std::move(shared)) {}  // NOLINT

  static value missing(std::string why) {
    value v;
    std::get<undefined>(v.held_).why = std::make_shared<const std::string>(std::move(why));
    return v;
  }

  [[nodiscard]] bool is_undefined() const { return std::holds_alternative<undefined>(held_); }
  [[nodiscard]] bool is_none() const { return std::holds_alternative<std::nullptr_t>(held_); }
  [[nodiscard]] const bool* as_bool() const { return std::get_if<bool>(&held_); }
  [[nodiscard]] const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&held_); }
  [[nodiscard]] const double* as_double() const { return std::get_if<double>(&held_); }
  [[nodiscard]] const marked_text* as_text() const { return pointer<const marked_text>(); }
  [[nodiscard]] const list* as_list() const { return pointer<const list>(); }
  [[nodiscard]] const dict* as_dict() const { return pointer<const dict>(); }
  [[nodiscard]] const callable* as_callable() const { return pointer<const callable>(); }
  [[nodiscard]] loop_state* as_loop() const { return pointer<loop_state>(); }
  [[nodiscard]] name_space* as_namespace() const {
    const auto* n = std::get_if<name_space*>(&held_);
    return n == nullptr ? nullptr : *n;
  }
  [[nodiscard]] bool is_string() const { return as_text() != nullptr; }
  /// Equal to a string without looking at marks.
  [[nodiscard]] bool is(std::string_view text) const { return is_string() && as_text()->bytes == text; }

  /// Why an undefined value is one.
  [[nodiscard]] std::string why() const {
    const auto* u = std::get_if<undefined>(&held_);
    return u == nullptr || !u->why ? "a value is undefined" : *u->why;
  }

  /// Python's name of the type.
  [[nodiscard]] const char* type() const;
  /// How many containers are inside one another: 0 for anything that is none.
  [[nodiscard]] int depth() const;
  [[nodiscard]] std::size_t kind() const { return held_.index(); }
  /// Which list, dictionary, method or loop it is; null if none.
  [[nodiscard]] const void* container() const;

 private:
  template <class T>
  [[nodiscard]] T* pointer() const {
    const auto* p = std::get_if<std::shared_ptr<T>>(&held_);
    return p == nullptr ? nullptr : p->get();
  }

  storage held_;
};

struct list {
  enum class kind { list, tuple, keys, values, items, range, generator };
  std::vector<value> items;
  kind what = kind::list;
  int depth = 1;
};

/// A dictionary in the order of its keys' arrival. Keys are strings, numbers, booleans or none.
struct dict {
  std::vector<std::pair<value, value>> items;
  int depth = 1;
  int message = -1;  ///< which of the rendered messages this is

  [[nodiscard]] const value* find(const value& key) const {
    const auto found =
        std::find_if(items.begin(), items.end(), [&](const auto& item) { return same(item.first, key); });
    return found == items.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const value* find(std::string_view key) const {
    const auto found = std::find_if(items.begin(), items.end(), [&](const auto& item) { return item.first.is(key); });
    return found == items.end() ? nullptr : &found->second;
  }
  void set(const value& key, value to) {
    for (auto& [k, v] : items) {
      if (same(k, key)) {
        v = std::move(to);
        return;
      }
    }
    items.emplace_back(key, std::move(to));
  }

 private:
  static const double* number(const value& v, double& to) {
    if (v.as_bool() != nullptr)
      to = *v.as_bool() ? 1 : 0;
    else if (v.as_int() != nullptr)
      to = static_cast<double>(*v.as_int());
    else if (v.as_double() != nullptr)
      to = *v.as_double();
    else
      return nullptr;
    return &to;
  }
  static bool same(const value& a, const value& b) {
    if (a.is_string() || b.is_string())
      return a.is_string() && b.is_string() && a.as_text()->bytes == b.as_text()->bytes;
    double x = 0;
    double y = 0;
    if (number(a, x) != nullptr && number(b, y) != nullptr) return x == y;
    return a.is_none() && b.is_none();
  }
};

/// The arguments of a call.
class arguments {
 public:
  std::vector<value> positional;
  std::vector<std::pair<std::string, value>> named;

  /// The arguments in the order of a callee's parameters, null where none was given. Throws for one too many.
  [[nodiscard]] std::vector<const value*> bind(std::string_view callee,
                                               std::initializer_list<std::string_view> parameters) const {
    return bind(callee, std::span(parameters.begin(), parameters.size()));
  }
  [[nodiscard]] std::vector<const value*> bind(std::string_view callee,
                                               std::span<const std::string_view> parameters) const {
    require(positional.size() <= parameters.size(), callee, " takes at most ", parameters.size(), " arguments, but ",
            positional.size(), " are given");
    std::vector<const value*> bound(parameters.size(), nullptr);
    for (std::size_t i = 0; i < positional.size(); ++i) bound[i] = &positional[i];
    for (const auto& [name, v] : named) {
      const auto found = std::find(parameters.begin(), parameters.end(), name);
      require(found != parameters.end(), callee, " has no parameter '", name, "'");
      const value*& place = bound[static_cast<std::size_t>(found - parameters.begin())];
      require(place == nullptr, callee, " got its argument '", name, "' twice");
      place = &v;
    }
    return bound;
  }
};

struct callable {
  std::string name;
  std::function<value(const arguments&)> call;
  int depth = 0;  ///< that of the value a method is bound to
};

/// The variable `loop`.
struct loop_state {
  std::vector<value> items;
  std::size_t i = 0;
  std::int64_t level = 1;  ///< how often a recursive loop has called itself, and 1
  int depth = 1;
  std::vector<value> changed;                    ///< what loop.changed saw last
  std::function<value(const arguments&)> again;  ///< what loop(items) does in a recursive loop
};

struct name_space {
  std::vector<std::pair<std::string, value>> members;
};

inline const char* value::type() const {
  static constexpr const char* names[] = {"Undefined", "NoneType", "bool",   "int",         "float",    "str",
                                          "list",      "dict",     "method", "LoopContext", "Namespace"};
  static constexpr const char* lists[] = {"list",       "tuple", "dict_keys", "dict_values",
                                          "dict_items", "range", "generator"};
  return as_list() != nullptr ? lists[static_cast<int>(as_list()->what)] : names[held_.index()];
}

inline const void* value::container() const {
  if (as_list() != nullptr) return as_list();
  if (as_dict() != nullptr) return as_dict();
  if (as_callable() != nullptr) return as_callable();
  return as_loop();
}

inline int value::depth() const {
  if (as_list() != nullptr) return as_list()->depth;
  if (as_dict() != nullptr) return as_dict()->depth;
  if (as_callable() != nullptr) return as_callable()->depth;
  return as_loop() != nullptr ? as_loop()->depth : 0;
}

}  // namespace zer0::jinja
