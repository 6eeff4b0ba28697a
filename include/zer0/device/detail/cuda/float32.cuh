// The operations of zer0::cuda, compiled by the one file that includes this.
#pragma once

#include <zer0/device/cuda.cuh>
#include <zer0/device/detail/cuda/operations.cuh>

namespace zer0 {
ZER0_CUDA_OPERATIONS_OF_FLOAT()
}  // namespace zer0
