// Training on the cuda device, run on the CPU, beside the cpu device.
#include "support/catch.hpp"
#include "support/toy_data.hpp"
#include <zer0/device/cpu.hpp>
#include <zer0/device/cuda.cuh>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <cmath>
#include <vector>

using namespace zer0;

namespace {

/// Losses of `steps` steps of two micro-batches, with dropout.
template <class Device, class Kernel>
std::vector<double> losses(index_t steps) {
  model<decoder<gqa<rope, Kernel>>, Device> llm({.dim = 16,
                                                 .n_layers = 2,
                                                 .n_heads = 2,  // 8 wide, as tensor cores take them
                                                 .n_kv_heads = 1,
                                                 .vocab_size = 30,
                                                 .max_seq_len = 8,
                                                 .multiple_of = 8,
                                                 .dropout = 0.1});
  llm.initialize(1);
  trainer t(llm, {.total_steps = steps, .loss_scale = {.initial = 0x1p8}}, cross_entropy{}, adamw{},
            cosine{.learning_rate = 1e-2});
  support::toy_data data(2 * steps);
  std::vector<double> all;
  for (index_t i = 0; i < steps; ++i) {
    std::vector<token_batch> window(2);
    for (token_batch& batch : window) REQUIRE(data.next(batch));
    const step_report report = t.step(window);
    CHECK(report.skipped_steps == 0);
    all.push_back(report.loss);
  }
  return all;
}

/// The largest relative distance.
double distance(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (std::size_t i = 0; i < a.size(); ++i) largest = std::max(largest, std::abs(a[i] / b[i] - 1));
  return largest;
}

}  // namespace

TEST_CASE("cuda: 50 float steps follow the cpu device's within 1e-5", "[cuda_on_cpu][training]") {
  const auto expected = losses<cpu, flash>(50);
  CHECK(expected.back() < 0.7 * expected.front());
  CHECK(distance(losses<cuda, flash>(50), expected) < 1e-5);
  CHECK(distance(losses<cuda, standard>(50), losses<cpu, standard>(50)) < 1e-5);
}

TEST_CASE("cuda: training in bfloat16 and float16 follows float within their precision", "[cuda_on_cpu][training]") {
  const auto expected = losses<cpu, flash>(30);
  const double bf16 = distance(losses<cuda_bf16, flash>(30), expected);
  const double fp16 = distance(losses<cuda_fp16, flash>(30), expected);
  INFO("bf16 " << bf16 << ", fp16 " << fp16);
  CHECK(bf16 < 0x1p-8);   // its unit roundoff
  CHECK(fp16 < 0x1p-10);  // twice its own
  CHECK(bf16 > 1e-6);     // it is another precision
}
