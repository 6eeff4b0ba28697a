// Bodies of zer0/text/detail/json_view.hpp.
#pragma once

#include <zer0/io/json_document.hpp>
#include <zer0/text/detail/json_view.hpp>

#include <nlohmann/json.hpp>

namespace zer0::detail {

ZER0_INLINE nlohmann::json parse_json(std::string_view text, const std::string& file) {
  require(!text.empty(), file, ": the file is empty; a JSON object was expected");
  require(!text.starts_with("\x1f\x8b"), file, ": the file is compressed with gzip; run gunzip on it first");
  std::string problem;
  nlohmann::json document = parse_document(text, problem);
  if (problem.empty()) return document;
  fail(file, problem.starts_with("not valid JSON") ? ": " : ": not valid JSON: ", problem);
}

ZER0_INLINE std::optional<token_id> json_token_id(const nlohmann::json& value) {
  if (!value.is_number_integer()) return std::nullopt;
  if (value.is_number_unsigned() && value.get<std::uint64_t>() >= token_id_limit) return std::nullopt;
  const auto id = value.get<std::int64_t>();
  if (id < 0) return std::nullopt;
  return static_cast<token_id>(id);
}

ZER0_INLINE bool json_view::is_null() const { return value_->is_null(); }

ZER0_INLINE json_view json_view::operator[](const char* key) const {
  static const nlohmann::json nothing;
  if (!value_->is_object()) refuse("is ", value_->type_name(), "; an object was expected");
  const auto found = value_->find(key);
  return {found == value_->end() ? nothing : *found, where_ + (where_.ends_with(':') ? " " : ".") + key};
}

ZER0_INLINE json_view json_view::operator[](std::size_t i) const {
  return {value_->at(i), where_ + "[" + std::to_string(i) + "]"};
}

ZER0_INLINE std::size_t json_view::array_size() const {
  if (!value_->is_array()) refuse("is ", value_->type_name(), "; an array was expected");
  return value_->size();
}

ZER0_INLINE bool json_view::boolean(bool otherwise) const {
  if (is_null()) return otherwise;
  if (!value_->is_boolean()) refuse("is ", value_->type_name(), "; true or false was expected");
  return value_->get<bool>();
}

ZER0_INLINE const std::string& json_view::text() const {
  if (!value_->is_string()) refuse("is ", value_->type_name(), "; a string was expected");
  return value_->get_ref<const std::string&>();
}

ZER0_INLINE token_id json_view::id() const {
  const std::optional<token_id> value = json_token_id(*value_);
  if (!value)
    refuse("is ", value_->dump(-1, ' ', true), "; a token id, an integer from 0 to ", token_id_limit - 1,
           ", was expected");
  return *value;
}

}  // namespace zer0::detail
