// A token batch in device memory, as losses see it.
#pragma once

#include <zer0/device/device.hpp>

namespace zer0 {

/// How its N tokens form S sequences is the context's to say (`sequence_layout`).
template <device Device>
struct device_batch {
  id_span ids;                              ///< (N)
  id_span targets;                          ///< (N)
  const_wide_span<Device> weights;          ///< (N) the token batch's times `factor`
  std::span<const double> references = {};  ///< (S) or none: token_batch's
  double factor = 1;                        ///< by normalization and loss scale: totals and gradients are times it
};

}  // namespace zer0
