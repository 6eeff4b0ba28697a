// The cuda device with all of its operations. Compile with nvcc (--expt-relaxed-constexpr); link
// with cuBLAS.
#pragma once

#include <zer0/device/detail/cuda/activation.cuh>
#include <zer0/device/detail/cuda/adamw.cuh>
#include <zer0/device/detail/cuda/balance.cuh>
#include <zer0/device/detail/cuda/bias.cuh>
#include <zer0/device/detail/cuda/cached_attention.cuh>
#include <zer0/device/detail/cuda/cross_entropy.cuh>
#include <zer0/device/detail/cuda/device.cuh>
#include <zer0/device/detail/cuda/elements.cuh>
#include <zer0/device/detail/cuda/embedding.cuh>
#include <zer0/device/detail/cuda/experts.cuh>
#include <zer0/device/detail/cuda/flash_attention.cuh>
#include <zer0/device/detail/cuda/grouped_matmul.cuh>
#include <zer0/device/detail/cuda/layer_norm.cuh>
#include <zer0/device/detail/cuda/matmul.cuh>
#include <zer0/device/detail/cuda/preference.cuh>
#include <zer0/device/detail/cuda/random.cuh>
#include <zer0/device/detail/cuda/recorder.cuh>
#include <zer0/device/detail/cuda/rms_norm.cuh>
#include <zer0/device/detail/cuda/rope.cuh>
#include <zer0/device/detail/cuda/routing.cuh>
#include <zer0/device/detail/cuda/sampling.cuh>
#include <zer0/device/detail/cuda/standard_attention.cuh>

namespace zer0 {
static_assert(device<cuda>);
static_assert(device<cuda_bf16>);
static_assert(device<cuda_fp16>);
}  // namespace zer0

#ifdef ZER0_CUDA_COMPILED
#include <zer0/device/detail/cuda/operations.cuh>

namespace zer0 {
ZER0_CUDA_OPERATIONS_OF_FLOAT(extern)
ZER0_CUDA_OPERATIONS_OF_16_BITS(extern, cuda_bf16)
ZER0_CUDA_OPERATIONS_OF_16_BITS(extern, cuda_fp16)
}  // namespace zer0
#endif
