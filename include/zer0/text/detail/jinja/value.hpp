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
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

struct list;
struct dict;
struct callable;
struct loop_context;
struct name_space;
class arguments;

/// Immutable, but for namespaces, which the environment owns; copies share. Not a std::variant,
/// whose instantiations took most of the time that compiling the interpreter took.
class value {
 public:
  /// Undefined is what a missing name or attribute is: it prints nothing, is false, and is empty
  /// when iterated; anything else fails with `why`.
  enum class kind : unsigned char {
    undefined,
    none,
    boolean,
    integer,
    real,
    text,
    list,
    dict,
    callable,
    loop,
    name_space
  };

  value() : value(kind::undefined, nullptr) {}
  // No constructor is explicit: they are Python's values.
  value(std::nullptr_t) : kind_(kind::none), shared_() {}                            // NOLINT
  value(bool b) : kind_(kind::boolean), shared_() { plain_.boolean = b; }            // NOLINT
  value(std::int64_t i) : kind_(kind::integer), shared_() { plain_.integer = i; }    // NOLINT
  value(double d) : kind_(kind::real), shared_() { plain_.real = d; }                // NOLINT
  value(name_space* n) : kind_(kind::name_space), shared_() { plain_.space = n; }    // NOLINT
  value(std::shared_ptr<const marked_text> t) : value(kind::text, std::move(t)) {}   // NOLINT
  value(std::shared_ptr<const list> l) : value(kind::list, std::move(l)) {}          // NOLINT
  value(std::shared_ptr<const dict> d) : value(kind::dict, std::move(d)) {}          // NOLINT
  value(std::shared_ptr<const callable> c) : value(kind::callable, std::move(c)) {}  // NOLINT
  value(std::shared_ptr<loop_context> l) : value(kind::loop, std::move(l)) {}        // NOLINT

  value(const value& other) : kind_(other.kind_), shared_() {
    if (shares())
      shared_ = other.shared_;
    else
      plain_ = other.plain_;
  }
  value(value&& other) noexcept : kind_(other.kind_), shared_() {
    if (shares())
      shared_ = std::move(other.shared_);
    else
      plain_ = other.plain_;
  }
  value& operator=(const value& other) { return *this = value(other); }
  value& operator=(value&& other) noexcept {
    if (this == &other) return *this;
    this->~value();
    return *new (this) value(std::move(other));
  }
  ~value() {
    if (shares()) shared_.~pointer();
  }

  static value missing(std::string why) {
    return {kind::undefined, std::make_shared<const std::string>(std::move(why))};
  }

  [[nodiscard]] bool is_undefined() const { return kind_ == kind::undefined; }
  [[nodiscard]] bool is_none() const { return kind_ == kind::none; }
  [[nodiscard]] const bool* as_bool() const {
    return kind_ == kind::boolean ? &plain_.boolean : nullptr;
  }
  [[nodiscard]] const std::int64_t* as_int() const {
    return kind_ == kind::integer ? &plain_.integer : nullptr;
  }
  [[nodiscard]] const double* as_double() const {
    return kind_ == kind::real ? &plain_.real : nullptr;
  }
  [[nodiscard]] const marked_text* as_text() const {
    return static_cast<const marked_text*>(shared(kind::text));
  }
  [[nodiscard]] const list* as_list() const { return static_cast<const list*>(shared(kind::list)); }
  [[nodiscard]] const dict* as_dict() const { return static_cast<const dict*>(shared(kind::dict)); }
  [[nodiscard]] const callable* as_callable() const {
    return static_cast<const callable*>(shared(kind::callable));
  }
  /// A loop changes while it runs: its constructor takes one that is not const.
  [[nodiscard]] loop_context* as_loop() const {
    return static_cast<loop_context*>(const_cast<void*>(shared(kind::loop)));
  }
  [[nodiscard]] name_space* as_namespace() const {
    return kind_ == kind::name_space ? plain_.space : nullptr;
  }
  [[nodiscard]] bool is_string() const { return kind_ == kind::text; }
  /// Equal to a string without looking at marks.
  [[nodiscard]] bool is(std::string_view text) const {
    return is_string() && as_text()->bytes == text;
  }

  /// Why an undefined value is one.
  [[nodiscard]] std::string why() const {
    const void* const told = shared(kind::undefined);
    return told == nullptr ? "a value is undefined" : *static_cast<const std::string*>(told);
  }

  /// Python's name of the type.
  [[nodiscard]] const char* type() const;
  /// How many containers are inside one another: 0 for anything that is none.
  [[nodiscard]] int depth() const;
  [[nodiscard]] bool same_kind(const value& other) const { return kind_ == other.kind_; }
  /// Which list, dictionary, method or loop it is; null if none.
  [[nodiscard]] const void* container() const {
    return kind_ >= kind::list && kind_ <= kind::loop ? shared_.get() : nullptr;
  }

 private:
  using pointer = std::shared_ptr<const void>;

  union plain {
    bool boolean;
    std::int64_t integer;
    double real;
    name_space* space;
  };

  value(kind what, pointer shared) : kind_(what), shared_(std::move(shared)) {}

  /// Whether it is `shared_` that is held, not `plain_`.
  [[nodiscard]] bool shares() const {
    return kind_ == kind::undefined || (kind_ >= kind::text && kind_ <= kind::loop);
  }
  [[nodiscard]] const void* shared(kind wanted) const {
    return kind_ == wanted ? shared_.get() : nullptr;
  }

  kind kind_;
  union {  // constructors set `shared_` first, so that no byte of it is ever without a value
    plain plain_;
    pointer shared_;
  };
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
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const auto& item) { return same(item.first, key); });
    return found == items.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const value* find(std::string_view key) const {
    const auto found = std::find_if(items.begin(), items.end(),
                                    [&](const auto& item) { return item.first.is(key); });
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

  /// The arguments in the order of a callee's parameters, null where none was given. Throws for one
  /// too many.
  [[nodiscard]] std::vector<const value*> bind(
      std::string_view callee, std::initializer_list<std::string_view> parameters) const {
    return bind(callee, std::span(parameters.begin(), parameters.size()));
  }
  [[nodiscard]] std::vector<const value*> bind(std::string_view callee,
                                               std::span<const std::string_view> parameters) const {
    require(positional.size() <= parameters.size(), callee, " takes at most ", parameters.size(),
            " arguments, but ", positional.size(), " are given");
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
struct loop_context {
  std::vector<value> items;
  std::size_t i = 0;
  std::int64_t level = 1;  ///< how often a recursive loop has called itself, and 1
  int depth = 1;
  std::vector<value> changed;                    ///< what loop.changed saw last
  std::function<value(const arguments&)> again;  ///< what loop(items) does in a recursive loop
};

struct name_space {
  std::vector<std::pair<std::string, value>> attributes;
};

inline const char* value::type() const {
  static constexpr const char* names[] = {"Undefined", "NoneType",    "bool",     "int",
                                          "float",     "str",         "list",     "dict",
                                          "method",    "LoopContext", "Namespace"};
  static constexpr const char* lists[] = {"list",       "tuple", "dict_keys", "dict_values",
                                          "dict_items", "range", "generator"};
  return as_list() != nullptr ? lists[static_cast<int>(as_list()->what)]
                              : names[static_cast<int>(kind_)];
}

inline int value::depth() const {
  if (as_list() != nullptr) return as_list()->depth;
  if (as_dict() != nullptr) return as_dict()->depth;
  if (as_callable() != nullptr) return as_callable()->depth;
  return as_loop() != nullptr ? as_loop()->depth : 0;
}

}  // namespace zer0::detail::jinja
