// What a layer is given besides its input.
#pragma once

#include <zer0/device/arena.hpp>
#include <zer0/device/device.hpp>

namespace zer0 {

/// How the N rows of a batch form sequences, on the device.
struct sequence_layout {
  id_span starts;       ///< (S+1) first token of each sequence, then N
  id_span positions;    ///< (N) position of each token in its sequence
  id_span past = {};    ///< (S) tokens of each sequence that the cache holds already; only with a cache
  id_span slots = {};   ///< (N) row of the cache that each token's key and value go to; only with a cache
  id_span groups = {};  ///< (E+1) first row of each expert, then the number of rows; only inside experts
  index_t longest = 0;  ///< tokens of the longest sequence
  [[nodiscard]] index_t sequences() const { return static_cast<index_t>(starts.size()) - 1; }
};

/// One pass through a model. `keep` holds what backward needs and lives until the pass ends; `scratch` is given back on
/// leaving a scope. Random numbers depend on (seed, step) and on how many sites have asked before, so backward can name
/// them again.
template <device Device>
struct context {
  Device& device;
  arena<Device>& keep;
  arena<Device>& scratch;
  sequence_layout layout;
  bool training = false;  ///< dropout is on
  bool adapter = true;    ///< of layers that have one (LoRA): false is the model that it adapts
  bool gathers = false;   ///< layers add to their statistics
  /// What a layer's own loss (balance of experts) and its gradient are multiplied by; 0: there is none.
  double auxiliary_weight = 0;
  /// (N) 1 for tokens that something is learned from or that come before one in their sequence, 0 for padding; empty:
  /// all are alive. What is learned depends on the first kind alone.
  const_wide_span<Device> live = {};
  std::uint64_t seed = 0;
  std::uint32_t step = 0;   ///< micro-batches since the start of training
  std::uint32_t sites = 0;  ///< random sites used so far in this pass

  [[nodiscard]] random_stream next_stream() { return {seed, sites++, step}; }
};

}  // namespace zer0
