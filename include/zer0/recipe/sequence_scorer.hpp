// Log-probabilities of whole sequences under a model: what preference losses compare with.
#pragma once

#include <zer0/loss/cross_entropy.hpp>
#include <zer0/model/workspace.hpp>

#include <span>
#include <vector>

namespace zer0 {

/// Scores batches with a model that only looks on: no dropout, no gradients. Memory: that of a
/// forward pass, which it keeps as long as it lives.
template <class Model>
class sequence_scorer {
 public:
  using device_type = typename Model::device_type;
  using real = typename Model::real;

  explicit sequence_scorer(Model& model, cross_entropy head = {})
      : model_(&model), head_(head), workspace_(model.device()) {}

  /// For each sequence of the batch the sum of log p over its targets, those of weight 1. Valid
  /// until the next call.
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

}  // namespace zer0
