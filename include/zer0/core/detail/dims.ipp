// Bodies of zer0/core/dims.hpp.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/visit_sizes.hpp>  // with the body of dims::check

#include <algorithm>

namespace zer0 {

ZER0_INLINE bool lora_sizes::lists(std::string_view name, bool is_square) const {
  static constexpr const char* space = " \t\n\v\f\r";
  const std::string_view names = projections;
  for (std::size_t begin = 0; (begin = names.find_first_not_of(space, begin)) != names.npos;) {
    const std::size_t end = std::min(names.find_first_of(space, begin), names.size());
    const std::string_view word = names.substr(begin, end - begin);
    if (word == name || word == "all" || (word == "square" && is_square)) return true;
    begin = end;
  }
  return false;
}

ZER0_INLINE dims dims::of_experts(index_t n) const {
  dims d = *this;
  d.hidden_dim = n * (experts.hidden_dim ? experts.hidden_dim : hidden());
  return d;
}

ZER0_INLINE dims dims::resolved() const {
  dims d = *this;
  d.n_kv_heads = kv_heads();
  d.head_dim = head_size();
  d.hidden_dim = hidden();
  d.multiple_of = 1;
  if (d.experts.hidden_dim == 0) d.experts.hidden_dim = hidden();
  // A factor of 1 changes no frequency, wherever it would begin to.
  index_t& original = d.rope_scaling.original_max_seq_len;
  if (original == 0 && d.rope_scaling.factor != 1) original = max_seq_len;
  return d;
}

}  // namespace zer0
