// Bodies of zer0/core/error.hpp.
#pragma once

#include <zer0/core/error.hpp>

#include <charconv>

namespace zer0::detail {

ZER0_INLINE void message_part::append_to(std::string& message) const {
  char digits[32];
  char* const end = digits + sizeof digits;
  switch (kind_) {
    case kind::text:
      message += text_;
      break;
    case kind::letter:
      message += letter_;
      break;
    case kind::integer:
      message.append(digits, std::to_chars(digits, end, integer_).ptr);
      break;
    case kind::natural:
      message.append(digits, std::to_chars(digits, end, natural_).ptr);
      break;
    case kind::real:  // like printf's %g, and like streams
      message.append(digits, std::to_chars(digits, end, real_, std::chars_format::general, 6).ptr);
      break;
  }
}

ZER0_INLINE void throw_error(std::initializer_list<message_part> parts) {
  std::string message;
  for (const message_part& part : parts) part.append_to(message);
  throw error(message);
}

}  // namespace zer0::detail
