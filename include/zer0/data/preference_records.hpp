// Pairs of answers, one preferred to the other, as JSON Lines.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/data/chat_record.hpp>
#include <zer0/data/detail/jsonl_records.hpp>
#include <zer0/io/json_document.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace zer0 {

/// Two conversations that begin alike.
struct preference_record {
  held<chat_json> chosen;      ///< [{"role", "content", ...}, ...]
  held<chat_json> rejected;    ///< the same
  std::size_t prompt = 0;      ///< so many messages are equal on both sides: what is answered
  held<chat_json> tools = {};  ///< what the template is told of functions, if the record says it, or null
};

namespace detail {

/// The pair of a line; returns what is wrong with the line, or nothing.
[[nodiscard]] std::string read_preference(std::string_view line, preference_record& out);

#ifdef ZER0_COMPILED
extern template class jsonl_records<preference_record, &read_preference>;
#endif

}  // namespace detail

/// A JSON Lines file whose every line is {"chosen": [messages], "rejected": [messages]}, messages as in chat_records.
/// The messages with which both sides begin are the prompt; the first that differs is an answer of the assistant on
/// both sides, and what follows may hold further turns. "tools" is kept, other fields are ignored. Opening looks at
/// every line (docs/data.md lists what is refused). Memory: 8 bytes a record; reading is thread-safe. Throws:
/// zer0::error "FILE:LINE: what is wrong", or that there are no records.
class preference_records : public detail::jsonl_records<preference_record, &detail::read_preference> {
 public:
  using jsonl_records::jsonl_records;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/preference_records.ipp>
#endif
