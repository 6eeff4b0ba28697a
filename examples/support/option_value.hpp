// Values of options as text, and how far a word is from another.
#pragma once

#include <zer0/core/types.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstddef>
#include <istream>
#include <numeric>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

namespace program {

/// A count that may be absent: "none" on the command line, 0 in the program.
struct optional_count {
  zer0::index_t value = 0;
};

inline std::istream& operator>>(std::istream& in, optional_count& count) {
  std::string word;
  in >> word;
  const char* end = word.data() + word.size();
  if (word == "none") {
    count.value = 0;
  } else if (const auto [stop, failure] = std::from_chars(word.data(), end, count.value);
             failure != std::errc() || stop != end || count.value < 0) {
    in.setstate(std::ios::failbit);
  }
  return in;
}
inline std::ostream& operator<<(std::ostream& out, optional_count count) {
  return count.value == 0 ? out << "none" : out << count.value;
}

/// The shortest text that reads back as the value: "5e-4", "0.1", "true".
template <class T>
std::string value_text(const T& value) {
  if constexpr (std::is_same_v<T, bool>) return value ? "true" : "false";
  if constexpr (std::is_same_v<T, double>) {
    std::array<char, 32> digits{};
    std::string text(digits.data(),
                     std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr);
    const std::size_t exponent = text.find('e');
    if (exponent != std::string::npos && text[exponent + 2] == '0') text.erase(exponent + 2, 1);
    return text;
  }
  std::ostringstream text;
  text << value;
  return text.str();
}

/// How many characters must be put in, left out or changed to make one word the other.
inline std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i + 1);
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = std::exchange(row[j + 1], std::min({changed, row[j] + 1, row[j + 1] + 1}));
    }
  }
  return row.back();
}

}  // namespace program
