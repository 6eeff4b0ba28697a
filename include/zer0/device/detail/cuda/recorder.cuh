// CUDA graphs of the cuda device: many small kernels started at once.
#pragma once

#include <zer0/device/detail/cuda/device.cuh>
#include <zer0/device/detail/recorder.hpp>

#include <set>
#include <utility>

namespace zer0 {
namespace gpu {

/// The work that was last captured on a stream, as a graph that is ready to be started.
class graph {
 public:
  graph() = default;
  graph(const graph&) = delete;
  graph& operator=(const graph&) = delete;
  ~graph() { release(); }

  /// Captures what f() puts on the stream, instead of doing it, then starts it. If the work has the
  /// form of the last one (only sizes, addresses and numbers differ), the graph is updated instead
  /// of made anew.
  template <class F>
  void run(cudaStream_t stream, F f) {
    check(cudaStreamBeginCapture(stream, cudaStreamCaptureModeThreadLocal),
          "cudaStreamBeginCapture");
    cudaGraph_t noted = nullptr;
    try {
      f();
    } catch (...) {
      if (cudaStreamEndCapture(stream, &noted) == cudaSuccess) cudaGraphDestroy(noted);
      (void)cudaGetLastError();
      throw;
    }
    check(cudaStreamEndCapture(stream, &noted), "cudaStreamEndCapture");
    const cudaError_t status = make_ready(noted);
    cudaGraphDestroy(noted);
    check(status, "cudaGraphInstantiate");
    check(cudaGraphLaunch(ready_, stream), "cudaGraphLaunch");
  }

 private:
  cudaError_t make_ready(cudaGraph_t noted) {
    cudaGraphExecUpdateResultInfo why{};
    if (ready_ != nullptr && cudaGraphExecUpdate(ready_, noted, &why) == cudaSuccess)
      return cudaSuccess;
    (void)cudaGetLastError();
    release();
    return cudaGraphInstantiate(&ready_, noted, 0);
  }
  /// The runtime lets a graph that is running finish before it is freed.
  void release() {
    if (ready_ != nullptr) cudaGraphExecDestroy(std::exchange(ready_, nullptr));
  }

  cudaGraphExec_t ready_ = nullptr;
};

}  // namespace gpu

namespace detail {

/// With `use_graphs`, work of a size that was seen before is started as a graph. The first time it
/// is started a kernel at a time: arenas grow and kernels are loaded then, and a capture allows
/// neither.
template <class Real>
class recorder<basic_cuda<Real>> {
 public:
  template <class F>
  void operator()(basic_cuda<Real>& d, const work_size& size, F f) {
    if (!d.uses_graphs() || seen_.insert(size).second) return f();
    graph_.run(d.stream(), f);
  }

 private:
  std::set<work_size> seen_;
  gpu::graph graph_;
};

}  // namespace detail
}  // namespace zer0
