// The functions of cuBLAS that the device calls, on the host: each argument checked, sums in float.
#include "runtime.hpp"

#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <algorithm>
#include <map>

namespace {

using zer0::require;

/// Handles that live, and the stream of each.
std::map<cublasHandle_t, cudaStream_t>& handles() {
  static std::map<cublasHandle_t, cudaStream_t> list;
  return list;
}

/// A live handle, whose stream lives.
void check_handle(const char* who, cublasHandle_t handle) {
  const auto found = handles().find(handle);
  require(found != handles().end(), who, ": not a handle, or one that was destroyed");
  cuda_on_cpu::require_stream(who, found->second);
}

std::size_t size_of(cudaDataType_t type) {
  require(type == CUDA_R_32F || type == CUDA_R_16BF || type == CUDA_R_16F, "cublasGemmEx: type ",
          static_cast<int>(type));
  return type == CUDA_R_32F ? 4 : 2;
}

float read(const void* p, cudaDataType_t type, std::size_t i) {
  if (type == CUDA_R_16BF) return static_cast<const __nv_bfloat16*>(p)[i];
  if (type == CUDA_R_16F) return static_cast<const __half*>(p)[i];
  return static_cast<const float*>(p)[i];
}

void write(void* p, cudaDataType_t type, std::size_t i, float value) {
  if (type == CUDA_R_16BF)
    static_cast<__nv_bfloat16*>(p)[i] = __nv_bfloat16(value);
  else if (type == CUDA_R_16F)
    static_cast<__half*>(p)[i] = __half(value);
  else
    static_cast<float*>(p)[i] = value;
}

/// A matrix of `rows` x `cols`, columns first, must have room for its rows and lie in live memory.
void check_matrix(const char* name, const void* p, cudaDataType_t type, int rows, int cols,
                  int ld) {
  require(ld >= std::max(rows, 1), "cublasGemmEx: leading dimension of ", name, " is ", ld,
          ", rows ", rows);
  if (rows == 0 || cols == 0) return;
  require(reinterpret_cast<std::uintptr_t>(p) % size_of(type) == 0, "cublasGemmEx: ", name,
          " is not aligned");
  cuda_on_cpu::require_device_memory(
      name, p, (static_cast<std::size_t>(ld) * (cols - 1) + rows) * size_of(type));
}

}  // namespace

extern "C" {

cublasStatus_t cublasCreate_v2(cublasHandle_t* handle) {
  *handle = reinterpret_cast<cublasHandle_t>(new char);
  handles()[*handle] = nullptr;
  cuda_on_cpu::count_handle(1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasDestroy_v2(cublasHandle_t handle) {
  require(handles().erase(handle) == 1, "cublasDestroy: not a handle, or one that was destroyed");
  delete reinterpret_cast<char*>(handle);
  cuda_on_cpu::count_handle(-1);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetStream_v2(cublasHandle_t handle, cudaStream_t stream) {
  cuda_on_cpu::require_stream("cublasSetStream", stream);
  require(handles().contains(handle), "cublasSetStream: not a handle, or one that was destroyed");
  handles()[handle] = stream;
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasSetWorkspace_v2(cublasHandle_t handle, void* p, size_t bytes) {
  check_handle("cublasSetWorkspace", handle);
  cuda_on_cpu::require_device_memory("cublasSetWorkspace", p, bytes);
  return CUBLAS_STATUS_SUCCESS;
}
cublasStatus_t cublasGetVersion_v2(cublasHandle_t, int* version) {
  *version = 120803;
  return CUBLAS_STATUS_SUCCESS;
}
const char* cublasGetStatusString(cublasStatus_t) { return "a cuBLAS error"; }
const char* cublasGetStatusName(cublasStatus_t) { return "CUBLAS_STATUS"; }

cublasStatus_t cublasGemmEx(cublasHandle_t handle, cublasOperation_t ta, cublasOperation_t tb,
                            int m, int n, int k, const void* alpha, const void* a,
                            cudaDataType_t a_type, int lda, const void* b, cudaDataType_t b_type,
                            int ldb, const void* beta, void* c, cudaDataType_t c_type, int ldc,
                            cublasComputeType_t compute, cublasGemmAlgo_t) {
  check_handle("cublasGemmEx", handle);
  require(m >= 0 && n >= 0 && k >= 0, "cublasGemmEx: sizes ", m, ", ", n, ", ", k);
  require(a_type == b_type && (c_type == a_type || c_type == CUDA_R_32F),
          "cublasGemmEx: types do not go together");
  require(compute == CUBLAS_COMPUTE_32F || compute == CUBLAS_COMPUTE_32F_FAST_TF32,
          "cublasGemmEx: compute type");
  const bool at = ta == CUBLAS_OP_T, bt = tb == CUBLAS_OP_T;
  check_matrix("A", a, a_type, at ? k : m, at ? m : k, lda);
  check_matrix("B", b, b_type, bt ? n : k, bt ? k : n, ldb);
  check_matrix("C", c, c_type, m, n, ldc);
  const float x = *static_cast<const float*>(alpha), y = *static_cast<const float*>(beta);
  const auto multiply = [=] {
    const auto at_index = [](int row, int col, int ld) {
      return static_cast<std::size_t>(col) * static_cast<std::size_t>(ld) +
             static_cast<std::size_t>(row);
    };
    for (int j = 0; j < n; ++j)
      for (int i = 0; i < m; ++i) {
        double sum = 0;
        for (int l = 0; l < k; ++l)
          sum +=
              static_cast<double>(read(a, a_type, at ? at_index(l, i, lda) : at_index(i, l, lda))) *
              static_cast<double>(read(b, b_type, bt ? at_index(j, l, ldb) : at_index(l, j, ldb)));
        const std::size_t to = at_index(i, j, ldc);
        write(c, c_type, to, x * static_cast<float>(sum) + (y == 0 ? 0 : y * read(c, c_type, to)));
      }
  };
  static constexpr char form = 0;
  cuda_on_cpu::submit("cublasGemmEx", handles()[handle], &form, multiply);
  return CUBLAS_STATUS_SUCCESS;
}

}  // extern "C"
