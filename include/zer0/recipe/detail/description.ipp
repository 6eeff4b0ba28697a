// Bodies of zer0/recipe/description.hpp.
#pragma once

#include <zer0/recipe/description.hpp>

#include <algorithm>
#include <cctype>
#include <iomanip>
#include <sstream>

namespace zer0 {

ZER0_INLINE bool described_part::is_like(const described_part& other) const {
  if (parameters != other.parameters || shape != other.shape || parts.size() != other.parts.size())
    return false;
  for (std::size_t i = 0; i < parts.size(); ++i)
    if (parts[i].name != other.parts[i].name || !parts[i].is_like(other.parts[i])) return false;
  return true;
}

namespace detail {

ZER0_INLINE described_part& part_of(described_part& whole, const std::string& name) {
  for (described_part& p : whole.parts)
    if (p.name == name) return p;
  whole.parts.push_back({.name = name});
  return whole.parts.back();
}

ZER0_INLINE void add_parameter(described_part& whole, std::string_view name,
                               const std::string& shape, index_t elements) {
  described_part* at = &whole;
  at->parameters += elements;
  while (!name.empty()) {
    const std::size_t dot = std::min(name.find('.'), name.size());
    at = &part_of(*at, std::string(name.substr(0, dot)));
    at->parameters += elements;
    name.remove_prefix(std::min(dot + 1, name.size()));
  }
  at->shape = shape;
}

/// "1,234,567"
ZER0_INLINE std::string with_commas(double value) {
  std::string text = std::to_string(static_cast<long long>(value + 0.5));
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}
ZER0_INLINE std::string with_commas(index_t value) {
  return with_commas(static_cast<double>(value));
}

ZER0_INLINE bool is_number(const std::string& name) {
  return std::all_of(name.begin(), name.end(),
                     [](unsigned char c) { return std::isdigit(c) != 0; });
}

ZER0_INLINE void print_part(std::ostream& out, const described_part& part, const std::string& name,
                            int depth) {
  if (part.parts.size() == 1 && part.parts[0].parts.empty())
    return print_part(out, part.parts[0], name + "." + part.parts[0].name, depth);
  const std::string label = std::string(static_cast<std::size_t>(2 * depth), ' ') + name;
  out << std::left << std::setw(44) << label << std::right << std::setw(16)
      << with_commas(part.parameters);
  if (!part.shape.empty()) out << "  " << part.shape;
  out << '\n';
  for (std::size_t i = 0; i < part.parts.size();) {
    std::size_t end = i + 1;
    while (is_number(part.parts[i].name) && end < part.parts.size() &&
           part.parts[end].is_like(part.parts[i]))
      ++end;
    std::string title = part.parts[i].name;
    if (end > i + 1) title += " to " + part.parts[end - 1].name + ", each";
    print_part(out, part.parts[i], title, depth + 1);
    i = end;
  }
}

ZER0_INLINE std::string mebibytes(std::size_t bytes) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / 0x1p20 << " MiB";
  return text.str();
}

ZER0_INLINE token_batch equal_sequences(index_t batch, index_t seq) {
  token_batch b;
  const auto n = static_cast<std::size_t>(batch * seq);
  b.ids.assign(n, 0);
  b.targets.assign(n, 0);
  b.weights.assign(n, 1);
  b.starts.clear();
  for (index_t s = 0; s <= batch; ++s) b.starts.push_back(static_cast<std::int32_t>(s * seq));
  return b;
}

}  // namespace detail

ZER0_INLINE std::string text_of(const model_description& d) {
  std::ostringstream out;
  detail::print_part(out, d.model, "parameters", 0);
  const auto line = [&](const std::string& what, const std::string& value) {
    out << std::left << std::setw(44) << what << std::right << std::setw(16) << value << '\n';
  };
  out << '\n';
  line("trained", detail::with_commas(d.trained));
  line("activated by a token", detail::with_commas(d.activated));
  line("forward, FLOPs a token", detail::with_commas(d.forward_flops));
  line("backward, FLOPs a token", detail::with_commas(d.backward_flops));
  out << "\nmemory in float32, " << d.batch << " sequences of " << d.seq << " tokens\n";
  line("  weights", detail::mebibytes(d.weight_bytes));
  line("  gradients", detail::mebibytes(d.gradient_bytes));
  line("  optimizer", detail::mebibytes(d.optimizer_bytes));
  line("  activations and scratch", detail::mebibytes(d.activation_bytes));
  line("  in all", detail::mebibytes(d.total_bytes()));
  line("cache of generation, bytes a token",
       detail::with_commas(static_cast<index_t>(d.cache_bytes_per_token)));
  return out.str();
}

}  // namespace zer0
