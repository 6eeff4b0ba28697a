// Does the emulation find what it is there to find? Kernels with a mistake each, beside the right ones.
#include "support/catch.hpp"
#include <zer0/device/buffer.hpp>
#include <zer0/device/cuda.cuh>

#include <array>
#include <cmath>
#include <vector>

using namespace zer0;

namespace {

constexpr int threads = 128;

struct numbers {
  float e[threads];
};

/// y[i] = x[i + 1] by way of shared memory.
template <bool Wait>
__global__ void shift(const float* x, float* y) {
  numbers& shared = gpu::shared_memory<numbers>();
  shared.e[threadIdx.x] = x[threadIdx.x];
  if (Wait) __syncthreads();
  y[threadIdx.x] = shared.e[(threadIdx.x + 1) % threads];
}

/// Not all threads reach the barrier.
__global__ void half_waits(float* y) {
  if (threadIdx.x < threads / 2) __syncthreads();
  if (threadIdx.x >= threads / 2) __syncthreads();
  if (threadIdx.x == 0) __syncwarp();
  y[threadIdx.x] = 1;
}

__global__ void reads_unwritten(float* y) { y[threadIdx.x] = gpu::shared_memory<numbers>().e[threadIdx.x]; }

/// What a kernel writes to 128 numbers.
template <class... P, class... A>
std::vector<float> run(cuda& d, void (*kernel)(P...), A... arguments) {
  const buffer<float, cuda> y(d, threads);
  gpu::launch(d, "test", kernel, dim3(1), dim3(threads), sizeof(numbers), arguments..., y.data());
  std::vector<float> out(threads);
  download(d, std::span<const float>(y.span()), out.data());
  return out;
}

}  // namespace

TEST_CASE("cuda_on_cpu: a missing __syncthreads shows", "[cuda_on_cpu][emulation]") {
  cuda d;
  const buffer<float, cuda> x(d, threads);
  std::vector<float> in(threads), expected(threads);
  for (std::size_t i = 0; i < in.size(); ++i) in[i] = static_cast<float>(i);
  for (std::size_t i = 0; i < in.size(); ++i) expected[i] = in[(i + 1) % threads];
  d.upload(x.data(), in.data(), in.size() * sizeof(float));
  const float* from = x.data();
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    cuda_on_cpu::order_seed = seed;
    CHECK(run(d, &shift<true>, from) == expected);
    CHECK(run(d, &shift<false>, from) != expected);
  }
}

TEST_CASE("cuda_on_cpu: a barrier that some threads never reach is an error, not a hang", "[cuda_on_cpu][emulation]") {
  cuda d;
  CHECK_THROWS_WITH(run(d, &half_waits), Catch::Contains("never reach"));
}

TEST_CASE("cuda_on_cpu: unwritten shared and fresh global memory are no numbers", "[cuda_on_cpu][emulation]") {
  cuda d;
  for (const float e : run(d, &reads_unwritten)) CHECK(std::isnan(e));
  const buffer<float, cuda> fresh(d, 1000);
  std::vector<float> out(1000);
  download(d, std::span<const float>(fresh.span()), out.data());
  for (const float e : out) REQUIRE(std::isnan(e));
}

TEST_CASE("cuda_on_cpu: pointers outside live memory are refused", "[cuda_on_cpu][emulation]") {
  cuda d;
  const buffer<float, cuda> x(d, 128);
  std::vector<float> host(1000);
  CHECK_THROWS_WITH(d.download(host.data(), x.data(), host.size() * sizeof(float)),
                    Catch::Contains("not device memory"));
  const tensor_view<float> in_host(host.data(), 2, 2);
  CHECK_THROWS_WITH(matmul(d, transpose::no, in_host, transpose::no, in_host, 0, in_host),
                    Catch::Contains("not device memory"));
}

TEST_CASE("cuda: a device that is not there and a head that is too wide are refused in one sentence",
          "[cuda_on_cpu][emulation]") {
  CHECK_THROWS_WITH(cuda(7), Catch::Contains("there is no device 7; this machine has devices 0 to 0"));
  CHECK_THROWS_WITH(gpu::shape_of({.heads = 1, .kv_heads = 1, .head_dim = 257}), Catch::Contains("at most 256"));
}
