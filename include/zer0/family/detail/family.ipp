// Bodies of zer0/family/family.hpp.
#pragma once

#include <zer0/family/family.hpp>
#include <zer0/file/detail/json.hpp>

#include <utility>

namespace zer0 {

ZER0_INLINE config_file::config_file(const std::filesystem::path& directory)
    : path_(directory / "config.json"), json_(detail::read_json_file(path_)) {}
ZER0_INLINE config_file::config_file(nlohmann::json content, std::filesystem::path path)
    : path_(std::move(path)), json_(std::move(content)) {}

ZER0_INLINE bool config_file::has(const std::string& key) const {
  const nlohmann::json* found = detail::json_find(*json_, key);
  return found != nullptr && !found->is_null();
}

ZER0_INLINE const nlohmann::json& config_file::operator[](const std::string& key) const {
  return detail::json_at(*json_, key, path_);
}

template <config_value T>
T config_file::get(const std::string& key) const {
  return detail::json_member<T>(*json_, key, path_);
}
template <config_value T>
T config_file::get_or(const std::string& key, T otherwise) const {
  return detail::json_or<T>(*json_, key, std::move(otherwise), path_);
}

ZER0_INLINE void config_file::only(const std::string& key, const nlohmann::json& value) const {
  require(!has(key) || (*this)[key] == value, path_.string(), ": ", key, " is ",
          has(key) ? (*this)[key].dump() : "", "; only ", value.dump(),
          " is supported in models of this type");
}

#ifdef ZER0_COMPILED
template bool config_file::get(const std::string&) const;
template index_t config_file::get(const std::string&) const;
template double config_file::get(const std::string&) const;
template std::string config_file::get(const std::string&) const;
template bool config_file::get_or(const std::string&, bool) const;
template index_t config_file::get_or(const std::string&, index_t) const;
template double config_file::get_or(const std::string&, double) const;
template std::string config_file::get_or(const std::string&, std::string) const;
#endif

}  // namespace zer0

namespace zer0::family {

ZER0_INLINE tensor_place own_place(const std::string& name) { return {.name = name}; }
ZER0_INLINE bool is_rotary_table(std::string_view name) {
  return name.ends_with("rotary_emb.inv_freq");
}

}  // namespace zer0::family

namespace zer0::detail {

ZER0_INLINE std::string renamed(std::string name, std::string_view from, std::string_view to) {
  const std::size_t at = name.find(from);
  return at == std::string::npos ? name : name.replace(at, from.size(), to);
}

}  // namespace zer0::detail
