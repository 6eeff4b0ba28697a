// A line of JSON Lines that holds lists of messages, and what must hold of messages.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/io/json_document.hpp>
#include <zer0/text/chat_message.hpp>

#include <cstddef>
#include <string>

namespace zer0 {

/// A conversation as its file has it.
struct chat_record {
  held<chat_json> messages;    ///< [{"role", "content", ...}, ...]
  held<chat_json> tools = {};  ///< what the template is told of functions, if the record says it, or null
};

namespace detail {

/// What is wrong with the messages under `name`, or nothing.
[[nodiscard]] std::string problem_of_messages(const chat_json& messages, const std::string& name);

/// Whether an assistant's message has something to learn.
[[nodiscard]] bool says_something(const chat_json& m);

/// Whether there is nothing to learn in messages that are well formed: why, or nothing.
[[nodiscard]] std::string problem_of_answers(const chat_json& messages);

}  // namespace detail

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/chat_record.ipp>
#endif
