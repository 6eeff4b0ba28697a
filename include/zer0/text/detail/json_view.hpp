// A JSON value that knows where it stands, so that every complaint names file and key.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/core/types.hpp>
#include <zer0/file/json_document.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace zer0::detail {

/// Parses JSON; throws `error` naming `file`.
inline nlohmann::json parse_json(std::string_view text, const std::string& file) {
  require(!text.empty(), file, ": the file is empty; a JSON object was expected");
  require(!text.starts_with("\x1f\x8b"), file,
          ": the file is compressed with gzip; run gunzip on it first");
  std::string problem;
  nlohmann::json document = parse_document(text, problem);
  if (problem.empty()) return document;
  fail(file, problem.starts_with("not valid JSON") ? ": " : ": not valid JSON: ", problem);
}

inline constexpr std::int64_t token_id_limit = 1 << 24;

/// The value as a token id, if it is an integer in range.
inline std::optional<token_id> json_token_id(const nlohmann::json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() >= token_id_limit)
    return std::nullopt;
  const auto id = value.get<std::int64_t>();
  if (id < 0) return std::nullopt;
  return static_cast<token_id>(id);
}

class json_view {
 public:
  json_view(const nlohmann::json& value, std::string where)
      : value_(&value), where_(std::move(where)) {}

  [[nodiscard]] const nlohmann::json& raw() const { return *value_; }
  [[nodiscard]] const std::string& where() const { return where_; }

  template <class... Parts>
  [[noreturn]] void refuse(const Parts&... parts) const {
    fail(where_, " ", parts...);
  }

  [[nodiscard]] bool is_null() const { return value_->is_null(); }

  /// A member; a null value if it is missing or null.
  [[nodiscard]] json_view operator[](const char* key) const {
    static const nlohmann::json nothing;
    if (!value_->is_object()) refuse("is ", value_->type_name(), "; an object was expected");
    const auto found = value_->find(key);
    return {found == value_->end() ? nothing : *found,
            where_ + (where_.ends_with(':') ? " " : ".") + key};
  }

  [[nodiscard]] json_view operator[](std::size_t i) const {
    return {value_->at(i), where_ + "[" + std::to_string(i) + "]"};
  }

  [[nodiscard]] std::size_t array_size() const {
    if (!value_->is_array()) refuse("is ", value_->type_name(), "; an array was expected");
    return value_->size();
  }

  [[nodiscard]] bool boolean(bool otherwise) const {
    if (is_null()) return otherwise;
    if (!value_->is_boolean()) refuse("is ", value_->type_name(), "; true or false was expected");
    return value_->get<bool>();
  }

  [[nodiscard]] const std::string& text() const {
    if (!value_->is_string()) refuse("is ", value_->type_name(), "; a string was expected");
    return value_->get_ref<const std::string&>();
  }

  [[nodiscard]] token_id id() const {
    const std::optional<token_id> value = json_token_id(*value_);
    if (!value)
      refuse("is ", value_->dump(-1, ' ', true), "; a token id, an integer from 0 to ",
             token_id_limit - 1, ", was expected");
    return *value;
  }

 private:
  const nlohmann::json* value_;
  std::string where_;
};

}  // namespace zer0::detail
