// What layers and losses are given besides numbers: the batch on its device, and the running pass.
#pragma once

#include <zer0/device/arena.hpp>
#include <zer0/device/device.hpp>

namespace zer0 {

/// How the N rows of a batch form sequences, on the device.
struct sequence_layout {
  id_span starts;       ///< (S+1) first token of each sequence, then N
  id_span positions;    ///< (N) position of each token in its sequence
  id_span past = {};    ///< (S) tokens of each sequence that the cache holds; only with a cache
  id_span slots = {};   ///< (N) row of the cache for each token; only with a cache
  id_span groups = {};  ///< (E+1) first row of each expert, then the end of the last; experts only
  index_t longest = 0;  ///< tokens of the longest sequence
  [[nodiscard]] index_t sequences() const { return static_cast<index_t>(starts.size()) - 1; }
};

/// A token batch on the device, as losses see it. How its N tokens form S sequences is said by the
/// `sequence_layout` of the context.
template <device Device>
struct device_batch {
  id_span ids;                              ///< (N)
  id_span targets;                          ///< (N)
  const_wide_span<Device> weights;          ///< (N) those of the token batch, times `factor`
  std::span<const double> references = {};  ///< (S) those of the token batch; empty: it has none
  double factor = 1;  ///< of totals and gradients: from the normalization and the loss scale
};

/// What a pass is for. The defaults only look: no dropout, nothing gathered.
struct pass_settings {
  bool training = false;  ///< dropout is on
  bool adapter = true;    ///< adapters (LoRA) act; false gives the model that they adapt
  bool gathers = false;   ///< layers add to their statistics
  /// The loss of a layer itself (balance of experts) and its gradient are multiplied by this; 0:
  /// there is none.
  double auxiliary_weight = 0;
  std::uint64_t seed = 0;
  std::uint32_t step = 0;  ///< micro-batches since the start of training
};

/// One pass through a model. `keep` holds what backward needs and lives until the pass ends;
/// `scratch` is given back on leaving a scope. Random numbers depend on (seed, step) and on how
/// many sites have asked before, so backward can name them again.
template <device Device>
struct context : pass_settings {
  context(Device& on, arena<Device>& kept, arena<Device>& scratched,
          const sequence_layout& sequences = {}, const pass_settings& settings = {},
          const_wide_span<Device> alive = {})
      : pass_settings(settings),
        device(on),
        keep(kept),
        scratch(scratched),
        layout(sequences),
        live(alive) {}

  Device& device;
  arena<Device>& keep;
  arena<Device>& scratch;
  sequence_layout layout;
  /// (N) 1 up to the last token of each sequence that something is learned from, 0 for the padding
  /// behind it. What is learned depends on the former alone. Empty: all are 1.
  const_wide_span<Device> live;
  std::uint32_t sites = 0;  ///< random sites used so far in this pass

  [[nodiscard]] random_stream next_stream() { return {seed, sites++, step}; }
};

}  // namespace zer0
