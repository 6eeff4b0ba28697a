// Wrong use of a program, as an exception.
#pragma once

#include <zer0/core/error.hpp>

#include <sstream>

namespace program {

/// Wrong use of a program: one line on stderr and exit code 2.
struct usage_error : zer0::error {
  using error::error;
};

template <class... Parts>
[[noreturn]] void refuse(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw usage_error(text.str());
}

/// `refuse(parts...)` unless `condition` holds.
template <class... Parts>
void demand(bool condition, const Parts&... parts) {
  if (!condition) refuse(parts...);
}

}  // namespace program
