// Bodies of zer0/core/dims.hpp.
#pragma once

#include <zer0/core/dims.hpp>
#include <zer0/core/error.hpp>

#include <algorithm>
#include <charconv>

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
  // With a factor of 1 no frequency changes, whatever original_max_seq_len is.
  index_t& original = d.rope_scaling.original_max_seq_len;
  if (original == 0 && d.rope_scaling.factor != 1) original = max_seq_len;
  return d;
}

ZER0_INLINE void dims::check() const {
  visit_sizes(*this, [](const size_info& size, const auto& value) {
    require(size.allows(value), "dims: ", size.name, " is ", value, "; ", size.range.words);
  });
  require(head_dim > 0 || dim % n_heads == 0, "dims: dim (", dim,
          ") is not a multiple of n_heads (", n_heads, ")");
  require(n_heads % kv_heads() == 0, "dims: n_heads (", n_heads,
          ") is not a multiple of n_kv_heads (", kv_heads(), ")");
  require(experts.per_token <= experts.n_routed, "dims: experts.per_token is ", experts.per_token,
          "; it must be from 1 to experts.n_routed (", experts.n_routed, ")");
  const auto ordered = [](std::string_view low_name, double low, std::string_view high_name,
                          double high) {
    require(low < high, "dims: rope_scaling.", low_name, " is ", low,
            "; it must be below rope_scaling.", high_name, " (", high, ")");
  };
  ordered("low_freq_factor", rope_scaling.low_freq_factor, "high_freq_factor",
          rope_scaling.high_freq_factor);
  ordered("beta_slow", rope_scaling.beta_slow, "beta_fast", rope_scaling.beta_fast);
}

namespace detail {

ZER0_INLINE std::string value_text(index_t value) { return std::to_string(value); }
ZER0_INLINE std::string value_text(bool value) { return value ? "true" : "false"; }
ZER0_INLINE std::string value_text(const std::string& value) { return value; }
ZER0_INLINE std::string value_text(double value) {
  char digits[32];
  return {digits, std::to_chars(digits, digits + sizeof digits, value).ptr};
}

}  // namespace detail

ZER0_INLINE std::vector<size_text> size_texts(const dims& sizes) {
  std::vector<size_text> texts;
  visit_sizes(sizes, [&](const size_info& size, const auto& value) {
    texts.push_back({size, detail::value_text(value)});
  });
  return texts;
}

ZER0_INLINE std::string text_of(const dims& sizes) {
  std::string text;
  for (const size_text& s : size_texts(sizes))
    text += std::string(s.size.key) + ' ' + s.value + '\n';
  return text;
}

ZER0_INLINE std::optional<size_difference> first_difference(const dims& first, const dims& second,
                                                            std::initializer_list<size_use> uses) {
  const auto a = size_texts(first.resolved()), b = size_texts(second.resolved());
  for (std::size_t i = 0; i < a.size(); ++i)
    if (a[i].value != b[i].value &&
        std::find(uses.begin(), uses.end(), a[i].size.use) != uses.end())
      return size_difference{a[i].size, a[i].value, b[i].value};
  return std::nullopt;
}

}  // namespace zer0
