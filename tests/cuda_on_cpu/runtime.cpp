// The functions of the CUDA runtime that the device calls, on the host. Arguments are checked as
// the real ones would be, and more: pointers must lie in live allocations. Fresh memory is NaN.
#include "runtime.hpp"

#include "graph.hpp"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <set>
#include <utility>

namespace {

using cuda_on_cpu::shown_machine;
using zer0::require;

std::map<std::uintptr_t, std::size_t>& allocations() {
  static std::map<std::uintptr_t, std::size_t> list;
  return list;
}

std::set<cudaStream_t>& streams() {
  static std::set<cudaStream_t> list;
  return list;
}

/// The most shared memory that a kernel's launch may ask for; those that are not here have 48 KiB.
std::map<const void*, std::size_t>& shared_limits() {
  static std::map<const void*, std::size_t> list;
  return list;
}
constexpr std::size_t usual_shared = std::size_t{48} << 10, most_shared = std::size_t{227} << 10;

std::size_t handles = 0;  // of cuBLAS

#if defined(__GLIBC__)
/// Memory that is freed stays in the process: devices come and go in tests, each with 33 MiB that
/// the system would have to clear.
[[maybe_unused]] const bool keeps_memory =
    mallopt(M_MMAP_MAX, 0) == 1 && mallopt(M_TRIM_THRESHOLD, 1 << 30) == 1;
#endif

cudaError_t last_error = cudaSuccess;
std::size_t bytes_in_use = 0;

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
  require(bytes == 0 || is_device_memory(p, bytes), who, ": ", bytes,
          " bytes are not device memory");
}
void require_stream(const char* who, cudaStream_t stream) {
  require(streams().contains(stream), who, ": not a stream, or one that was destroyed");
}
void require_launch(const void* kernel, dim3 grid, dim3 block, std::size_t shared) {
  const std::size_t threads = std::size_t{block.x} * block.y * block.z;
  require(threads > 0 && threads <= 1024 && threads % 32 == 0, "cuda_on_cpu: a block of ", threads,
          " threads");
  require(grid.x > 0 && grid.y > 0 && grid.z > 0 && grid.x <= 0x7fffffff && grid.y <= 65535 &&
              grid.z <= 65535,
          "cuda_on_cpu: a grid of ", grid.x, " x ", grid.y, " x ", grid.z, " blocks");
  const auto asked = shared_limits().find(kernel);
  const std::size_t limit = asked == shared_limits().end() ? usual_shared : asked->second;
  require(shared <= limit, "cuda_on_cpu: a launch with ", shared,
          " bytes of shared memory; this kernel may have ", limit,
          ", more after cudaFuncSetAttribute, at most ", most_shared);
}
cudaError_t fail_with(cudaError_t error) { return last_error = error; }
void fail_alignment(std::size_t bytes) {
  zer0::fail("cuda_on_cpu: an address of ", bytes, " bytes at once is not a multiple of them");
}
std::size_t live_objects() {
  return allocations().size() + streams().size() + handles + live_graphs();
}
void count_handle(int difference) { handles += static_cast<std::size_t>(difference); }
}  // namespace cuda_on_cpu

extern "C" {

cudaError_t cudaMalloc(void** p, size_t bytes) {
  if (cuda_on_cpu::spoil_captures())
    return cuda_on_cpu::fail_with(cudaErrorStreamCaptureUnsupported);
  const std::size_t left = shown_machine.memory - std::min(bytes_in_use, shown_machine.memory);
  if (bytes > left || posix_memalign(p, 512, bytes) != 0)
    return last_error = cudaErrorMemoryAllocation;
  std::memset(*p, 0xff, bytes);
  allocations()[reinterpret_cast<std::uintptr_t>(*p)] = bytes;
  bytes_in_use += bytes;
  return cudaSuccess;
}
cudaError_t cudaFree(void* p) {
  if (p == nullptr) return cudaSuccess;
  if (cuda_on_cpu::spoil_captures())
    return cuda_on_cpu::fail_with(cudaErrorStreamCaptureUnsupported);
  const auto found = allocations().find(reinterpret_cast<std::uintptr_t>(p));
  require(found != allocations().end(), "cudaFree: not an allocation");
  bytes_in_use -= found->second;
  allocations().erase(found);
  std::free(p);
  return cudaSuccess;
}
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind,
                            cudaStream_t stream) {
  if (kind != cudaMemcpyHostToDevice)
    cuda_on_cpu::require_device_memory("cudaMemcpyAsync from", from, bytes);
  if (kind != cudaMemcpyDeviceToHost)
    cuda_on_cpu::require_device_memory("cudaMemcpyAsync to", to, bytes);
  if (kind != cudaMemcpyDeviceToDevice &&
      cuda_on_cpu::spoil_capture(stream))  // of memory that may be swapped out
    return cuda_on_cpu::fail_with(cudaErrorStreamCaptureUnsupported);
  cuda_on_cpu::submit("cudaMemcpyAsync", stream, reinterpret_cast<const void*>(&cudaMemcpyAsync),
                      [=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  cuda_on_cpu::require_device_memory("cudaMemsetAsync", to, bytes);
  cuda_on_cpu::submit("cudaMemsetAsync", stream, reinterpret_cast<const void*>(&cudaMemsetAsync),
                      [=] { std::memset(to, value, bytes); });
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  cuda_on_cpu::require_stream("cudaStreamSynchronize", stream);
  if (cuda_on_cpu::spoil_capture(stream))
    return cuda_on_cpu::fail_with(cudaErrorStreamCaptureUnsupported);
  return cudaSuccess;
}
cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = reinterpret_cast<cudaStream_t>(std::malloc(1));
  streams().insert(*stream);
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  require(streams().erase(stream) == 1,
          "cudaStreamDestroy: not a stream, or one that was destroyed");
  std::free(stream);
  return cudaSuccess;
}
cudaError_t cudaGetDeviceCount(int* count) {
  *count = shown_machine.devices;
  return *count > 0 ? cudaSuccess : last_error = cudaErrorNoDevice;
}
cudaError_t cudaSetDevice(int index) {
  return index >= 0 && index < shown_machine.devices ? cudaSuccess
                                                     : last_error = cudaErrorInvalidDevice;
}
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* p, int) {
  *p = {};
  std::strcpy(p->name, "the CPU in place of a GPU");
  p->major = shown_machine.major;
  p->minor = shown_machine.minor;
  p->totalGlobalMem = shown_machine.memory;
  p->multiProcessorCount = 4;
  p->sharedMemPerBlockOptin = most_shared;
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  require(attribute == cudaFuncAttributeMaxDynamicSharedMemorySize,
          "cudaFuncSetAttribute: attribute ", static_cast<int>(attribute));
  if (value < 0 || static_cast<std::size_t>(value) > most_shared)
    return last_error = cudaErrorInvalidValue;
  shared_limits()[kernel] = static_cast<std::size_t>(value);
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
cudaError_t cudaRuntimeGetVersion(int* version) {
  *version = 12080;
  return cudaSuccess;
}
cudaError_t cudaDriverGetVersion(int* version) {
  *version = 13000;
  return cudaSuccess;
}
const char* cudaGetErrorString(cudaError_t e) {
  return e == cudaSuccess         ? "no error"
         : e == cudaErrorNoDevice ? "no CUDA-capable device is detected"
                                  : "an error";
}
const char* cudaGetErrorName(cudaError_t e) {
  return e == cudaSuccess ? "cudaSuccess" : "cudaError";
}

}  // extern "C"
