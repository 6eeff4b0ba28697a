// The reference model of preference learning: its log-probabilities, computed once and kept in a file.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/compiled.hpp>
#include <zer0/recipe/sequence_scorer.hpp>

#include <algorithm>
#include <bit>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace zer0 {

/// Pairs in the order of a file: preference_data, or a user's own.
template <class D>
concept pair_source = requires(D& d, token_batch& b, index_t n, std::vector<double> references) {
  { d.pairs() } -> std::convertible_to<index_t>;
  { d.fingerprint() } -> std::convertible_to<std::uint64_t>;
  d.in_order(n, b);  // some pairs from number n on
  d.set_references(references);
};

/// Log-probabilities of all answers under `model`: pair 0's chosen one, its rejected one, pair 1's, ... One forward
/// pass over the data; `progress` is told how much of it is done.
template <class Model, pair_source Data>
[[nodiscard]] std::vector<double> reference_scores(Model& model, Data& data,
                                                   const std::function<void(double)>& progress = {}) {
  sequence_scorer<Model> score(model);
  std::vector<double> all;
  token_batch batch;
  while (static_cast<index_t>(all.size()) < 2 * data.pairs()) {
    data.in_order(static_cast<index_t>(all.size()) / 2, batch);
    const std::span<const double> scores = score(batch);
    all.insert(all.end(), scores.begin(), scores.end());
    if (progress) progress(static_cast<double>(all.size()) / static_cast<double>(2 * data.pairs()));
  }
  return all;
}

/// FNV-1a over all weights as the device holds them, adapters left out, and the numbers that the model's results depend
/// on besides.
template <class Model>
[[nodiscard]] std::uint64_t weights_fingerprint(Model& model) {
  using real = typename Model::real;
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto add = [&](std::uint64_t x) { hash = (hash ^ x) * 0x100000001b3; };
  const dims& s = model.sizes();
  for (const index_t n : {s.dim, s.n_layers, s.n_heads, s.kv_heads(), s.head_size(), s.vocab_size})
    add(static_cast<std::uint64_t>(n));
  for (const index_t n : {s.experts.n_routed, s.experts.per_token, index_t{s.experts.norm_topk_prob}})
    add(static_cast<std::uint64_t>(n));
  for (const double x : {s.rope_theta, s.norm_eps, s.experts.scaling}) add(std::bit_cast<std::uint64_t>(x));
  add(sizeof(real));
  constexpr std::size_t piece = std::size_t{1} << 20;
  const std::span<real> weights =
      model.weights().subspan(model.parameters().has_adapters() ? model.trained_weights().size() : 0);
  std::vector<std::uint8_t> bytes;
  for (std::size_t first = 0; first < weights.size(); first += piece) {
    const std::size_t count = std::min(piece, weights.size() - first);
    bytes.assign((count * sizeof(real) + 7) / 8 * 8, 0);
    model.device().download(bytes.data(), weights.data() + first, count * sizeof(real));
    for (std::size_t i = 0; i < bytes.size(); i += 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, bytes.data() + i, 8);
      add(word);
    }
  }
  return hash;
}

/// A file of reference_scores, named after what they belong to: FILE.reference-0123456789abcdef.safetensors holds
/// `log_probabilities` (pairs, 2), chosen and rejected, and in its metadata the fingerprints of weights and data.
class reference_file {
 public:
  reference_file(const std::filesystem::path& folder, const std::string& name, std::uint64_t weights,
                 std::uint64_t data);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// What it holds for `pairs` pairs; nothing if there is no such file, or it belongs to other weights or data.
  [[nodiscard]] std::optional<std::vector<double>> read(index_t pairs) const;

  /// Throws zer0::error if it cannot be written; there is then no half of it.
  void write(std::span<const double> scores) const;

 private:
  static std::string hex(std::uint64_t x);

  std::filesystem::path path_;
  std::string weights_, data_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/reference_scores.ipp>
#endif
