// Flash attention of the cpu device: tiles, and no T x T matrix.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

#include <span>

namespace zer0 {

void flash_attention_forward(cpu&, const attention_sizes& a, tensor_view<const float> q, tensor_view<const float> k,
                             tensor_view<const float> v, id_span starts, tensor_view<float> o, std::span<float> lse);

void flash_attention_backward(cpu& d, const attention_sizes& a, tensor_view<const float> q, tensor_view<const float> k,
                              tensor_view<const float> v, id_span starts, tensor_view<const float> o,
                              std::span<const float> lse, tensor_view<const float> dout, std::span<float> /*scratch*/,
                              tensor_view<float> dq, tensor_view<float> dk, tensor_view<float> dv);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/flash_attention.ipp>
#endif
