// What programs print: numbers that can be read, and how far something is.
#pragma once

#include <zer0/recipe/hook/progress.hpp>

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace program {

/// 1834432 as "1,834,432".
inline std::string with_commas(std::int64_t number) {
  std::string text = std::to_string(number);
  for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
    text.insert(static_cast<std::size_t>(at), ",");
  return text;
}

/// 151 as "2:31".
inline std::string minutes(double seconds) {
  const auto s = static_cast<long>(seconds + 0.5);
  char text[32];
  std::snprintf(text, sizeof text, "%ld:%02ld", s / 60, s % 60);
  return text;
}

inline bool is_terminal(std::FILE* file) { return isatty(fileno(file)) == 1; }

/// Columns of the terminal that stdout is; `otherwise` if it is none.
inline int terminal_width(int otherwise) {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : otherwise;
}

/// On a terminal: takes away the progress bar that stands in the last line of stderr.
inline void clear_line() {
  if (is_terminal(stderr)) std::fputs("\r\x1b[K", stderr);
}

using zer0::show_percent;

}  // namespace program
