// Lines of JSON Lines that hold lists of messages, and what must hold of messages.
#pragma once

#include <zer0/core/types.hpp>
#include <zer0/file/detail/json.hpp>
#include <zer0/file/detail/json_sax.hpp>
#include <zer0/text/chat_template.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace zer0::detail {

/// Reads the values of some keys of a JSON object, and of "tools". Other values are skipped,
/// however deep they nest.
class chat_line_reader final : public json_events {
 public:
  struct entry {
    std::string name;
    chat_json value;
  };

  /// `keys` are the keys to read; `none` is the message if the object has none of them.
  chat_line_reader(std::vector<std::string> keys, std::string none)
      : keys_(std::move(keys)), none_(std::move(none)) {}

  /// Returns what is wrong with the line, or nothing.
  [[nodiscard]] std::string read(std::string_view line) {
    const std::string wrong = read_json(line, *this);
    if (!wrong.empty()) return wrong;
    return found_.empty() ? none_ : std::string();
  }

  /// The keys that the line has, in its order; at least one after a `read` that found nothing
  /// wrong.
  [[nodiscard]] std::vector<entry>& found() { return found_; }
  [[nodiscard]] chat_json& tools() { return tools_; }

  bool null() override { return put(nullptr, "null"); }
  bool boolean(bool v) override { return put(v, "a boolean"); }
  bool number_integer(std::int64_t v) override { return put(v, "a number"); }
  bool number_unsigned(std::uint64_t v) override { return put(v, "a number"); }
  bool number_float(double v) override { return put(v, "a number"); }
  bool string(std::string& v) override { return put(std::move(v), "a string"); }
  bool start_object() override { return open(chat_json::object()); }
  bool start_array() override {
    if (depth_ == 0) return refuse_line("an array");
    return open(chat_json::array());
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(std::string& name) override {
    if (!stack_.empty()) {
      if (stack_.back()->contains(name)) return refuse("it has \"" + name + "\" twice");
      key_ = std::move(name);
      return true;
    }
    if (depth_ != 1) return true;
    target_ = nullptr;
    if (name == "tools") {
      if (std::exchange(has_tools_, true)) return refuse("it has \"tools\" twice");
      target_ = &tools_;
    } else if (std::find(keys_.begin(), keys_.end(), name) != keys_.end()) {
      const bool twice =
          std::any_of(found_.begin(), found_.end(), [&](const entry& e) { return e.name == name; });
      if (twice) return refuse("it has \"" + name + "\" twice");
      found_.reserve(keys_.size());  // so that `target_` stays where it is
      target_ = &found_.emplace_back(entry{name, nullptr}).value;
    }
    return true;
  }

 private:
  static constexpr std::size_t deepest = 64;  // bounded because a template has to walk the messages

  bool refuse_line(const std::string& what) {
    return refuse("it is " + what + ", not an object like {\"" + keys_.front() + "\": [...]}");
  }

  /// Puts a value that is not a container; `what` describes it in a message.
  bool put(chat_json value, const char* what) {
    if (depth_ == 0) return refuse_line(what);
    (void)place(std::move(value));
    return true;
  }

  /// Puts a value where it belongs and returns its place; null if it belongs nowhere.
  chat_json* place(chat_json value) {
    if (stack_.empty()) {
      if (depth_ != 1 || target_ == nullptr) return nullptr;
      *target_ = std::move(value);
      return target_;
    }
    chat_json& parent = *stack_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    return &(parent[key_] = std::move(value));
  }

  bool open(chat_json container) {
    if (chat_json* const at = depth_ > 0 ? place(std::move(container)) : nullptr; at != nullptr) {
      if (stack_.size() == deepest) return refuse("its messages are nested more than 64 deep");
      stack_.push_back(at);
    }
    ++depth_;
    return true;
  }

  bool close() {
    if (!stack_.empty()) stack_.pop_back();
    --depth_;
    return true;
  }

  std::vector<std::string> keys_;
  std::string none_;
  std::vector<entry> found_;
  chat_json tools_ = nullptr;
  bool has_tools_ = false;
  chat_json* target_ = nullptr;    // where the next value at depth 1 goes
  std::vector<chat_json*> stack_;  // open containers inside a wanted value; a parent does not grow
                                   // while its child is open, so pointers stay valid
  std::string key_;
  index_t depth_ = 0;
};

inline std::string article_of(const chat_json& j) {
  const std::string type = j.type_name();
  if (type == "null") return type;
  return (type == "array" || type == "object" ? "an " : "a ") + type;
}

/// Whether a text is nothing but white space.
inline bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\n\r\v\f") == std::string_view::npos;
}

/// What is wrong with message `number` (from 1), or nothing.
inline std::string problem_of_message(const chat_json& m, std::size_t number) {
  static constexpr std::array<std::string_view, 4> roles{"system", "user", "assistant", "tool"};
  const std::string which = "message " + std::to_string(number);
  if (!m.is_object())
    return which + " is " + article_of(m) + ", not an object with \"role\" and \"content\"";
  const chat_json* role = json_find(m, "role");
  if (role == nullptr)
    return which + " has no \"role\"" +
           (json_find(m, "from") != nullptr
                ? "; rename \"from\" and \"value\" to \"role\" and \"content\""
                : "");
  if (!role->is_string())
    return "the \"role\" of " + which + " is " + article_of(*role) + ", not a string";
  const auto& name = role->get_ref<const std::string&>();
  if (std::find(roles.begin(), roles.end(), name) == roles.end())
    return "the role of " + which + " is \"" + name.substr(0, 40) +
           "\"; it must be system, user, assistant or tool";
  const chat_json* content = json_find(m, "content");
  const bool calls = name == "assistant" && json_find(m, "tool_calls") != nullptr;
  if (calls && (content == nullptr || content->is_null())) return {};
  if (content == nullptr) return which + " has no \"content\"";
  if (!content->is_string())
    return "the \"content\" of " + which + " is " + article_of(*content) + ", not a string";
  return {};
}

/// What is wrong with the messages under `name`, or nothing.
inline std::string problem_of_messages(const chat_json& messages, const std::string& name) {
  if (!messages.is_array())
    return "its \"" + name + "\" is " + article_of(messages) + ", not an array";
  if (messages.empty()) return "its \"" + name + "\" is empty";
  for (std::size_t i = 0; i < messages.size(); ++i)
    if (std::string problem = problem_of_message(messages[i], i + 1); !problem.empty())
      return problem;
  return {};
}

/// Whether an assistant's message has something to learn.
inline bool says_something(const chat_json& m) {
  const chat_json* content = json_find(m, "content");
  return json_find(m, "tool_calls") != nullptr ||
         (content != nullptr && content->is_string() &&
          !is_blank(content->get_ref<const std::string&>()));
}

/// Why well-formed messages have nothing to learn; empty if they have something.
inline std::string problem_of_answers(const chat_json& messages) {
  bool any = false;
  for (const chat_json& m : messages) {
    if (!json_is(m["role"], "assistant")) continue;
    any = true;
    if (says_something(m)) return {};
  }
  return any ? "the assistant says nothing" : "it has no message of the assistant";
}

/// Why a side has nothing to learn behind the prompt; empty if it has something.
inline std::string problem_of_side(const chat_json& messages, std::size_t prompt,
                                   const char* name) {
  bool any = false;
  for (std::size_t i = prompt; i < messages.size(); ++i) {
    if (!json_is(messages[i]["role"], "assistant")) continue;
    any = true;
    if (says_something(messages[i])) return {};
  }
  return any ? "the assistant says nothing in \"" + std::string(name) + "\""
             : "its \"" + std::string(name) + "\" has no answer of the assistant";
}

}  // namespace zer0::detail
