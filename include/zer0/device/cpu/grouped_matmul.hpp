// Products of groups of rows on the cpu device: pieces of all groups are dealt out to the threads together.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

namespace zer0 {

void grouped_matmul(cpu& d, id_span starts, tensor_view<const float> x, transpose tb, tensor_view<const float> b,
                    tensor_view<float> y);

void grouped_weight_gradient(cpu&, id_span starts, tensor_view<const float> dy, tensor_view<const float> x,
                             tensor_view<float> dw);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/grouped_matmul.ipp>
#endif
