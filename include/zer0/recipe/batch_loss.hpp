// The cross-entropy of batches under a model, without the memory that training takes.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/device/buffer.hpp>
#include <zer0/loss/cross_entropy.hpp>
#include <zer0/model/workspace.hpp>

namespace zer0 {

/// Sums of -log p(target) times weight over token batches: no gradients, no optimizer, no dropout.
/// Memory: activations of the largest batch it was given.
template <class Model>
class batch_loss {
 public:
  explicit batch_loss(Model& model) : model_(&model), workspace_(model.device()), total_(model.device(), 1) {}

  /// Throws zer0::error if the batch does not fit the model's vocabulary or its longest sequence.
  [[nodiscard]] double operator()(const token_batch& batch) {
    auto& c = workspace_.start(batch, model_->sizes());
    double total = 0;
    model_->device().upload(total_.data(), &total, sizeof total);
    const auto hidden = model_->forward(c, workspace_.batch().ids);
    cross_entropy()(c, model_->output(), const_view<typename Model::device_type>(hidden), workspace_.batch(),
                    total_.data());
    model_->device().download(&total, total_.data(), sizeof total);
    return total;
  }

 private:
  Model* model_;
  workspace<typename Model::device_type> workspace_;
  buffer<double, typename Model::device_type> total_;
};

}  // namespace zer0
