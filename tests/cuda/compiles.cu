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
