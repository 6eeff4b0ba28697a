// A program for AddressSanitizer: out_of_bounds inside|global|shared|after_free. Its kernel reads
// where the argument says.
#include <zer0/device/cuda.cuh>
#include <zer0/device/memory.hpp>

#include <iostream>
#include <string_view>

using namespace zer0;

namespace {

constexpr unsigned threads = 128;

struct numbers {
  float e[threads];
};

/// y[i] = x[(i + 1) % threads + global] by way of shared memory, which is read `shared` numbers
/// further.
__global__ void shift(const float* x, float* y, unsigned global, unsigned shared) {
  numbers& memory = gpu::shared_memory<numbers>();
  memory.e[threadIdx.x] = x[threadIdx.x + global];
  __syncthreads();
  const float* const from = memory.e;
  y[threadIdx.x] = from[(threadIdx.x + 1) % threads + shared];
}

}  // namespace

int main(int, char** argv) {
  const std::string_view where(argv[1]);
  cuda d;
  float *x{}, *y{};
  gpu::check(cudaMalloc(&x, sizeof(numbers)), "x");
  gpu::check(cudaMalloc(&y, sizeof(numbers)), "y");
  if (where == "after_free") gpu::check(cudaFree(x), "x");
  gpu::launch(d, "shift", &shift, dim3(1), dim3(threads), sizeof(numbers), x, y,
              where == "global" ? 1u : 0u, where == "shared" ? 1u : 0u);
  std::cout << "ran to its end\n";
  if (where != "after_free") gpu::check(cudaFree(x), "x");
  gpu::check(cudaFree(y), "y");
}
