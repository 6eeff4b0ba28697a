// Log-probabilities of sequences under a model. Those under the reference model of preference
// learning are computed once and kept in a file.
#pragma once

#include <zer0/checkpoint/model_files.hpp>
#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/dims.hpp>
#include <zer0/core/types.hpp>
#include <zer0/loss/cross_entropy.hpp>
#include <zer0/model/workspace.hpp>
#include <zer0/recipe/detail/fingerprint.hpp>

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace zer0 {

/// Computes log-probabilities of sequences, without dropout and gradients. Memory: that of a
/// forward pass, kept as long as this object lives.
template <class Model>
class sequence_scorer {
 public:
  using device_type = typename Model::device_type;
  using real = typename Model::real;

  explicit sequence_scorer(Model& model, cross_entropy head = {})
      : model_(&model), head_(head), workspace_(model.device()) {}

  /// For each sequence of the batch, the sum of log p over its targets of weight 1. The span is
  /// valid until the next call.
  std::span<const double> operator()(const token_batch& batch) {
    context<device_type>& c = workspace_.start(batch, model_->sizes());
    const tensor_view<real> hidden = model_->forward(c, workspace_.batch().ids);
    const wide_span<device_type> losses = c.scratch.template vector<wide<real>>(hidden.rows);
    const std::span<double> sums = c.scratch.template vector<double>(batch.sequences());
    head_.token_losses(c, model_->output(), const_view<device_type>(hidden), workspace_.batch(),
                       losses);
    sum_sequences(c.device, c.layout.starts, const_wide_span<device_type>(losses), sums);
    scores_.resize(sums.size());
    c.device.download(scores_.data(), sums.data(), sums.size() * sizeof(double));
    for (double& s : scores_) s = -s;
    return scores_;
  }

 private:
  Model* model_;
  cross_entropy head_;
  workspace<device_type> workspace_;
  std::vector<double> scores_;
};

/// A source of pairs of answers in the order of their file: preference_data, or a user's own.
template <class D>
concept pair_source = requires(D& d, token_batch& b, index_t n, std::vector<double> references) {
  { d.pairs() } -> std::convertible_to<index_t>;
  { d.fingerprint() } -> std::convertible_to<std::uint64_t>;
  d.in_order(n, b);  // a batch of pairs from number n on
  d.set_references(references);
};

/// Log-probabilities of all answers under `model`, two for each pair: pair 0's chosen answer, pair
/// 0's rejected answer, pair 1's chosen answer, ... One forward pass over the data; `progress` is
/// called with the fraction of it that is done.
template <class Model, pair_source Data>
[[nodiscard]] std::vector<double> reference_scores(
    Model& model, Data& data, const std::function<void(double)>& progress = {}) {
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

/// A hash of all that the model's results depend on: its policies, every size of
/// `size_use::result`, the weights as the device holds them, and the states of layers (a router's
/// bias). Adapters are left out, so that a model has the same hash with and without them. The
/// attention kernel is one of the policies, because kernels round differently.
template <class Model>
[[nodiscard]] std::uint64_t weights_fingerprint(Model& model) {
  using real = typename Model::real;
  detail::fingerprint hash;
  detail::add_variant<typename Model::variant>(hash);
  for (const size_text& s : size_texts(model.sizes().resolved()))
    if (s.size.use == size_use::result) {
      hash.add(s.size.name);
      hash.add(s.value);
    }
  hash.add(sizeof(real));
  const std::size_t adapters =
      model.parameters().has_adapters() ? model.trained_weights().size() : 0;
  detail::add_numbers(hash, model.device(),
                      std::span<const real>(model.weights().subspan(adapters)));
  for (const auto& state : model.parameters().states())
    detail::add_numbers(hash, model.device(), std::span<const wide<real>>(state.value->value));
  return hash.value();
}

/// A file of reference_scores. FILE.reference-0123456789abcdef.safetensors, where the digits depend
/// on weights and data, holds `log_probabilities` (pairs, 2), chosen and rejected, and in its
/// metadata the fingerprints of weights and data.
class reference_file {
 public:
  reference_file(const std::filesystem::path& folder, const std::string& name,
                 std::uint64_t weights, std::uint64_t data);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// The 2 * pairs scores in the file; nothing if there is no such file, or if it belongs to other
  /// weights or data.
  [[nodiscard]] std::optional<std::vector<double>> read(index_t pairs) const;

  /// Throws zer0::error if the file cannot be written; no half of it is left then.
  void write(std::span<const double> scores) const;

 private:
  static std::string hex(std::uint64_t x);

  std::filesystem::path path_;
  std::string weights_, data_;
};

/// Scores that a file holds.
struct kept_scores {
  std::vector<double> scores;     ///< in the order of reference_scores
  std::filesystem::path file;     ///< the file that holds them
  bool computed = false;          ///< true: computed now; false: read from `file`
  std::string not_in_first = {};  ///< why they could not be written to the first of the folders
};

namespace detail {

/// The scores in the first of the files that has those of `pairs` pairs; nothing if none has.
std::optional<kept_scores> read_scores(std::span<const reference_file> files, index_t pairs);

/// Writes to the first of the files that can be written. Throws zer0::error if none can.
kept_scores keep_scores(std::span<const reference_file> files, std::vector<double> scores);

}  // namespace detail

/// reference_scores, read from a file in `folder` that belongs to this model and this data. If
/// there is none, they are computed and written there; with an empty path, they are computed and
/// not kept.
template <class Model, pair_source Data>
[[nodiscard]] std::vector<double> kept_reference_scores(Model& model, Data& data,
                                                        const std::filesystem::path& folder) {
  if (folder.empty()) return reference_scores(model, data);
  const reference_file file(folder, "pairs", weights_fingerprint(model), data.fingerprint());
  const std::span<const reference_file> files(&file, 1);
  std::optional<kept_scores> kept = detail::read_scores(files, data.pairs());
  if (!kept) kept = detail::keep_scores(files, reference_scores(model, data));
  return std::move(kept->scores);
}

/// A reference model in a folder of files. `Model` is the type of the model to train, whose memory
/// holds the reference's weights while scores are computed: load the weights to train afterwards.
/// Give a resumed run what `weights()` was when it began; the folder is then needed only if the
/// file of scores is gone. Memory: that of a `sequence_scorer` while scores are computed.
///
///   zer0::reference_model reference(llm, "out/sft_512/best");
///   data.set_references(reference.scores(data, "pairs.jsonl", {"dataset"}).scores);
///   zer0::load_weights(llm, "out/sft_512/best");
template <class Model>
class reference_model {
 public:
  /// Loads the weights. Throws zer0::error if `source` cannot be read, or differs from `model` in
  /// more than its weights.
  reference_model(Model& model, std::filesystem::path source)
      : model_(&model), source_(std::move(source)) {
    load();
  }
  reference_model(Model& model, std::filesystem::path source, std::uint64_t weights)
      : model_(&model), source_(std::move(source)), weights_(weights) {}

  [[nodiscard]] const std::filesystem::path& source() const { return source_; }
  /// The weights_fingerprint of the reference model.
  [[nodiscard]] std::uint64_t weights() const { return *weights_; }

  /// The reference_scores of `data`, read from a reference_file of this `name` in one of the
  /// folders. If there is none, they are computed and written to the first folder that can be
  /// written to. Throws zer0::error if no folder can be, or if there is no file and the weights in
  /// `source` are no longer those of the fingerprint.
  template <pair_source Data>
  [[nodiscard]] kept_scores scores(Data& data, const std::string& name,
                                   const std::vector<std::filesystem::path>& folders,
                                   const std::function<void(double)>& progress = {}) {
    std::vector<reference_file> files;
    for (const std::filesystem::path& folder : folders)
      files.emplace_back(folder, name, *weights_, data.fingerprint());
    if (std::optional<kept_scores> kept = detail::read_scores(files, data.pairs()))
      return *std::move(kept);
    if (!loaded_) load();
    return detail::keep_scores(files, reference_scores(*model_, data, progress));
  }

 private:
  void load() {
    const auto own = config_of<typename Model::variant>(model_->sizes());
    if (const auto d = config_difference(own, source_, {size_use::result}))
      fail("the reference model ", source_.string(), " has ", d->size.key, " ", d->second,
           ", the model to train ", d->first, "; give one that differs in its weights alone");
    load_weights(*model_, source_);
    const std::uint64_t now = weights_fingerprint(*model_);
    require(now == weights_.value_or(now), "the reference model ", source_.string(),
            " is not what the run was begun with, and the file of its log-probabilities is gone; "
            "put back either");
    weights_ = now;
    loaded_ = true;
  }

  Model* model_;
  std::filesystem::path source_;
  std::optional<std::uint64_t> weights_;
  bool loaded_ = false;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/recipe/detail/sequence_scorer.ipp>
#endif
