// The memory of a pass, and a batch on its way from the host to the device.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/dims.hpp>
#include <zer0/device/buffer.hpp>
#include <zer0/layer/context.hpp>
#include <zer0/layer/device_batch.hpp>

#include <algorithm>
#include <vector>

namespace zer0 {

/// Both arenas of a device and what describes the batch at hand. Used again and again; after the first step of a size
/// it allocates nothing.
template <device Device>
class workspace {
 public:
  using real = typename Device::real;

  explicit workspace(Device& device) : device_(&device), keep_(device), scratch_(device) {}

  /// Forgets the last pass and starts one over `batch`. The context is valid until the next start.
  /// Throws zer0::error if the batch does not fit a vocabulary of `vocab_size` or sequences of `max_seq_len`.
  context<Device>& start(const token_batch& batch, const dims& sizes) {
    check(batch, sizes);
    reset();
    batch_.ids = put<std::int32_t>(std::span(batch.ids));
    batch_.targets = put<std::int32_t>(std::span(batch.targets));
    weights_ = put<wide<real>>(std::span(batch.weights));
    batch_.weights = weights_;
    batch_.references = put<double>(std::span(batch.references));
    batch_.factor = 1;
    number_positions(batch.starts);
    find_padding(batch);
    context_.layout.starts = put<std::int32_t>(std::span(batch.starts));
    context_.layout.positions = put<std::int32_t>(std::span<const std::int32_t>(positions_));
    context_.live = put<wide<real>>(std::span<const float>(live_));
    return context_;
  }

  /// Forgets the last pass; the caller fills in the layout with `put`.
  context<Device>& reset() {
    keep_.reset();
    scratch_.reset();
    context_.layout = {};
    context_.sites = 0;
    context_.training = false;
    context_.adapter = true;
    context_.gathers = false;
    context_.auxiliary_weight = 0;
    context_.live = {};
    return context_;
  }

  /// Copies numbers of the host into memory of this pass.
  template <class T, class U>
  std::span<T> put(std::span<const U> numbers) {
    const std::span<T> to = keep_.template vector<T>(static_cast<index_t>(numbers.size()));
    upload(*device_, numbers, to);
    return to;
  }
  template <class T, class U>
  std::span<T> put(std::span<U> numbers) {
    return put<T>(std::span<const U>(numbers));
  }

  [[nodiscard]] const device_batch<Device>& batch() const { return batch_; }
  /// Multiplies the weights of the batch, and so its loss and gradients.
  void scale_weights(double factor) {
    if (factor == 1) return;
    scale(*device_, factor, wide_view<Device>(weights_.data(), 1, static_cast<index_t>(weights_.size())));
    batch_.factor *= factor;
  }
  [[nodiscard]] context<Device>& current() { return context_; }
  /// Most bytes that activations and scratch ever took.
  [[nodiscard]] std::size_t peak_bytes() const { return keep_.peak() + scratch_.peak(); }

 private:
  static void check(const token_batch& batch, const dims& sizes) {
    const std::size_t n = batch.ids.size();
    require(n > 0, "batch: it has no tokens");
    require(batch.targets.size() == n && batch.weights.size() == n, "batch: ", n, " ids, ", batch.targets.size(),
            " targets and ", batch.weights.size(), " weights; there must be one of each for every token");
    require(batch.starts.size() >= 2 && batch.starts.front() == 0 && batch.starts.back() == batch.tokens(),
            "batch: starts must begin with 0 and end with the number of tokens (", n, ")");
    require(batch.references.empty() || static_cast<index_t>(batch.references.size()) == batch.sequences(),
            "batch: ", batch.references.size(), " references for ", batch.sequences(),
            " sequences; there must be one for each, or none at all");
    for (std::size_t i = 0; i < n; ++i) {
      check_token("id", batch.ids[i], i, sizes);
      if (batch.weights[i] != 0) check_token("target", batch.targets[i], i, sizes);
    }
    for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
      const index_t length = index_t{batch.starts[s + 1]} - batch.starts[s];
      require(length > 0, "batch: sequence ", s, " is empty or its start lies behind the next one's");
      require(length <= sizes.max_seq_len, "batch: sequence ", s, " has ", length,
              " tokens; the model accepts max_seq_len = ", sizes.max_seq_len);
    }
  }
  static void check_token(const char* what, token_id token, std::size_t at, const dims& sizes) {
    if (token < 0 || token >= sizes.vocab_size)
      fail("batch: ", what, " ", token, " at position ", at, " is outside the vocabulary of ", sizes.vocab_size,
           "; use the tokenizer that the model was made for");
  }

  void number_positions(const std::vector<std::int32_t>& starts) {
    positions_.resize(static_cast<std::size_t>(starts.back()));
    context_.layout.longest = 0;
    for (std::size_t s = 0; s + 1 < starts.size(); ++s) {
      const std::int32_t length = starts[s + 1] - starts[s];
      context_.layout.longest = std::max<index_t>(context_.layout.longest, length);
      for (std::int32_t i = 0; i < length; ++i) positions_[static_cast<std::size_t>(starts[s] + i)] = i;
    }
  }

  /// Tokens behind the last one of their sequence that something is learned from.
  void find_padding(const token_batch& batch) {
    live_.assign(batch.ids.size(), 0);
    for (std::size_t s = 0; s + 1 < batch.starts.size(); ++s) {
      bool learned = false;
      for (auto i = static_cast<std::size_t>(batch.starts[s + 1]); i-- > static_cast<std::size_t>(batch.starts[s]);) {
        learned = learned || batch.weights[i] != 0;
        live_[i] = learned ? 1 : 0;
      }
    }
  }

  Device* device_;
  arena<Device> keep_;
  arena<Device> scratch_;
  context<Device> context_{*device_, keep_, scratch_, {}};
  device_batch<Device> batch_;
  wide_span<Device> weights_;
  std::vector<std::int32_t> positions_;
  std::vector<float> live_;
};

}  // namespace zer0
