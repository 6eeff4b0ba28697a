// The product seam of the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

namespace zer0 {

void matmul(cpu& d, transpose ta, tensor_view<const float> a, transpose tb, tensor_view<const float> b, double beta,
            tensor_view<float> c);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/matmul.ipp>
#endif
