// Errors: one exception type, and the two functions that throw it.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

namespace zer0 {

/// What every function of zer0 throws for input it cannot accept. The text is one sentence that
/// names the thing (a file and line, an option, a size), the value, the limit and the way out.
struct error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

namespace detail {

/// A piece of a message: text, a character or a number. It owns no text.
class message_part {
 public:
  message_part(std::string_view text)
      : text_(text) {}  // NOLINT(google-explicit-constructor): stands for what it holds
  message_part(const std::string& text) : text_(text) {}                               // NOLINT
  message_part(const char* text) : text_(text) {}                                      // NOLINT
  message_part(char c) : kind_(kind::letter), letter_(c) {}                            // NOLINT
  message_part(signed char c) : message_part(static_cast<char>(c)) {}                  // NOLINT
  message_part(unsigned char c) : message_part(static_cast<char>(c)) {}                // NOLINT
  message_part(bool b) : message_part(b ? 1 : 0) {}                                    // NOLINT
  message_part(int n) : message_part(static_cast<long long>(n)) {}                     // NOLINT
  message_part(long n) : message_part(static_cast<long long>(n)) {}                    // NOLINT
  message_part(long long n) : kind_(kind::integer), integer_(n) {}                     // NOLINT
  message_part(unsigned n) : message_part(static_cast<unsigned long long>(n)) {}       // NOLINT
  message_part(unsigned long n) : message_part(static_cast<unsigned long long>(n)) {}  // NOLINT
  message_part(unsigned long long n) : kind_(kind::natural), natural_(n) {}            // NOLINT
  message_part(double d) : kind_(kind::real), real_(d) {}                              // NOLINT
  message_part(const volatile void*) = delete;  // a pointer would be taken for a bool

  void append_to(std::string& message) const;

 private:
  enum class kind : unsigned char { text, letter, integer, natural, real };
  kind kind_ = kind::text;
  union {
    std::string_view text_;
    char letter_;
    long long integer_;
    unsigned long long natural_;
    double real_;
  };
};

[[noreturn]] void throw_error(std::initializer_list<message_part> parts);

}  // namespace detail

/// Throws `error` with the parts written one after another, as `std::ostream <<` writes them. Parts
/// are strings, characters and numbers.
template <class... Parts>
[[noreturn]] void fail(const Parts&... parts) {
  detail::throw_error({parts...});
}

/// `fail(parts...)` unless `condition` holds.
template <class... Parts>
constexpr void require(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    detail::throw_error({parts...});
}

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/core/detail/error.ipp>
#endif
