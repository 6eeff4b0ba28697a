// Embedding of the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

namespace zer0 {

void embedding_forward(cpu& d, tensor_view<const float> table, id_span ids, tensor_view<float> y);

/// Threads share the columns, not the tokens: each sum keeps the order of the tokens, and no two threads meet.
void embedding_backward(cpu&, id_span ids, tensor_view<const float> dy, tensor_view<float> dtable);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/embedding.ipp>
#endif
