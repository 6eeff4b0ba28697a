// Parsing whole JSON documents, and `held`: a value of a class that is only declared.
#pragma once

#include <zer0/core/detail/compiled.hpp>

#include <nlohmann/json_fwd.hpp>

#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>

namespace zer0 {

/// Holds a value of a class that is only declared at that place. A copy holds a copy of the value;
/// an object that was moved from may only be assigned to or destroyed. It exists for nlohmann::json
/// and ordered_json, whose definition costs a second of compile time: to look at the value include
/// <nlohmann/json.hpp>.
template <class T>
class held {
 public:
  held();
  held(T value);
  /// Braces mean what they mean for T: `= {{"a", 1}}` is an object.
  template <class U = T>
  held(std::initializer_list<typename U::initializer_list_t::value_type> list) : held(T(list)) {}
  /// An object without members.
  [[nodiscard]] static held object();
  held(const held& other);
  held(held&& other) noexcept;
  held& operator=(held other) noexcept;
  ~held();

  [[nodiscard]] T& operator*() { return *value_; }
  [[nodiscard]] const T& operator*() const { return *value_; }
  [[nodiscard]] T* operator->() { return value_; }
  [[nodiscard]] const T* operator->() const { return value_; }

 private:
  T* value_;
};

namespace detail {

/// Parses JSON. `problem` is why the text is refused ("parse error at line 1, column 2: ..."), or
/// empty.
[[nodiscard]] nlohmann::json parse_document(std::string_view text, std::string& problem);

}  // namespace detail

#ifdef ZER0_COMPILED
extern template class held<nlohmann::json>;
extern template class held<nlohmann::ordered_json>;
#endif

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/file/detail/json_document.ipp>
#endif
