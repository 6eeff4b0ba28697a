// What a model is made of and what training it takes, without allocating any of it.
#pragma once

#include <zer0/device/dry_run.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <algorithm>
#include <cctype>
#include <cstddef>
#include <iomanip>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace zer0 {

/// A part of a model by its name, and the parts inside it.
struct described_part {
  std::string name;
  index_t parameters = 0;
  std::string shape = {};  ///< "512x512" of a weight; a part that has parts has none
  std::vector<described_part> parts = {};

  /// Blocks and experts are mostly alike: all but their names.
  [[nodiscard]] bool is_like(const described_part& other) const {
    if (parameters != other.parameters || shape != other.shape || parts.size() != other.parts.size()) return false;
    for (std::size_t i = 0; i < parts.size(); ++i)
      if (parts[i].name != other.parts[i].name || !parts[i].is_like(other.parts[i])) return false;
    return true;
  }
};

/// Numbers of a model of `Variant` and a training step of it with `batch` sequences of `seq` tokens, in float32.
struct model_description {
  described_part model;
  index_t parameters = 0;
  index_t trained = 0;    ///< all, or the adapters alone
  index_t activated = 0;  ///< parameters that a token meets: of the experts, those that it goes to
  index_t batch = 0, seq = 0;
  double forward_flops = 0;   ///< a token, of products and attention
  double backward_flops = 0;  ///< a token; with `recompute` the second forward too
  std::size_t weight_bytes = 0, gradient_bytes = 0, optimizer_bytes = 0;
  std::size_t activation_bytes = 0;       ///< of a step: what backward needs, and scratch
  std::size_t cache_bytes_per_token = 0;  ///< in generation

  [[nodiscard]] std::size_t total_bytes() const {
    return weight_bytes + gradient_bytes + optimizer_bytes + activation_bytes;
  }
};

namespace detail {

inline described_part& part_of(described_part& whole, const std::string& name) {
  for (described_part& p : whole.parts)
    if (p.name == name) return p;
  whole.parts.push_back({.name = name});
  return whole.parts.back();
}

/// Adds a parameter of the name "model.layers.0.mlp.up_proj.weight" to all the parts that it belongs to.
inline void add_parameter(described_part& whole, std::string_view name, const std::string& shape, index_t elements) {
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
inline std::string with_commas(double value) {
  std::string text = std::to_string(static_cast<long long>(value + 0.5));
  for (std::size_t at = text.size(); at > 3;) text.insert(at -= 3, ",");
  return text;
}
inline std::string with_commas(index_t value) { return with_commas(static_cast<double>(value)); }

inline bool is_number(const std::string& name) {
  return std::ranges::all_of(name, [](unsigned char c) { return std::isdigit(c) != 0; });
}

inline void print_part(std::ostream& out, const described_part& part, const std::string& name, int depth) {
  if (part.parts.size() == 1 && part.parts[0].parts.empty())
    return print_part(out, part.parts[0], name + "." + part.parts[0].name, depth);
  const std::string label = std::string(static_cast<std::size_t>(2 * depth), ' ') + name;
  out << std::left << std::setw(44) << label << std::right << std::setw(16) << with_commas(part.parameters);
  if (!part.shape.empty()) out << "  " << part.shape;
  out << '\n';
  for (std::size_t i = 0; i < part.parts.size();) {
    std::size_t end = i + 1;
    while (is_number(part.parts[i].name) && end < part.parts.size() && part.parts[end].is_like(part.parts[i])) ++end;
    std::string title = part.parts[i].name;
    if (end > i + 1) title += " to " + part.parts[end - 1].name + ", each";
    print_part(out, part.parts[i], title, depth + 1);
    i = end;
  }
}

inline std::string mebibytes(std::size_t bytes) {
  std::ostringstream text;
  text << std::fixed << std::setprecision(1) << static_cast<double>(bytes) / 0x1p20 << " MiB";
  return text.str();
}

inline token_batch equal_sequences(index_t batch, index_t seq) {
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

/// Throws zer0::error if `sizes` do not fit together, or sequences of `seq` tokens do not fit them.
template <decoder_variant Variant>
[[nodiscard]] model_description describe(const dims& sizes, index_t batch, index_t seq) {
  require(batch > 0 && seq > 0, "describe: ", batch, " sequences of ", seq,
          " tokens; there must be at least 1 of each");
  model<Variant, dry_run> m(sizes);
  model_description d{.model = {.name = "all"}, .batch = batch, .seq = seq};
  for (const auto& [path, p] : m.parameters())
    for (const parameter_part& part : p->parts) {
      const index_t elements = part.rows * p->cols;
      const std::string shape =
          p->is_matrix ? std::to_string(part.rows) + " x " + std::to_string(p->cols) : std::to_string(elements);
      detail::add_parameter(d.model, path + part.name, shape, elements);
      d.activated +=
          part.name.starts_with("experts.") ? elements * sizes.experts.per_token : elements * sizes.experts.n_routed;
    }
  d.activated /= sizes.experts.n_routed;
  d.parameters = m.parameters().elements();
  d.trained = m.parameters().trained_elements();

  const std::size_t before_cache = m.device().bytes();
  {
    const auto cache = m.make_cache(1, 1);
    d.cache_bytes_per_token = m.device().bytes() - before_cache;
  }
  trainer train(m);
  const token_batch tokens = detail::equal_sequences(batch, seq);
  const auto n = static_cast<double>(tokens.tokens());
  const double start = m.device().flops();
  (void)train.evaluate(tokens);
  const double forward = m.device().flops() - start;
  (void)train.step({&tokens, 1});
  d.forward_flops = forward / n;
  d.backward_flops = (m.device().flops() - start - 2 * forward) / n;
  d.weight_bytes = m.weights().size() * sizeof(float);
  d.gradient_bytes = m.gradients().size() * sizeof(float);
  for (const auto& buffer : train.optimizer().buffers()) d.optimizer_bytes += buffer.values.size() * sizeof(float);
  d.activation_bytes = train.memory().peak_bytes();
  return d;
}

/// The description as text, a line a part.
[[nodiscard]] inline std::string text_of(const model_description& d) {
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
  line("cache of generation, bytes a token", detail::with_commas(static_cast<index_t>(d.cache_bytes_per_token)));
  return out.str();
}

}  // namespace zer0
