// Texts to pretrain on: JSON Lines of {"text": "..."}.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/data/detail/jsonl_records.hpp>

#include <string>
#include <string_view>

namespace zer0 {

namespace detail {

/// The text of a record; returns what is wrong with the line, or nothing.
[[nodiscard]] std::string read_text(std::string_view line, std::string& out);

#ifdef ZER0_COMPILED
extern template class jsonl_records<std::string, &read_text>;
#endif

}  // namespace detail

/// A JSON Lines file whose every line is an object with the string "text"; other fields are ignored, however they nest.
/// Opening looks at every line, so that what is wrong shows now and not hours into the training: a line that is no JSON
/// object, has no "text", two of them, one that is not a string or is nothing but white space, invalid UTF-8, half a
/// surrogate pair. Memory: 8 bytes a record; the texts stay in the file. Reading is thread-safe. Throws: zer0::error
/// "FILE:LINE: what is wrong", or that there are no records.
class pretrain_records : public detail::jsonl_records<std::string, &detail::read_text> {
 public:
  using jsonl_records::jsonl_records;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/data/detail/pretrain_records.ipp>
#endif
