// The memory of a pass, and the copy of a batch from the host to the device.
#pragma once

#include <zer0/core/detail/compiled.hpp>
#include <zer0/core/dims.hpp>
#include <zer0/core/types.hpp>
#include <zer0/device/memory.hpp>
#include <zer0/layer/layer.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace zer0 {
namespace detail {

/// Throws zer0::error if the batch does not fit the vocabulary or max_seq_len.
void check_batch(const token_batch& batch, const dims& sizes);
/// Writes the position of each token in its sequence. Returns the length of the longest sequence.
index_t number_positions(const std::vector<std::int32_t>& starts,
                         std::vector<std::int32_t>& positions);
/// Writes `live`: 1 for tokens up to the last one of their sequence that has a weight, 0 for the
/// padding after it.
void find_padding(const token_batch& batch, std::vector<float>& live);

}  // namespace detail

/// The two arenas of a device and the description of the current batch. It is reused: after the
/// first step of a size it allocates nothing.
template <device Device>
class workspace {
 public:
  using real = typename Device::real;

  explicit workspace(Device& device) : device_(&device), keep_(device), scratch_(device) {
    (void)begin({});
  }

  /// Forgets the last pass and starts one over `batch`. Its weights, and so the loss and gradients,
  /// are multiplied by `factor`. The context is valid until the next start. Throws zer0::error if
  /// the batch does not fit sizes.vocab_size or sizes.max_seq_len.
  context<Device>& start(const token_batch& batch, const dims& sizes,
                         const pass_settings& settings = {}, double factor = 1) {
    detail::check_batch(batch, sizes);
    (void)reset();
    const wide_span<Device> weights = put<wide<real>>(std::span(batch.weights));
    if (factor != 1)
      scale(*device_, factor,
            wide_view<Device>(weights.data(), 1, static_cast<index_t>(weights.size())));
    batch_ = {.ids = put<std::int32_t>(std::span(batch.ids)),
              .targets = put<std::int32_t>(std::span(batch.targets)),
              .weights = weights,
              .references = put<double>(std::span(batch.references)),
              .factor = factor};
    const index_t longest = detail::number_positions(batch.starts, positions_);
    detail::find_padding(batch, live_);
    return begin({.starts = put<std::int32_t>(std::span(batch.starts)),
                  .positions = put<std::int32_t>(std::span<const std::int32_t>(positions_)),
                  .longest = longest},
                 settings, put<wide<real>>(std::span<const float>(live_)));
  }

  /// Forgets the last pass. Then `put` what the next one needs, and `begin` it.
  context<Device>& reset() {
    keep_.reset();
    scratch_.reset();
    return begin({});
  }

  /// Starts a pass over sequences that were `put` since the reset.
  context<Device>& begin(const sequence_layout& layout, const pass_settings& settings = {},
                         const_wide_span<Device> live = {}) {
    return context_.emplace(*device_, keep_, scratch_, layout, settings, live);
  }

  /// Copies numbers from the host to device memory that lives as long as this pass.
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
  [[nodiscard]] context<Device>& current() { return *context_; }
  /// The peak bytes of activations plus those of scratch memory.
  [[nodiscard]] std::size_t peak_bytes() const { return keep_.peak() + scratch_.peak(); }

 private:
  Device* device_;
  arena<Device> keep_;
  arena<Device> scratch_;
  std::optional<context<Device>> context_;
  device_batch<Device> batch_;
  std::vector<std::int32_t> positions_;
  std::vector<float> live_;
};

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/model/detail/workspace.ipp>
#endif
