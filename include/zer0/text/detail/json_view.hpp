// A JSON value that knows where it stands, so that every complaint names file and key.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace zer0::detail {

/// Parses JSON; throws `error` naming `file`.
nlohmann::json parse_json(std::string_view text, const std::string& file);

inline constexpr std::int64_t token_id_limit = 1 << 24;

/// The value as a token id, if it is an integer in range.
std::optional<token_id> json_token_id(const nlohmann::json& value);

class json_view {
 public:
  json_view(const nlohmann::json& value, std::string where) : value_(&value), where_(std::move(where)) {}

  [[nodiscard]] const nlohmann::json& raw() const { return *value_; }
  [[nodiscard]] const std::string& where() const { return where_; }

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(where_, " ", parts...);
  }

  [[nodiscard]] bool is_null() const;

  /// A member that may be missing or null: then a null value.
  [[nodiscard]] json_view operator[](const char* key) const;

  [[nodiscard]] json_view operator[](std::size_t i) const;

  [[nodiscard]] std::size_t array_size() const;

  [[nodiscard]] bool boolean(bool otherwise) const;

  [[nodiscard]] const std::string& text() const;

  [[nodiscard]] token_id id() const;

 private:
  const nlohmann::json* value_;
  std::string where_;
};

}  // namespace zer0::detail

#ifndef ZER0_COMPILED
#include <zer0/text/detail/json_view.ipp>
#endif
