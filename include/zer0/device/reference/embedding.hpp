// Embedding of the reference device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

namespace zer0 {

void embedding_forward(reference&, tensor_view<const double> table, id_span ids, tensor_view<double> y);
void embedding_backward(reference&, id_span ids, tensor_view<const double> dy, tensor_view<double> dtable);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/elements.ipp>
#endif
