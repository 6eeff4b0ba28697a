// Conversations, as chat templates take them.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/io/json_document.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <ctime>
#include <optional>
#include <string>
#include <vector>

namespace zer0 {

/// JSON whose objects keep the order of their keys, for templates write tools and arguments in that order.
using chat_json = nlohmann::ordered_json;

struct chat_message {
  std::string role;  ///< "system", "user", "assistant", "tool"
  std::string content;
};

/// Bounds of one rendering, so that no template hangs or fills the memory.
struct chat_limits {
  std::size_t steps = 20'000'000;               ///< expressions, loop rounds, and 64 bytes or an element looked at
  std::size_t text = std::size_t{16} << 20;     ///< bytes of one string, the rendered text too
  std::size_t memory = std::size_t{256} << 20;  ///< bytes of all values together
};

namespace detail {

/// An empty object.
[[nodiscard]] held<chat_json> no_variables();

}  // namespace detail

struct chat_options {
  bool add_generation_prompt = false;  ///< end with what comes before an assistant's answer
  held<chat_json> tools = {};          ///< a list of JSON schemas of functions, or null
  held<chat_json> documents = {};
  held<chat_json> variables = detail::no_variables();  ///< further variables of the template, such as
                                                       ///< {"enable_thinking": false}
  std::string name =
      {};  ///< of several templates; empty: "tool_use" if there are tools and such a template, else "default"
  std::optional<std::time_t> now = {};  ///< the time strftime_now sees; none: the clock
  chat_limits most = {};                ///< bounds of a rendering; reaching one is an error
};

/// Bytes [begin, end) of a rendered text that the assistant produced, the token that ends its turn included.
struct assistant_span {
  std::size_t begin = 0, end = 0;
  int message = -1;  ///< index of the message; -1 if a {% generation %} block belongs to none

  bool operator==(const assistant_span&) const = default;
};

/// Bytes [begin, end) of a rendered text.
struct text_range {
  std::size_t begin = 0, end = 0;

  bool operator==(const text_range&) const = default;
};

struct rendered_chat {
  std::string text;
  std::vector<assistant_span> assistant;  ///< in order, disjoint
  std::string unknown;                    ///< why the spans cannot be said; empty if they are known
  std::vector<text_range> data;           ///< what comes from messages, tools, documents; in order, disjoint

  [[nodiscard]] bool spans_known() const { return unknown.empty(); }
};

/// The messages as JSON.
chat_json to_json(const std::vector<chat_message>& messages);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/text/detail/chat_message.ipp>
#endif
