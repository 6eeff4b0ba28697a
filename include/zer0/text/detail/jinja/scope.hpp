// Which names mean what, where.
#pragma once

#include <zer0/text/detail/jinja/environment.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::jinja {

/// The names set in a loop's round, a macro's call or the template itself; names not found are those of the parent.
class scope : public std::enable_shared_from_this<scope> {
 public:
  explicit scope(std::shared_ptr<scope> parent)
      : parent_(std::move(parent)), depth_(parent_ ? parent_->depth_ + 1 : 0) {
    require(depth_ <= max_recursion, "macros are defined inside one another more than ", max_recursion, " deep");
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

}  // namespace zer0::jinja
