// What a user of the cuda device can run into: each is one sentence that says what to do, and
// leaves nothing behind.
#include "cuda_on_cpu/runtime.hpp"
#include "support/catch.hpp"
#include "support/toy_data.hpp"
#include <zer0/device/cuda.cuh>
#include <zer0/device/detail/cuda/describe.cuh>
#include <zer0/model/model.hpp>
#include <zer0/recipe/trainer.hpp>

#include <string>

using namespace zer0;

namespace {

constexpr std::size_t mib = std::size_t{1} << 20;

/// Another machine until the end of the scope.
struct on_machine {
  explicit on_machine(cuda_on_cpu::machine m) { cuda_on_cpu::shown_machine = m; }
  on_machine(const on_machine&) = delete;
  on_machine& operator=(const on_machine&) = delete;
  ~on_machine() { cuda_on_cpu::shown_machine = {}; }
};

/// What is said by f, which must throw and free all that it took.
template <class F>
std::string said_by(F f) {
  const std::size_t before = cuda_on_cpu::live_objects();
  std::string text = "nothing";
  try {
    f();
  } catch (const error& e) {
    text = e.what();
  }
  CHECK(cuda_on_cpu::live_objects() == before);
  CHECK(text.find('\n') == std::string::npos);
  return text;
}

/// A step of training of a model of one head.
template <class Kernel>
void train_step(index_t dim) {
  model<decoder<gqa<rope, Kernel>>, cuda> llm(
      {.dim = dim, .n_layers = 1, .n_heads = 1, .vocab_size = 30, .max_seq_len = 8});
  llm.initialize(1);
  trainer t(llm);
  support::toy_data data(1);
  std::vector<token_batch> window(1);
  REQUIRE(data.next(window.front()));
  (void)t.step(window);
}

}  // namespace

TEST_CASE("cuda: a machine without a GPU", "[cuda_on_cpu][errors]") {
  const on_machine none({.devices = 0});
  CHECK(said_by([] { cuda d; }) ==
        "cuda: no device found (no CUDA-capable device is detected); install the NVIDIA driver, or "
        "use the cpu device");
}

TEST_CASE("cuda: an index beyond the devices of the machine", "[cuda_on_cpu][errors]") {
  const on_machine two({.devices = 2});
  CHECK(said_by([] { cuda d(1); }) == "nothing");
  CHECK(said_by([] { cuda d(2); }) ==
        "cuda: there is no device 2; this machine has devices 0 to 1, so use one of them");
  CHECK(said_by([] { cuda d(-1); }) ==
        "cuda: there is no device -1; this machine has devices 0 to 1, so use one of them");
}

TEST_CASE("cuda: a device that is too old", "[cuda_on_cpu][errors]") {
  const on_machine turing({.major = 7, .minor = 5});
  CHECK(said_by([] { cuda d; }) ==
        "cuda: device 0 (the CPU in place of a GPU) has compute capability 7.5; zer0 needs 8.0 "
        "(Ampere) or newer, so use another device, or the cpu device");
}

TEST_CASE("cuda: memory that does not suffice, for the device itself, for a model, and in between",
          "[cuda_on_cpu][errors]") {
  const on_machine small({.memory = 40 * mib});
  const std::string advice =
      " could not be allocated on device 0; use a smaller batch, a shorter sequence or a smaller "
      "model";
  CHECK(said_by([] { train_step<flash>(64); }) == "nothing");
  CHECK(said_by([] {
          model<decoder<>, cuda> llm({.dim = 512, .n_layers = 8, .vocab_size = 6400});
        }) == "cuda: out of memory: 110 MiB" + advice);
  const on_machine tiny({.memory = 20 * mib});
  CHECK(said_by([] { cuda d; }) == "cuda: out of memory: 32 MiB" + advice);
}

TEST_CASE("cuda: after memory ran out the device goes on, and what it kept is given back first",
          "[cuda_on_cpu][errors]") {
  const on_machine small({.memory = 40 * mib});
  cuda d;  // takes 33 MiB
  CHECK_THROWS_WITH(d.allocate(8 * mib), Catch::Contains("out of memory: 8 MiB"));
  CHECK(cudaGetLastError() == cudaSuccess);
  d.deallocate(d.allocate(4 * mib), 4 * mib);
  void* const p = d.allocate(5 * mib);  // only where the 4 MiB were
  d.deallocate(p, 5 * mib);
}

TEST_CASE("cuda: a head that is wider than the kernels", "[cuda_on_cpu][errors]") {
  const std::string expected =
      "cuda: a head of 320 elements is too wide; at most 256 are supported, so use more heads";
  CHECK(said_by([] { train_step<flash>(320); }) == expected);
  CHECK(said_by([] { train_step<standard_attention>(320); }) == expected);
}

TEST_CASE("cuda: a device says what it is", "[cuda_on_cpu][errors]") {
  const on_machine one({.major = 8, .minor = 6, .memory = 24 * 1024 * mib - 1});
  cuda d;
  CHECK(describe(d) ==
        "the CPU in place of a GPU, 23.9 GiB, compute capability 8.6, CUDA 12.8 (driver 13.0), "
        "cuBLAS 12.8.3, NCCL 2.27.5");
}
