// The devices that tests/device holds against `reference`: a new one joins by its name.
#pragma once

#include <zer0/device/reference.hpp>
#if defined(ZER0_CUDA_ON_CPU) || defined(__CUDACC__)
#include <zer0/device/cuda.cuh>
#else
#include <zer0/device/cpu.hpp>
#endif

#include <tuple>

namespace support {

#if defined(ZER0_CUDA_ON_CPU) || defined(__CUDACC__)  // tests/cuda_on_cpu and tests/gpu compile the same tests again
using judged_devices = std::tuple<zer0::cuda, zer0::cuda_bf16, zer0::cuda_fp16>;
using all_devices = std::tuple<zer0::cuda>;
#else
using judged_devices = std::tuple<zer0::cpu>;
using all_devices = std::tuple<zer0::reference, zer0::cpu>;
#endif

}  // namespace support
