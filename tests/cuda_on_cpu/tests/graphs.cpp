// Training by graphs gives the same bits as training a kernel at a time, and a capture that a card
// would not allow is an error on the emulated one.
#include "cuda_on_cpu/tests/support/kernel_run.hpp"
#include "support/catch.hpp"
#include "support/random_numbers.hpp"
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <string>
#include <vector>

using namespace zer0;
using support::contains;

namespace {

const dims sizes{.dim = 16,
                 .n_layers = 2,
                 .n_heads = 2,
                 .vocab_size = 30,
                 .max_seq_len = 16,
                 .multiple_of = 8,
                 .dropout = 0.2};

token_batch batch_of(const std::vector<std::int32_t>& starts, std::uint32_t seed) {
  token_batch batch;
  batch.starts = starts;
  batch.ids = support::random_tokens(starts.back(), 30, seed);
  batch.targets = support::random_tokens(starts.back(), 30, seed + 100);
  batch.weights.assign(batch.ids.size(), 1);
  return batch;
}

/// Every number that eight steps give. The shapes of their micro-batches come again; the second
/// graph of a step has the form of the first, the third another one.
template <class Device>
std::string training(bool graphs) {
  model<decoder<>, Device> llm(sizes);
  llm.device().use_graphs(graphs);
  llm.initialize(1);
  // Few rows of logits at a time: more tokens are more kernels, not only larger ones.
  trainer t(llm, {.total_steps = 8},
            cross_entropy{.chunk_bytes = 8 * 30 * sizeof(typename Device::real)}, adamw{},
            cosine{.learning_rate = 1e-2});
  std::string bytes;
  for (std::uint32_t i = 0; i < 8; ++i) {
    const std::vector<token_batch> window{
        i % 2 == 0 ? batch_of({0, 8, 12}, i) : batch_of({0, 3, 8, 12}, i),
        batch_of({0, 6, 12}, 20 + i), batch_of({0, 16, 24}, 50 + i)};
    const step_report report = t.step(window);
    bytes.append(reinterpret_cast<const char*>(&report.loss), sizeof report.loss);
    bytes.append(reinterpret_cast<const char*>(&report.gradient_norm), sizeof report.gradient_norm);
    (void)t.evaluate(batch_of({0, 16, 32}, i));  // of another size, in the same arenas
  }
  std::string weights(llm.weights().size_bytes(), '\0');
  llm.device().download(weights.data(), llm.weights().data(), weights.size());
  return bytes + weights;
}

template <int = 0>
__global__ void adds_one(float* x) {
  x[threadIdx.x] += 1;
}

/// A kernel on x, captured or not.
void add_one(cuda& d, float* x) {
  gpu::launch(d, "adds_one", &adds_one<>, dim3(1), dim3(support::threads), 0, x);
}
float first(cuda& d, const float* x) {
  float value = 0;
  d.download(&value, x, sizeof value);
  return value;
}

}  // namespace

TEMPLATE_TEST_CASE(
    "graphs: training with dropout and batches of changing shape gives the same bits",
    "[cuda_on_cpu][graphs]", cuda, cuda_bf16, cuda_fp16) {
  const auto before = cuda_on_cpu::counted_graphs();
  const std::string expected = training<TestType>(false);
  CHECK(cuda_on_cpu::counted_graphs().launched == before.launched);
  const bool same = training<TestType>(true) == expected;
  CHECK(same);
  const auto after = cuda_on_cpu::counted_graphs();
  CHECK(after.launched - before.launched == 24 - 4);  // four shapes are new once
  CHECK(after.updated - before.updated ==
        6);  // the second of a step, once the first is a graph too
  CHECK(after.instantiated - before.instantiated == 14);
}

TEST_CASE("graphs: batches of one form change the graph instead of making it anew",
          "[cuda_on_cpu][graphs]") {
  model<decoder<>, cuda> llm(sizes);
  llm.device().use_graphs(true);
  llm.initialize(1);
  trainer t(llm, {.total_steps = 6});
  const auto before = cuda_on_cpu::counted_graphs();
  for (std::uint32_t i = 0; i < 6; ++i)
    t.step(std::vector{i % 2 == 0 ? batch_of({0, 8, 12}, i) : batch_of({0, 7, 10}, i)});
  const auto after = cuda_on_cpu::counted_graphs();
  CHECK(after.instantiated - before.instantiated == 1);
  CHECK(after.updated - before.updated == 3);
  CHECK(after.launched - before.launched == 4);
}

TEST_CASE("graphs: what is captured is done when the graph is launched, not before",
          "[cuda_on_cpu][graphs]") {
  cuda d;
  const support::device_numbers numbers(d);
  float* const x = numbers.on_device.data();
  REQUIRE(cudaStreamBeginCapture(d.stream(), cudaStreamCaptureModeThreadLocal) == cudaSuccess);
  add_one(d, x);
  CHECK(*x == 0);
  cudaGraph_t graph = nullptr;
  REQUIRE(cudaStreamEndCapture(d.stream(), &graph) == cudaSuccess);
  cudaGraphExec_t ready = nullptr;
  REQUIRE(cudaGraphInstantiate(&ready, graph, 0) == cudaSuccess);
  CHECK(first(d, x) == 0);
  for (int i = 1; i <= 3; ++i) {
    REQUIRE(cudaGraphLaunch(ready, d.stream()) == cudaSuccess);
    CHECK(first(d, x) == static_cast<float>(i));
  }
  cudaGraphDestroy(graph);
  cudaGraphExecDestroy(ready);
}

TEST_CASE("graphs: waiting, copies from or to the host and allocations are errors in a capture",
          "[cuda_on_cpu][graphs]") {
  cuda d;
  d.use_graphs(true);
  const support::device_numbers numbers(d);
  float* const x = numbers.on_device.data();
  float host = 5;
  const std::size_t live = cuda_on_cpu::live_objects();
  detail::recorder<cuda> record;
  const auto refused = [&](const char* what, auto f) {
    CHECK_THROWS_WITH(record(d, {1, 2, 3}, f), contains(what));
    record(d, {1, 2, 3}, [&] { add_one(d, x); });  // afterwards all is as before
  };
  record(d, {1, 2, 3}, [&] { add_one(d, x); });
  refused("waiting for the device", [&] { d.synchronize(); });
  refused("copy to the device", [&] { d.upload(x, &host, sizeof host); });
  refused("copy to the host", [&] { d.download(&host, x, sizeof host); });
  refused("out of memory", [&] { (void)d.allocate(12345678); });
  refused("of the caller", [&] {
    add_one(d, x);
    fail("an error of the caller");
  });
  CHECK(first(d, x) == 6);
  CHECK(cuda_on_cpu::live_objects() == live + 1);  // the graph that is ready
}
