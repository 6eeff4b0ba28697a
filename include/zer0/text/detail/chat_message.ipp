// Bodies of zer0/text/chat_message.hpp.
#pragma once

#include <zer0/text/chat_message.hpp>

#include <nlohmann/json.hpp>

namespace zer0 {

namespace detail {

ZER0_INLINE held<chat_json> no_variables() {
  held<chat_json> empty;
  *empty = chat_json::object();
  return empty;
}

}  // namespace detail

ZER0_INLINE chat_json to_json(const std::vector<chat_message>& messages) {
  chat_json list = chat_json::array();
  for (const chat_message& m : messages) {
    chat_json& one = list.emplace_back(chat_json::value_t::object);
    one["role"] = m.role;
    one["content"] = m.content;
  }
  return list;
}

}  // namespace zer0
