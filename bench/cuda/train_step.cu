// bench_train_step on the cuda device.
#include "cuda/device.cuh"
#include "support/train_steps.hpp"

namespace {

/// The peak is that of one large product: what cuBLAS gets out of the card in this number format.
template <class Device>
double product_peak(Device& d) {
  using real = typename Device::real;
  constexpr zer0::index_t n = 4096;
  const zer0::buffer<real, Device> a(d, n * n), b(d, n * n), c(d, n * n);
  const auto square = [](const auto& m) { return zer0::tensor_view<real>(m.data(), n, n); };
  fill(d, square(a), 1);
  fill(d, square(b), 1);
  const auto multiply = [&] { matmul(d, square(a), transposed(square(b)), 0, square(c)); };
  multiply();
  d.synchronize();
  const auto start = bench::clock::now();
  constexpr int times = 10;
  for (int i = 0; i < times; ++i) multiply();
  d.synchronize();
  return times * 2.0 * n * n * n / bench::seconds_since(start) / 1e9;
}

}  // namespace

template <>
double bench::device_peak<program::cuda_bfloat16>(zer0::cuda_bf16& d) {
  return product_peak(d);
}
template <>
double bench::device_peak<program::cuda_float16>(zer0::cuda_fp16& d) {
  return product_peak(d);
}
template <>
double bench::device_peak<program::cuda_float32>(zer0::cuda& d) {
  return product_peak(d);
}

template void bench::train_steps_on<program::cuda_bfloat16>(const bench::step_settings&,
                                                            bench::report&);
template void bench::train_steps_on<program::cuda_float16>(const bench::step_settings&,
                                                           bench::report&);
template void bench::train_steps_on<program::cuda_float32>(const bench::step_settings&,
                                                           bench::report&);
