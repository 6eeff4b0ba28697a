// Errors: one exception type, and the two functions that throw it.
#pragma once

#include <sstream>
#include <stdexcept>
#include <string>

namespace zer0 {

/// What every function of zer0 throws for input it cannot accept. The text is one sentence that names the thing (a file
/// and line, an option, a size), the value, the limit and the way out.
struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Throws `error` with the parts written one after another, as `std::ostream <<` writes them.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw error(text.str());
}

/// `fail(parts...)` unless `condition` holds.
template <class... Parts>
constexpr void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    fail(parts...);
}

}  // namespace zer0
