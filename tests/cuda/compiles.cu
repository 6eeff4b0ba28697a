// Compiled by nvcc, not run: every kernel of the cuda device, by way of a trainer with each attention and of generation
// for each precision. scripts/cuda_report looks at what becomes of them.
#include <zer0/device/cuda.cuh>
#include <zer0/generate/session.hpp>
#include <zer0/loss/preference.hpp>
#include <zer0/loss/preference_losses.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

using namespace zer0;

template <class Device, class Kernel>
using llm = model<decoder<gqa<rope, Kernel>>, Device>;

template class zer0::trainer<llm<cuda, flash>>;
template class zer0::trainer<llm<cuda_bf16, flash>>;
template class zer0::trainer<llm<cuda_fp16, flash>>;
template class zer0::trainer<llm<cuda, standard>>;
template class zer0::trainer<llm<cuda_bf16, standard>>;
template class zer0::trainer<llm<cuda_fp16, standard>>;
template class zer0::session<llm<cuda, flash>>;
template class zer0::session<llm<cuda_bf16, flash>>;
template class zer0::session<llm<cuda_fp16, flash>>;
template void zer0::random_normal<float>(cuda&, random_stream, double, double, view<cuda>);
template void zer0::random_uniform<float>(cuda&, random_stream, double, double, view<cuda>);
template void zer0::grouped_matmul<float>(cuda&, id_span, const_view<cuda>, transpose, const_view<cuda>, view<cuda>);
template void zer0::grouped_weight_gradient<float>(cuda&, id_span, const_view<cuda>, const_view<cuda>, wide_view<cuda>);
template void zer0::grouped_matmul<__nv_bfloat16>(cuda_bf16&, id_span, const_view<cuda_bf16>, transpose,
                                                  const_view<cuda_bf16>, view<cuda_bf16>);
template void zer0::grouped_weight_gradient<__nv_bfloat16>(cuda_bf16&, id_span, const_view<cuda_bf16>,
                                                           const_view<cuda_bf16>, wide_view<cuda_bf16>);
template void zer0::grouped_matmul<__half>(cuda_fp16&, id_span, const_view<cuda_fp16>, transpose, const_view<cuda_fp16>,
                                           view<cuda_fp16>);
template void zer0::grouped_weight_gradient<__half>(cuda_fp16&, id_span, const_view<cuda_fp16>, const_view<cuda_fp16>,
                                                    wide_view<cuda_fp16>);
template class zer0::trainer<llm<cuda, flash>, preference<any_preference>, adamw, cosine, per_pair>;
template class zer0::trainer<llm<cuda_bf16, flash>, preference<any_preference>, adamw, cosine, per_pair>;
template class zer0::trainer<llm<cuda_fp16, flash>, preference<any_preference>, adamw, cosine, per_pair>;

/// Operations that the models above do not use.
template <class D>
void other_operations(D& d, view<D> y, wide_view<D> wy, wide_span<D> v, std::span<const typename D::real> weight,
                      id_span ids, std::span<std::int32_t> list) {
  const const_view<D> x = y;
  const tensor_view<const wide<typename D::real>> wx = wy;
  const const_wide_span<D> cv = v;
  layer_norm_forward(d, x, weight, weight, 1e-5, y, v, v);
  layer_norm_backward(d, x, weight, cv, cv, x, 0, y, v, v);
  layer_norm_backward(d, x, weight, cv, cv, x, 1, y, v, v);
  add_bias(d, weight, y);
  add_column_sums(d, x, v);
  const auto activate = [&](auto act) {
    activate_forward(d, act, x, y);
    activate_backward(d, act, x, x, y);
    gate_forward(d, act, x, x, y);
    gate_backward(d, act, x, x, x, y, y);
  };
  activate(gelu());
  activate(gelu_tanh());
  activate(relu_squared());
  combine_rows(d, ids, ids, cv, x, 1, y);
  combine_rows_backward(d, ids, ids, cv, x, x, y, v);
  add_bias(d, cv, wy);
  add_column_sums(d, wx, v);
  activate_forward(d, sigmoid(), wx, wy);
  activate_backward(d, sigmoid(), wx, wx, wy);
  softmax_rows(d, wx, wy);
  softmax_rows_backward(d, wx, wx, wy);
  choose_in_rows(d, wx, cv, 2, wy);
  choose_in_columns(d, wx, cv, 0.5, wy);
  limit_columns(d, wx, cv, 0.5, wy);
  gate_chosen(d, wx, wx, true, 1, wy);
  gate_chosen_backward(d, wx, wx, true, 1, wx, wy);
  list_chosen(d, wx, list, list, list, list);
  gather_gates(d, wx, ids, ids, v);
  scatter_gates(d, cv, ids, ids, wy);
  balance_loss(d, balance_rule(), ids, cv, wx, wx, wy, v);
  balance_loss_gradient(d, balance_rule(), ids, cv, wx, wy);
  z_loss(d, wx, cv, 1, v);
  z_loss_gradient(d, wx, cv, 1, wy);
  lean_to_mean(d, cv, 1e-3, v);
}
template void other_operations(cuda&, view<cuda>, wide_view<cuda>, wide_span<cuda>, std::span<const float>, id_span,
                               std::span<std::int32_t>);
template void other_operations(cuda_bf16&, view<cuda_bf16>, wide_view<cuda_bf16>, wide_span<cuda_bf16>,
                               std::span<const __nv_bfloat16>, id_span, std::span<std::int32_t>);
template void other_operations(cuda_fp16&, view<cuda_fp16>, wide_view<cuda_fp16>, wide_span<cuda_fp16>,
                               std::span<const __half>, id_span, std::span<std::int32_t>);
