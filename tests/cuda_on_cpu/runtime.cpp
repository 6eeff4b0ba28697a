// The functions of the CUDA runtime that the device calls, on the host. Arguments are checked as the real ones would
// be, and more: pointers must lie in live allocations. Fresh memory is NaN.
#include <zer0/core/error.hpp>

#include <cuda_runtime.h>

#include <cstdlib>
#include <cstring>
#include <map>
#include <utility>

namespace {

using zer0::require;

std::map<std::uintptr_t, std::size_t>& allocations() {
  static std::map<std::uintptr_t, std::size_t> list;
  return list;
}

cudaError_t last_error = cudaSuccess;

/// Does [p, p + bytes) lie in one live allocation?
bool is_device_memory(const void* p, std::size_t bytes) {
  const auto address = reinterpret_cast<std::uintptr_t>(p);
  auto next = allocations().upper_bound(address);
  if (next == allocations().begin()) return false;
  --next;
  return address + bytes <= next->first + next->second;
}

}  // namespace

namespace cuda_on_cpu {
void require_device_memory(const char* who, const void* p, std::size_t bytes) {
  require(bytes == 0 || is_device_memory(p, bytes), who, ": ", bytes, " bytes are not device memory");
}
}  // namespace cuda_on_cpu

extern "C" {

cudaError_t cudaMalloc(void** p, size_t bytes) {
  *p = std::aligned_alloc(512, (bytes + 511) / 512 * 512);
  if (*p == nullptr) return last_error = cudaErrorMemoryAllocation;
  std::memset(*p, 0xff, bytes);
  allocations()[reinterpret_cast<std::uintptr_t>(*p)] = bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* p) {
  if (p == nullptr) return cudaSuccess;
  require(allocations().erase(reinterpret_cast<std::uintptr_t>(p)) == 1, "cudaFree: not an allocation");
  std::free(p);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t) {
  if (kind != cudaMemcpyHostToDevice) cuda_on_cpu::require_device_memory("cudaMemcpyAsync from", from, bytes);
  if (kind != cudaMemcpyDeviceToHost) cuda_on_cpu::require_device_memory("cudaMemcpyAsync to", to, bytes);
  std::memcpy(to, from, bytes);
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t) {
  cuda_on_cpu::require_device_memory("cudaMemsetAsync", to, bytes);
  std::memset(to, value, bytes);
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t) { return cudaSuccess; }
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = reinterpret_cast<cudaStream_t>(std::malloc(1));
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  std::free(stream);
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = 1;
  return cudaSuccess;
}
cudaError_t cudaSetDevice(int index) { return index == 0 ? cudaSuccess : last_error = cudaErrorInvalidDevice; }
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int) {
  *p = {};
  std::strcpy(p->name, "the CPU in place of a GPU");
  p->major = 9;
  p->minor = 0;
  p->multiProcessorCount = 4;
  p->sharedMemPerBlockOptin = 227 << 10;
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void*, cudaFuncAttribute, int) { return cudaSuccess; }
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
const char* cudaGetErrorString(cudaError_t e) { return e == cudaSuccess ? "no error" : "an error"; }
const char* cudaGetErrorName(cudaError_t e) { return e == cudaSuccess ? "cudaSuccess" : "cudaError"; }

}  // extern "C"
