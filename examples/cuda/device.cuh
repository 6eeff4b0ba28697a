// The cuda device for programs.
#pragma once

#include "support/device_table.hpp"
#include <zer0/device/cuda.cuh>
#include <zer0/device/detail/cuda/describe.cuh>

#include <string>

namespace program {

template <class Device>
struct cuda_access {
  using type = Device;
  static type open(int index) { return type(index); }
  static std::string description(type& device) { return zer0::describe(device); }
};
template <>
struct device_access<cuda_bfloat16> : cuda_access<zer0::cuda_bf16> {};
template <>
struct device_access<cuda_float16> : cuda_access<zer0::cuda_fp16> {};
template <>
struct device_access<cuda_float32> : cuda_access<zer0::cuda> {};

}  // namespace program
