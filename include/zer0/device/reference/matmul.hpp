// The matrix product of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

namespace zer0 {

void matmul(reference&, transpose ta, tensor_view<const double> a, transpose tb, tensor_view<const double> b,
            double beta, tensor_view<double> c);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/elements.ipp>
#endif
