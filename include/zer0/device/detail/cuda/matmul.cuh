// Matrix products of the cuda device, by cuBLAS. Besides these, only the device's handle uses it.
#pragma once

#include <zer0/device/detail/cuda/device.cuh>

namespace zer0 {
namespace gpu {

template <class T>
constexpr cudaDataType_t data_type() {
  if constexpr (std::is_same_v<T, float>) return CUDA_R_32F;
  if constexpr (std::is_same_v<T, __nv_bfloat16>) return CUDA_R_16BF;
  if constexpr (std::is_same_v<T, __half>) return CUDA_R_16F;
}

/// cuBLAS is column-major, so it sees each matrix transposed, and computes c^T = b^T a^T. Sums are
/// in float.
template <class Real, class Out>
void product(basic_cuda<Real>& d, matrix_of<basic_cuda<Real>> a, matrix_of<basic_cuda<Real>> b,
             double beta, tensor_view<Out> c) {
  const index_t m = c.rows, n = c.cols, k = a.cols();
  if (m == 0 || n == 0) return;
  constexpr index_t most = std::numeric_limits<int>::max();
  require(m <= most && n <= most && k <= most && a.view.stride <= most && b.view.stride <= most &&
              c.stride <= most,
          "cuda: a product of (", m, ", ", k, ") by (", k, ", ", n,
          ") is beyond cuBLAS's 32-bit sizes; use a smaller batch");
  const auto op = [](bool is_transposed) { return is_transposed ? CUBLAS_OP_T : CUBLAS_OP_N; };
  const auto size = [](index_t i) { return static_cast<int>(i); };
  const float one = 1;
  const auto add = static_cast<float>(beta);
  check(
      cublasGemmEx(d.cublas(), op(b.is_transposed), op(a.is_transposed), size(n), size(m), size(k),
                   &one, b.view.data, data_type<Real>(), size(std::max<index_t>(b.view.stride, 1)),
                   a.view.data, data_type<Real>(), size(std::max<index_t>(a.view.stride, 1)), &add,
                   c.data, data_type<Out>(), size(c.stride), d.compute(), CUBLAS_GEMM_DEFAULT),
      "matmul");
}

}  // namespace gpu

template <class Real>
void matmul(basic_cuda<Real>& d, matrix_of<basic_cuda<Real>> a, matrix_of<basic_cuda<Real>> b,
            double beta, view<basic_cuda<Real>> c) {
  gpu::product(d, a, b, beta, c);
}

/// A product with a result in float, such as the gradient of a weight: 16-bit operands, sums in
/// float.
template <class Real>
requires(!std::same_as<Real, wide<Real>>)
void matmul(basic_cuda<Real>& d, matrix_of<basic_cuda<Real>> a, matrix_of<basic_cuda<Real>> b,
            double beta, wide_view<basic_cuda<Real>> c) {
  gpu::product(d, a, b, beta, c);
}

}  // namespace zer0
