// Bodies of zer0/family/family.hpp.
#pragma once

#include <zer0/family/family.hpp>

namespace zer0::detail {

ZER0_INLINE tensor_place own_place(const std::string& name) { return {.name = name}; }
ZER0_INLINE bool is_rotary_table(std::string_view name) {
  return name.ends_with("rotary_emb.inv_freq");
}

ZER0_INLINE std::string renamed(std::string name, std::string_view from, std::string_view to) {
  const std::size_t at = name.find(from);
  return at == std::string::npos ? name : name.replace(at, from.size(), to);
}

}  // namespace zer0::detail
