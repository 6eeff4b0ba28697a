// Standard attention of the cpu device: the whole matrix of probabilities, kept.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/cpu/device.hpp>

namespace zer0 {

void standard_attention_forward(cpu& d, const attention_sizes& a, tensor_view<const float> q,
                                tensor_view<const float> k, tensor_view<const float> v, id_span starts,
                                tensor_view<float> probabilities, tensor_view<float> o);

void standard_attention_backward(cpu& d, const attention_sizes& a, tensor_view<const float> q,
                                 tensor_view<const float> k, tensor_view<const float> v, id_span starts,
                                 tensor_view<const float> probabilities, tensor_view<const float> dout,
                                 tensor_view<float> scratch, tensor_view<float> dq, tensor_view<float> dk,
                                 tensor_view<float> dv);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/cpu/detail/standard_attention.ipp>
#endif
