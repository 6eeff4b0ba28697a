// What programs print: numbers that can be read, and how far something is.
#pragma once

#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <functional>
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

/// Shows a fraction as "what 43 %", on a terminal only.
inline std::function<void(double)> show_percent(std::string what) {
  if (!is_terminal(stderr)) return {};
  return [what = std::move(what), shown = -1](double fraction) mutable {
    const int percent = static_cast<int>(fraction * 100);
    if (percent == shown) return;
    shown = percent;
    if (percent < 100)
      std::fprintf(stderr, "\r%s %d %%\x1b[K", what.c_str(), percent);
    else
      clear_line();
    std::fflush(stderr);
  };
}

}  // namespace program
