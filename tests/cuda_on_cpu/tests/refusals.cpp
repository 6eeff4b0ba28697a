// What a card would not accept, or would punish, ends with an error on the emulated one.
#include "cuda_on_cpu/tests/support/kernel_run.hpp"
#include "support/catch.hpp"

using namespace zer0;
using namespace support;

namespace {

__global__ void copies_from(const float* x, unsigned to, float*) {
  gpu::copy_async(gpu::shared_memory<numbers>().e + to, x);
  gpu::copy_async_commit();
  gpu::copy_async_wait<0>();
}

__global__ void loads_matrix_at(unsigned offset, float*) {
  std::uint32_t fragment[4];
  const auto* first = reinterpret_cast<const unsigned char*>(&gpu::shared_memory<numbers>());
  gpu::load_matrices(fragment, first + offset + 16 * (threadIdx.x % 32));
}

__global__ void loads_pack_at(const float* x, float* y) { y[threadIdx.x] = gpu::load<4>(x).e[0]; }

__global__ void uses_much_shared(float*) { (void)gpu::shared_memory<numbers[2]>(); }

template <int = 0>
__global__ void does_nothing(float*) {}

void start(cudaStream_t stream, dim3 grid, dim3 block, std::size_t shared) {
  gpu::start(&does_nothing<>, grid, block, shared, stream, nullptr);
}

}  // namespace

TEST_CASE("cuda_on_cpu: pointers outside live memory are refused", "[cuda_on_cpu][refusals]") {
  cuda d;
  const buffer<float, cuda> x(d, 128);
  std::vector<float> host(1000);
  CHECK_THROWS_WITH(d.download(host.data(), x.data(), host.size() * sizeof(float)),
                    Catch::Contains("not device memory"));
  const tensor_view<float> in_host(host.data(), 2, 2);
  CHECK_THROWS_WITH(matmul(d, in_host, in_host, 0, in_host), Catch::Contains("not device memory"));
}

TEST_CASE("cuda_on_cpu: asynchronous copies need live, aligned memory", "[cuda_on_cpu][refusals]") {
  cuda d;
  const device_numbers x(d);
  CHECK_NOTHROW(run(d, &copies_from, x.data(), 124u));
  CHECK_THROWS_WITH(run(d, &copies_from, x.data() + 1, 0u), Catch::Contains("multiple"));
  CHECK_THROWS_WITH(run(d, &copies_from, x.data(), 1u), Catch::Contains("multiple"));
  CHECK_THROWS_WITH(run(d, &copies_from, x.data(), 128u), Catch::Contains("outside shared memory"));
  alignas(16) const float host[4]{};
  const float* const in_host = host;
  CHECK_THROWS_WITH(run(d, &copies_from, in_host, 0u), Catch::Contains("not device memory"));
}

TEST_CASE(
    "cuda_on_cpu: rows for load_matrices and packs are aligned, and rows lie in shared memory",
    "[cuda_on_cpu][refusals]") {
  cuda d;
  const device_numbers x(d);
  CHECK_NOTHROW(run(d, &loads_matrix_at, 0u));
  CHECK_THROWS_WITH(run(d, &loads_matrix_at, 8u), Catch::Contains("multiple of 16"));
  CHECK_THROWS_WITH(run(d, &loads_matrix_at, 16u), Catch::Contains("outside shared memory"));
  CHECK_NOTHROW(run(d, &loads_pack_at, x.data() + 4));
  CHECK_THROWS_WITH(run(d, &loads_pack_at, x.data() + 2), Catch::Contains("multiple"));
}

TEST_CASE(
    "cuda_on_cpu: shared memory is as large as the launch says, and no larger than a card allows",
    "[cuda_on_cpu][refusals]") {
  cuda d;
  CHECK_THROWS_WITH(run(d, &uses_much_shared), Catch::Contains("launched with 512"));
  constexpr std::size_t kib = 1024;
  CHECK_NOTHROW(start(d.stream(), 1, 32, 48 * kib));
  CHECK_THROWS_WITH(start(d.stream(), 1, 32, 48 * kib + 1),
                    Catch::Contains("after cudaFuncSetAttribute"));
  const auto launch = [&](std::size_t shared) {
    gpu::launch(d, "test", &does_nothing<1>, dim3(1), dim3(32), shared, nullptr);
  };
  CHECK_NOTHROW(launch(227 * kib));
  CHECK_THROWS_WITH(launch(227 * kib + 1), Catch::Contains("cuda: test:"));
}

TEST_CASE("cuda_on_cpu: blocks and grids of sizes that no card takes are refused",
          "[cuda_on_cpu][refusals]") {
  cuda d;
  CHECK_NOTHROW(start(d.stream(), 1, 1024, 0));
  CHECK_THROWS_WITH(start(d.stream(), 1, 1056, 0), Catch::Contains("a block of 1056"));
  CHECK_THROWS_WITH(start(d.stream(), 1, 33, 0), Catch::Contains("a block of 33"));
  CHECK_THROWS_WITH(start(d.stream(), 0, 32, 0), Catch::Contains("a grid of 0"));
  CHECK_THROWS_WITH(start(d.stream(), dim3(1, 65536), 32, 0),
                    Catch::Contains("a grid of 1 x 65536"));
}

TEST_CASE("cuda_on_cpu: a stream or handle that was destroyed, and one that never was, are refused",
          "[cuda_on_cpu][refusals]") {
  cuda d;
  const buffer<float, cuda> x(d, 4);
  cudaStream_t stream{};
  REQUIRE(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking) == cudaSuccess);
  cublasHandle_t handle{};
  REQUIRE(cublasCreate(&handle) == CUBLAS_STATUS_SUCCESS);
  REQUIRE(cublasSetStream(handle, stream) == CUBLAS_STATUS_SUCCESS);
  const auto multiply = [&] {
    const float one = 1;
    return cublasGemmEx(handle, CUBLAS_OP_N, CUBLAS_OP_N, 1, 1, 1, &one, x.data(), CUDA_R_32F, 1,
                        x.data(), CUDA_R_32F, 1, &one, x.data() + 1, CUDA_R_32F, 1,
                        CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT);
  };
  CHECK_NOTHROW(start(stream, 1, 32, 0));
  CHECK(multiply() == CUBLAS_STATUS_SUCCESS);
  REQUIRE(cudaStreamDestroy(stream) == cudaSuccess);
  const auto refused = Catch::Contains("not a stream, or one that was destroyed");
  CHECK_THROWS_WITH(start(stream, 1, 32, 0), refused);
  CHECK_THROWS_WITH(start(nullptr, 1, 32, 0), refused);
  CHECK_THROWS_WITH(cudaMemsetAsync(x.data(), 0, 16, stream), refused);
  CHECK_THROWS_WITH(cudaStreamSynchronize(stream), refused);
  CHECK_THROWS_WITH(cudaStreamDestroy(stream), refused);
  CHECK_THROWS_WITH(multiply(), refused);
  REQUIRE(cublasDestroy(handle) == CUBLAS_STATUS_SUCCESS);
  CHECK_THROWS_WITH(multiply(), Catch::Contains("not a handle"));
  CHECK_THROWS_WITH(cublasDestroy(handle), Catch::Contains("not a handle"));
}

TEST_CASE("cuda_on_cpu: a device gives back what it took", "[cuda_on_cpu][refusals]") {
  const std::size_t before = cuda_on_cpu::live_objects();
  {
    cuda d;
    const buffer<float, cuda> x(d, 4);
    CHECK(cuda_on_cpu::live_objects() > before);
  }
  CHECK(cuda_on_cpu::live_objects() == before);
}
