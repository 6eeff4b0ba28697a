// What a rendering may use up, and the only place where values of unbounded size are made.
#pragma once

#include <zer0/text/chat_message.hpp>
#include <zer0/text/detail/jinja/value.hpp>

#include <algorithm>
#include <cstddef>
#include <ctime>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace zer0::jinja {

using limits = chat_limits;

/// Containers inside one another; what works on values recurses this deep.
inline constexpr int max_nesting = 100;

/// Expressions, statements and calls inside one another while a template is evaluated.
inline constexpr int max_recursion = 800;

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
      require(env.level_ < max_recursion, "expressions and calls are nested more than ", max_recursion, " deep");
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
    require(steps_ <= limits_.steps, "the rendering takes more than ", limits_.steps, " steps; a loop may be too long");
  }
  /// Work of looking at all of a value once, not at what it holds.
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
  std::shared_ptr<loop_state> make_loop(std::vector<value> items) {
    spend(items.size() * sizeof(value) + sizeof(loop_state));
    auto loop = std::make_shared<loop_state>();
    for (const value& v : items) loop->depth = std::max(loop->depth, deeper(v.depth()));
    loop->items = std::move(items);
    return loop;
  }
  name_space* make_namespace() {
    spend(sizeof(name_space));
    return &namespaces_.emplace_back();
  }
  /// For lists that grow before they become values.
  void room(std::size_t elements) const {
    require(elements <= limits_.memory / sizeof(value), "a list grows beyond ", limits_.memory / sizeof(value),
            " elements");
  }

  void spend(std::size_t bytes) {
    memory_ += bytes;
    require(memory_ <= limits_.memory, "the rendering makes values of more than ", limits_.memory, " bytes");
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

/// `v`, unless it is undefined: then throws why it is.
inline const value& defined(const value& v) {
  if (v.is_undefined()) fail(v.why());
  return v;
}

}  // namespace zer0::jinja
