// Compiled by nvcc, not run: a model, its trainer and generation on each precision of the cuda device.
#include <zer0/device/cuda.cuh>
#include <zer0/generate/session.hpp>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

using namespace zer0;

template class zer0::trainer<model<decoder<>, cuda>>;
template class zer0::trainer<model<decoder<gqa<rope, standard>>, cuda_bf16>>;
template class zer0::trainer<model<decoder<>, cuda_fp16>>;
template class zer0::session<model<decoder<>, cuda>>;
template class zer0::session<model<decoder<>, cuda_bf16>>;
template class zer0::session<model<decoder<>, cuda_fp16>>;
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
