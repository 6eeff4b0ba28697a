// Attention of the reference device: three nested loops, whichever kernel is asked for.
#pragma once

#include <zer0/core/compiled.hpp>
#include <zer0/device/reference/device.hpp>

#include <span>

namespace zer0 {

void standard_attention_forward(reference& d, const attention_sizes& a, tensor_view<const double> q,
                                tensor_view<const double> k, tensor_view<const double> v, id_span starts,
                                tensor_view<double> probabilities, tensor_view<double> o);

void standard_attention_backward(reference& d, const attention_sizes& a, tensor_view<const double> q,
                                 tensor_view<const double> k, tensor_view<const double> v, id_span starts,
                                 tensor_view<const double> probabilities, tensor_view<const double> dout,
                                 tensor_view<double> /*scratch*/, tensor_view<double> dq, tensor_view<double> dk,
                                 tensor_view<double> dv);

void flash_attention_forward(reference&, const attention_sizes& a, tensor_view<const double> q,
                             tensor_view<const double> k, tensor_view<const double> v, id_span starts,
                             tensor_view<double> o, std::span<double> lse);

void flash_attention_backward(reference& d, const attention_sizes& a, tensor_view<const double> q,
                              tensor_view<const double> k, tensor_view<const double> v, id_span starts,
                              tensor_view<const double> /*o*/, std::span<const double> lse,
                              tensor_view<const double> dout, std::span<double> /*scratch*/, tensor_view<double> dq,
                              tensor_view<double> dk, tensor_view<double> dv);

void cached_attention(reference&, const attention_sizes& a, tensor_view<const double> q, kv_view<const double> cache,
                      id_span starts, id_span past, tensor_view<double> o);

}  // namespace zer0

#ifndef ZER0_COMPILED
#include <zer0/device/reference/detail/attention.ipp>
#endif
