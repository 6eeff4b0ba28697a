// Training on a GPU beside the cpu device.
#include "support/toy_training.hpp"
#include <zer0/device/cuda.cuh>
#include <zer0/device/detail/cuda/describe.cuh>

#include <iostream>

namespace support {
template <class Kernel>
std::vector<double> cpu_losses(zer0::index_t steps);  // cpu_losses.cpp
}  // namespace support

using namespace zer0;
using support::cpu_losses, support::distance, support::losses;

TEST_CASE("gpu: 50 float steps follow the cpu device's within 1e-4", "[gpu][training]") {
  cuda d;
  std::cout << describe(d) << '\n';
  const auto expected = cpu_losses<flash>(50);
  CHECK(expected.back() < 0.7 * expected.front());
  CHECK(distance(losses<cuda, flash>(50), expected) <
        1e-4);  // the GPU's exp and sums round otherwise than the host's
  CHECK(distance(losses<cuda, standard_attention>(50), cpu_losses<standard_attention>(50)) < 1e-4);
}

TEST_CASE("gpu: training in bfloat16 and float16 follows float within their precision",
          "[gpu][training]") {
  const auto expected = cpu_losses<flash>(30);
  CHECK(distance(losses<cuda_bf16, flash>(30), expected) < 0x1p-7);
  CHECK(distance(losses<cuda_fp16, flash>(30), expected) < 0x1p-9);
}

TEST_CASE("gpu: the same training gives the same bits twice", "[gpu][training]") {
  CHECK(losses<cuda_bf16, flash>(10) == losses<cuda_bf16, flash>(10));
  CHECK(losses<cuda, standard_attention>(10) == losses<cuda, standard_attention>(10));
}
