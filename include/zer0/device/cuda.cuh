// The cuda device with all of its operations. Compile with nvcc (--expt-relaxed-constexpr); link with cuBLAS.
#pragma once

#include <zer0/device/cuda/activation.cuh>
#include <zer0/device/cuda/adamw.cuh>
#include <zer0/device/cuda/balance.cuh>
#include <zer0/device/cuda/bias.cuh>
#include <zer0/device/cuda/cached_attention.cuh>
#include <zer0/device/cuda/cross_entropy.cuh>
#include <zer0/device/cuda/device.cuh>
#include <zer0/device/cuda/elements.cuh>
#include <zer0/device/cuda/embedding.cuh>
#include <zer0/device/cuda/experts.cuh>
#include <zer0/device/cuda/flash_attention.cuh>
#include <zer0/device/cuda/grouped_matmul.cuh>
#include <zer0/device/cuda/layer_norm.cuh>
#include <zer0/device/cuda/matmul.cuh>
#include <zer0/device/cuda/preference.cuh>
#include <zer0/device/cuda/random.cuh>
#include <zer0/device/cuda/recorder.cuh>
#include <zer0/device/cuda/rms_norm.cuh>
#include <zer0/device/cuda/rope.cuh>
#include <zer0/device/cuda/routing.cuh>
#include <zer0/device/cuda/sampling.cuh>
#include <zer0/device/cuda/standard_attention.cuh>

namespace zer0 {
static_assert(device<cuda>);
static_assert(device<cuda_bf16>);
static_assert(device<cuda_fp16>);
}  // namespace zer0

#ifdef ZER0_CUDA_COMPILED
#include <zer0/device/cuda/detail/operations.cuh>

namespace zer0 {
ZER0_CUDA_OPERATIONS_OF_FLOAT(extern)
ZER0_CUDA_OPERATIONS_OF_16_BITS(extern, __nv_bfloat16)
ZER0_CUDA_OPERATIONS_OF_16_BITS(extern, __half)
}  // namespace zer0
#endif
