// The operations of zer0::cuda_bf16, compiled by the one file that includes this.
#pragma once

#include <zer0/device/cuda.cuh>
#include <zer0/device/detail/cuda/operations.cuh>

namespace zer0 {
ZER0_CUDA_OPERATIONS_OF_16_BITS(, cuda_bf16)
}  // namespace zer0
