// The environment of a rendering: its limits, and which names mean what.
#pragma once

#include <zer0/text/detail/jinja/value.hpp>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail::jinja {

/// Bounds of one rendering.
struct limits {
  std::size_t steps, text, memory;
};

/// How deep containers may nest; functions that work on values recurse this deep.
inline constexpr int max_nesting = 100;

/// How deep expressions, statements and calls may nest while a template is evaluated.
inline constexpr int max_recursion = 800;

/// Counts what one rendering uses up. The only place where values of unbounded size are made.
class environment {
 public:
  explicit environment(limits most, std::time_t now) : limits_(most), now_(now) {}
  environment(const environment&) = delete;
  environment& operator=(const environment&) = delete;

  int line = 1;  ///< of the template, where the evaluation stands

  /// Counts a level of recursion while it lives.
  class level {
   public:
    explicit level(environment& env) : env_(env) {
      require(env.level_ < max_recursion, "expressions and calls are nested more than ",
              max_recursion, " deep");
      ++env.level_;
    }
    level(const level&) = delete;
    level& operator=(const level&) = delete;
    ~level() { --env_.level_; }

   private:
    environment& env_;
  };

  void work(std::size_t steps) {
    steps_ += steps;
    require(steps_ <= limits_.steps, "the rendering takes more than ", limits_.steps,
            " steps; a loop may be too long");
  }
  /// Counts the work of reading a value once, without what its elements hold.
  void look(const value& v) {
    if (v.as_text() != nullptr) return work(v.as_text()->bytes.size() / 64);
    if (v.as_list() != nullptr) return work(v.as_list()->items.size());
    if (v.as_dict() != nullptr) return work(v.as_dict()->items.size());
  }
  void fits(std::size_t bytes) const {
    require(bytes <= limits_.text, "a text grows beyond the limit of ", limits_.text, " bytes");
  }

  value text(marked_text t) {
    fits(t.bytes.size());
    spend(t.bytes.size() + t.marks.size() * sizeof(mark) + sizeof(marked_text));
    return std::make_shared<const marked_text>(std::move(t));
  }
  value make_list(std::vector<value> items, list::kind what = list::kind::list) {
    spend(items.size() * sizeof(value) + sizeof(list));
    int depth = 0;
    for (const value& v : items) depth = std::max(depth, v.depth());
    return std::make_shared<const list>(list{std::move(items), what, deeper(depth)});
  }
  value make_dict(dict d) {
    spend(d.items.size() * 2 * sizeof(value) + sizeof(dict));
    d.depth = 0;
    for (const auto& [key, v] : d.items) d.depth = std::max(d.depth, v.depth());
    d.depth = deeper(d.depth);
    return std::make_shared<const dict>(std::move(d));
  }
  std::shared_ptr<loop_context> make_loop(std::vector<value> items) {
    spend(items.size() * sizeof(value) + sizeof(loop_context));
    auto loop = std::make_shared<loop_context>();
    for (const value& v : items) loop->depth = std::max(loop->depth, deeper(v.depth()));
    loop->items = std::move(items);
    return loop;
  }
  name_space* make_namespace() {
    spend(sizeof(name_space));
    return &namespaces_.emplace_back();
  }
  /// Throws if a list that is still growing is larger than a value may be.
  void room(std::size_t elements) const {
    require(elements <= limits_.memory / sizeof(value), "a list grows beyond ",
            limits_.memory / sizeof(value), " elements");
  }

  void spend(std::size_t bytes) {
    memory_ += bytes;
    require(memory_ <= limits_.memory, "the rendering makes values of more than ", limits_.memory,
            " bytes");
  }

  [[nodiscard]] std::time_t now() const { return now_; }

 private:
  static int deeper(int depth) {
    require(depth < max_nesting, "values are nested more than ", max_nesting, " deep");
    return depth + 1;
  }

  limits limits_;
  std::time_t now_;
  int level_ = 0;
  std::size_t steps_ = 0;
  std::size_t memory_ = 0;
  std::deque<name_space> namespaces_;
};

/// Returns `v`. If it is undefined, throws why.
inline const value& defined(const value& v) {
  if (v.is_undefined()) fail(v.why());
  return v;
}

/// The names set in a loop's round, a macro's call or the template itself. Names that are not found
/// here are looked up in the parent.
class scope : public std::enable_shared_from_this<scope> {
 public:
  explicit scope(std::shared_ptr<scope> parent)
      : parent_(std::move(parent)), depth_(parent_ ? parent_->depth_ + 1 : 0) {
    require(depth_ <= max_recursion, "macros are defined inside one another more than ",
            max_recursion, " deep");
  }

  std::shared_ptr<scope> shared() { return shared_from_this(); }

  void set(std::string_view name, value v) {
    for (auto& [key, held] : names_) {
      if (key == name) {
        held = std::move(v);
        return;
      }
    }
    names_.emplace_back(std::string(name), std::move(v));
  }

  [[nodiscard]] value get(environment& env, std::string_view name) const {
    for (const scope* s = this; s != nullptr; s = s->parent_.get()) {
      env.work(s->names_.size() / 8);
      for (const auto& [key, held] : s->names_) {
        if (key == name) return held;
      }
    }
    return value::missing("'" + std::string(name) + "' is undefined");
  }

 private:
  std::shared_ptr<scope> parent_;
  int depth_;
  std::vector<std::pair<std::string, value>> names_;
};

}  // namespace zer0::detail::jinja
