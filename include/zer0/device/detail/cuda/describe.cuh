// A description of a cuda device in words. It needs NCCL at link time too.
#pragma once

#include <zer0/device/detail/cuda/device.cuh>

#include <nccl.h>

#include <sstream>
#include <string>

namespace zer0 {
namespace gpu {

/// Throws zer0::error naming the call that failed.
inline void check(ncclResult_t status, const char* what) {
  if (status != ncclSuccess) fail("cuda: ", what, ": ", ncclGetErrorString(status));
}

}  // namespace gpu

/// A text such as "NVIDIA H100 80GB HBM3, 79.6 GiB, compute capability 9.0, CUDA 13.0 (driver
/// 13.0), cuBLAS 13.0.2, NCCL 2.27.7".
template <class Real>
std::string describe(basic_cuda<Real>& d) {
  cudaDeviceProp properties{};
  gpu::check(cudaGetDeviceProperties(&properties, d.index()), "cudaGetDeviceProperties");
  int runtime = 0, driver = 0, blas = 0, nccl = 0;
  gpu::check(cudaRuntimeGetVersion(&runtime), "cudaRuntimeGetVersion");
  gpu::check(cudaDriverGetVersion(&driver), "cudaDriverGetVersion");
  gpu::check(cublasGetVersion(d.cublas(), &blas), "cublasGetVersion");
  gpu::check(ncclGetVersion(&nccl), "ncclGetVersion");
  std::ostringstream text;
  const auto two = [&](int version) { text << version / 1000 << '.' << version % 1000 / 10; };
  const auto three = [&](int version) {
    text << version / 10000 << '.' << version / 100 % 100 << '.' << version % 100;
  };
  text << properties.name << ", " << static_cast<double>(properties.totalGlobalMem * 10 >> 30) / 10
       << " GiB, compute capability " << properties.major << '.' << properties.minor << ", CUDA ";
  two(runtime);
  text << " (driver ";
  two(driver);
  text << "), cuBLAS ";
  three(blas);
  text << ", NCCL ";
  three(nccl);
  return text.str();
}

}  // namespace zer0
