// Training on the cuda device, run on the CPU, beside the cpu device.
#include "support/catch.hpp"
#include "support/toy_training.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/device/cuda.cuh>

using namespace zer0;
using support::distance, support::losses;

TEST_CASE("cuda: 50 float steps follow the cpu device's within 1e-5", "[cuda_on_cpu][training]") {
  const auto expected = losses<cpu, flash>(50);
  CHECK(expected.back() < 0.7 * expected.front());
  CHECK(distance(losses<cuda, flash>(50), expected) < 1e-5);
  CHECK(distance(losses<cuda, standard_attention>(50), losses<cpu, standard_attention>(50)) < 1e-5);
}

TEST_CASE("cuda: training in bfloat16 and float16 follows float within their precision",
          "[cuda_on_cpu][training]") {
  const auto expected = losses<cpu, flash>(30);
  const double bf16 = distance(losses<cuda_bf16, flash>(30), expected);
  const double fp16 = distance(losses<cuda_fp16, flash>(30), expected);
  INFO("bf16 " << bf16 << ", fp16 " << fp16);
  CHECK(bf16 < 0x1p-8);   // its unit roundoff
  CHECK(fp16 < 0x1p-10);  // twice its own
  CHECK(bf16 > 1e-6);     // it is another precision
}
