// The cuda device: an NVIDIA GPU, one stream.
#pragma once

#include <zer0/core/error.hpp>
#include <zer0/device/detail/cuda/platform.cuh>
#include <zer0/device/device.hpp>

#include <cublas_v2.h>

#include <map>
#include <memory>
#include <utility>

namespace zer0 {

namespace gpu {

// Every status of CUDA and cuBLAS is passed to `check`, which throws zer0::error naming the call
// that failed.

inline void check(cudaError_t status, const char* what) {
  if (status == cudaSuccess) return;
  (void)cudaGetLastError();  // so that the next call does not report it again
  fail("cuda: ", what, ": ", cudaGetErrorString(status), " (", cudaGetErrorName(status), ")");
}
inline void check(cublasStatus_t status, const char* what) {
  if (status != CUBLAS_STATUS_SUCCESS)
    fail("cuda: ", what, ": ", cublasGetStatusString(status), " (", cublasGetStatusName(status),
         ")");
}

}  // namespace gpu

template <>
inline constexpr bool narrow_range<__half> = true;

/// Computes in Real (float, __nv_bfloat16 or __half) with statistics, sums and gradients of weights
/// in float; all work goes to one stream. A thread that uses two devices calls `make_current` on
/// each before it uses it. Memory: freed memory is kept for later allocations of the same size.
/// Products take 32 MiB of workspace, other operations 1 MiB of scratch memory.
template <class Real>
class basic_cuda {
 public:
  using real = Real;
  static constexpr std::size_t workspace_bytes = std::size_t{32} << 20;
  static constexpr std::size_t scratch_bytes = std::size_t{1} << 20;

  /// Throws zer0::error if there is no such device, or it is older than compute capability 8.0.
  explicit basic_cuda(int index = 0, bool tf32 = false)
      : state_(std::make_unique<state>(index, tf32)) {
    state_->workspace = allocate(workspace_bytes);
    state_->scratch = allocate(scratch_bytes);
    gpu::check(cublasSetWorkspace(state_->cublas, state_->workspace, workspace_bytes),
               "cublasSetWorkspace");
  }

  [[nodiscard]] void* allocate(std::size_t bytes) {
    bytes = rounded(bytes);
    if (const auto kept = state_->free.find(bytes); kept != state_->free.end()) {
      void* const p = kept->second;
      state_->free.erase(kept);
      return p;
    }
    void* p = nullptr;
    if (cudaMalloc(&p, bytes) == cudaSuccess) return p;
    state_->release_free();
    const bool found = cudaMalloc(&p, bytes) == cudaSuccess;
    (void)cudaGetLastError();  // so that the next launch does not report it
    require(found, "cuda: out of memory: ", bytes >> 20, " MiB could not be allocated on device ",
            state_->index, "; use a smaller batch, a shorter sequence or a smaller model");
    return p;
  }
  /// The memory may be handed out again at once, because the stream runs its work in order.
  void deallocate(void* p, std::size_t bytes) {
    if (p != nullptr) state_->free.emplace(rounded(bytes), p);
  }
  void upload(void* device, const void* host, std::size_t bytes) {
    if (bytes == 0) return;
    gpu::check(cudaMemcpyAsync(device, host, bytes, cudaMemcpyHostToDevice, stream()),
               "copy to the device");
  }
  void download(void* host, const void* device, std::size_t bytes) {
    if (bytes == 0) return;
    gpu::check(cudaMemcpyAsync(host, device, bytes, cudaMemcpyDeviceToHost, stream()),
               "copy to the host");
    synchronize();
  }
  void synchronize() { gpu::check(cudaStreamSynchronize(stream()), "waiting for the device"); }

  /// Whether `recorder` starts repeated work as a CUDA graph. Off at first.
  void use_graphs(bool on) { state_->graphs = on; }
  [[nodiscard]] bool uses_graphs() const { return state_->graphs; }
  void make_current() { gpu::check(cudaSetDevice(state_->index), "cudaSetDevice"); }
  [[nodiscard]] int index() const { return state_->index; }
  [[nodiscard]] cudaStream_t stream() const { return state_->stream; }
  [[nodiscard]] cublasHandle_t cublas() const { return state_->cublas; }
  [[nodiscard]] cublasComputeType_t compute() const { return state_->compute; }
  /// Scratch memory of scratch_bytes for one operation, such as the partial sums of a reduction.
  template <class T>
  [[nodiscard]] T* scratch() const {
    return static_cast<T*>(state_->scratch);
  }

 private:
  struct state {
    state(int device, bool tf32) : index(device) {
      int count = 0;
      const cudaError_t status = cudaGetDeviceCount(&count);
      if (status != cudaSuccess) (void)cudaGetLastError();
      require(status == cudaSuccess && count > 0, "cuda: no device found (",
              cudaGetErrorString(status), "); install the NVIDIA driver, or use the cpu device");
      require(device >= 0 && device < count, "cuda: there is no device ", device,
              "; this machine has devices 0 to ", count - 1, ", so use one of them");
      cudaDeviceProp properties{};
      gpu::check(cudaGetDeviceProperties(&properties, device), "cudaGetDeviceProperties");
      require(properties.major >= 8, "cuda: device ", device, " (", properties.name,
              ") has compute capability ", properties.major, ".", properties.minor,
              "; zer0 needs 8.0 (Ampere) or newer, so use another device, or the cpu device");
      gpu::check(cudaSetDevice(device), "cudaSetDevice");
      gpu::check(cudaStreamCreateWithFlags(&stream, cudaStreamNonBlocking), "cudaStreamCreate");
      gpu::check(cublasCreate(&cublas), "cublasCreate");
      gpu::check(cublasSetStream(cublas, stream), "cublasSetStream");
      compute = tf32 ? CUBLAS_COMPUTE_32F_FAST_TF32 : CUBLAS_COMPUTE_32F;
    }
    state(const state&) = delete;
    state& operator=(const state&) = delete;
    ~state() {
      if (stream) cudaStreamSynchronize(stream);
      if (cublas) cublasDestroy(cublas);
      cudaFree(workspace);
      cudaFree(scratch);
      release_free();
      if (stream) cudaStreamDestroy(stream);
    }
    void release_free() {
      for (const auto& [bytes, p] : free) cudaFree(p);
      free.clear();
    }

    int index;
    cudaStream_t stream = nullptr;
    cublasHandle_t cublas = nullptr;
    cublasComputeType_t compute = CUBLAS_COMPUTE_32F;
    void* workspace = nullptr;
    void* scratch = nullptr;
    bool graphs = false;
    std::multimap<std::size_t, void*> free;
  };

  static std::size_t rounded(std::size_t bytes) {
    constexpr std::size_t unit = 512;
    return (bytes + unit - 1) / unit * unit + (bytes == 0 ? unit : 0);
  }

  std::unique_ptr<state> state_;
};

using cuda = basic_cuda<float>;
using cuda_bf16 = basic_cuda<__nv_bfloat16>;
using cuda_fp16 = basic_cuda<__half>;

namespace gpu {

/// Starts a kernel on the device's stream. Arguments are converted to the types of the kernel's
/// parameters: an operand `of.x` becomes a plain view. `name` is for errors. More than 48 KiB of
/// shared memory must be asked for before a launch, which is done here.
template <class Real, class... P, class... A>
void launch(basic_cuda<Real>& d, const char* name, void (*kernel)(P...), dim3 grid, dim3 block,
            std::size_t shared, A... arguments) {
  constexpr std::size_t without_asking = std::size_t{48} << 10;
  if (shared > without_asking)
    check(
        cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel),
                             cudaFuncAttributeMaxDynamicSharedMemorySize, static_cast<int>(shared)),
        name);
  start(kernel, grid, block, shared, d.stream(), arguments...);
  check(cudaGetLastError(), name);
}

}  // namespace gpu

}  // namespace zer0
