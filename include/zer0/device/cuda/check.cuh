// Every status of CUDA and cuBLAS is looked at; a bad one becomes an error that says what to do.
#pragma once

#include <zer0/core/error.hpp>

#include <cublas_v2.h>
#include <cuda_runtime.h>

namespace zer0::gpu {

/// Throws zer0::error with the name of what was tried.
inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // so that the next call does not report it again
  fail("cuda: ", what, ": ", cudaGetErrorString(status), " (", cudaGetErrorName(status), ")");
}

inline void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    fail("cuda: ", what, ": ", cublasGetStatusString(status), " (", cublasGetStatusName(status), ")");
}

}  // namespace zer0::gpu
