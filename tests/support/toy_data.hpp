// A batch source that needs no file: counting sequences, different in every batch and epoch.
#pragma once

#include <zer0/core/types.hpp>

namespace support {

/// `batches` micro-batches an epoch of two sequences of 8 tokens below 30; a function of (epoch,
/// batch), so that it can be sought.
class toy_data {
 public:
  explicit toy_data(zer0::index_t batches) : batches_(batches) {}

  [[nodiscard]] zer0::index_t batches_per_epoch() const { return batches_; }
  void seek(zer0::index_t epoch, zer0::index_t batch) {
    epoch_ = epoch;
    next_ = batch;
  }
  bool next(zer0::token_batch& b) {
    if (next_ >= batches_) return false;
    b = {};
    b.starts = {0, 8, 16};
    for (int i = 0; i < 16; ++i) {
      const auto token = static_cast<zer0::token_id>((i % 8 * 3 + next_ * 7 + epoch_ * 5) % 30);
      b.ids.push_back(token);
      b.targets.push_back((token + 3) % 30);
      b.weights.push_back(i % 8 == 7 ? 0.0f : 1.0f);
    }
    ++next_;
    return true;
  }

 private:
  zer0::index_t batches_;
  zer0::index_t epoch_ = 0;
  zer0::index_t next_ = 0;
};

}  // namespace support
