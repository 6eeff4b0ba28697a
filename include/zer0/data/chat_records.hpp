// Conversations to learn answers from, as JSON Lines.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/data/chat_record.hpp>
#include <zer0/data/detail/jsonl_records.hpp>

#include <string>
#include <string_view>

namespace zer0 {

namespace detail {

/// The conversation of a line; returns what is wrong with the line, or nothing.
[[nodiscard]] std::string read_chat(std::string_view line, chat_record& out);

#ifdef ZER0_COMPILED
extern template class jsonl_records<chat_record, &read_chat>;
#endif

}  // namespace detail

/// A JSON Lines file whose every line is an object with a conversation: {"conversations": [{"role": ..., "content":
/// ...}, ...]}, or the same under "messages". Roles are system, user, assistant and tool; what further keys a message
/// has is left to the chat template, and so is the order of the roles. "tools" is kept, other fields are ignored.
/// Opening looks at every line (docs/data.md lists what is refused). Memory: 8 bytes a record; reading is thread-safe.
/// Throws: zer0::error "FILE:LINE: what is wrong", or that there are no records.
class chat_records : public detail::jsonl_records<chat_record, &detail::read_chat> {
 public:
  using jsonl_records::jsonl_records;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/chat_records.ipp>
#endif
