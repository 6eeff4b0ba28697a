// Does the emulation find what it is there to find? Kernels with a mistake each, beside the right
// ones.
#include "cuda_on_cpu/tests/support/kernel_run.hpp"
#include "support/catch.hpp"

#include <cmath>

using namespace zer0;
using namespace support;

namespace {

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

__global__ void reads_unwritten(float* y) {
  y[threadIdx.x] = gpu::shared_memory<numbers>().e[threadIdx.x];
}

/// y[i] = x[i - 4], or 0, by asynchronous copies in two groups. Waits for the first, then for both;
/// or forgets a wait, a commit or the barrier.
enum class mistake { none, no_wait, wait_too_early, no_commit, no_barrier };
template <mistake M>
__global__ void copies(const float* x, float* y) {
  numbers& shared = gpu::shared_memory<numbers>();
  const unsigned i = threadIdx.x;
  constexpr unsigned half = threads / 2;
  for (unsigned group = 0; group < 2; ++group) {
    const unsigned at = group * half + i * 4;
    if (i < half / 4) gpu::copy_async_or_zero(shared.e + at, x + (at < 4 ? at : at - 4), at >= 4);
    if (M != mistake::no_commit) gpu::copy_async_commit();
  }
  for (unsigned group = 0; group < 2; ++group) {
    if (M == mistake::wait_too_early)
      gpu::copy_async_wait<1>();
    else if (M != mistake::no_wait)
      group == 0 ? gpu::copy_async_wait<1>() : gpu::copy_async_wait<0>();
    if (M != mistake::no_barrier) __syncthreads();
    if (i / half == group) y[i] = shared.e[i];
  }
  __syncthreads();  // all have read
  gpu::copy_async_commit();
  gpu::copy_async_wait<0>();
}

/// Ends while its copies are under way.
__global__ void copies_and_ends(const float* x, float* y) {
  gpu::copy_async(gpu::shared_memory<numbers>().e + threadIdx.x / 4 * 4, x);
  gpu::copy_async_commit();
  y[threadIdx.x] = 1;
}

}  // namespace

TEST_CASE("cuda_on_cpu: a missing __syncthreads shows", "[cuda_on_cpu][emulation]") {
  cuda d;
  const device_numbers x(d);
  std::vector<float> expected(threads);
  for (std::size_t i = 0; i < expected.size(); ++i) expected[i] = x.on_host[(i + 1) % threads];
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const thread_order order(seed);
    CHECK(run(d, &shift<true>, x.data()) == expected);
    CHECK(run(d, &shift<false>, x.data()) != expected);
  }
}

TEST_CASE("cuda_on_cpu: a barrier that some threads never reach is an error, not a hang",
          "[cuda_on_cpu][emulation]") {
  cuda d;
  CHECK_THROWS_WITH(run(d, &half_waits), Catch::Contains("never reach"));
}

TEST_CASE("cuda_on_cpu: unwritten shared and fresh global memory are no numbers",
          "[cuda_on_cpu][emulation]") {
  cuda d;
  for (const float e : run(d, &reads_unwritten)) CHECK(std::isnan(e));
  const buffer<float, cuda> fresh(d, 1000);
  std::vector<float> out(1000);
  download(d, std::span<const float>(fresh.span()), out.data());
  for (const float e : out) REQUIRE(std::isnan(e));
}

TEST_CASE("cuda_on_cpu: an asynchronous copy arrives when its group is waited for, no sooner",
          "[cuda_on_cpu][emulation]") {
  cuda d;
  const device_numbers x(d);
  std::vector<float> expected(threads);
  for (std::size_t i = 4; i < expected.size(); ++i) expected[i] = x.on_host[i - 4];
  const auto numbers_in = [](const std::vector<float>& y, std::size_t first) {
    std::size_t count = 0;
    for (std::size_t i = first; i < first + threads / 2; ++i) count += !std::isnan(y[i]);
    return count;
  };
  for (std::uint32_t seed = 1; seed <= 5; ++seed) {
    const thread_order order(seed);
    CHECK(run(d, &copies<mistake::none>, x.data()) == expected);
    const auto none = run(d, &copies<mistake::no_wait>, x.data());
    CHECK(numbers_in(none, 0) + numbers_in(none, threads / 2) == 0);
    const auto early = run(d, &copies<mistake::wait_too_early>, x.data());
    CHECK(numbers_in(early, 0) == threads / 2);
    CHECK(numbers_in(early, threads / 2) == 0);
    CHECK(run(d, &copies<mistake::no_barrier>, x.data()) != expected);
    const auto open = run(d, &copies<mistake::no_commit>, x.data());
    CHECK(numbers_in(open, 0) + numbers_in(open, threads / 2) == 0);
  }
}

TEST_CASE("cuda_on_cpu: a kernel that ends before its copies arrive is refused",
          "[cuda_on_cpu][emulation]") {
  cuda d;
  const device_numbers x(d);
  CHECK_THROWS_WITH(run(d, &copies_and_ends, x.data()), Catch::Contains("never waited for"));
}
