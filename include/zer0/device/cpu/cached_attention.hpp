// Attention of new tokens to the key/value cache on the cpu device.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

namespace zer0 {

void cached_attention(cpu&, const attention_sizes& a, tensor_view<const float> q, kv_view<const float> cache,
                      id_span starts, id_span past, tensor_view<float> o);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/cached_attention.ipp>
#endif
