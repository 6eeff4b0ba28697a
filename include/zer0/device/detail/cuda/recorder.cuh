// Graphs of the cuda device: many small kernels started at once.
#pragma once

#include <zer0/device/detail/cuda/device.cuh>
#include <zer0/device/detail/recorder.hpp>

#include <set>
#include <utility>

namespace zer0 {
namespace gpu {

/// The work that was last noted on a stream, ready to be started.
class graph {
 public:
  graph() = default;
  graph(const graph&) = delete;
  graph& operator=(const graph&) = delete;
  ~graph() { release(); }

  /// Notes what f() puts on the stream, instead of doing it, then starts it. Where the work has the
  /// form of the last one (only sizes, addresses and numbers differ), what was made ready then is
  /// changed instead of made anew.
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
  /// One that is under way ends before it is freed: the runtime sees to that.
  void release() {
    if (ready_ != nullptr) cudaGraphExecDestroy(std::exchange(ready_, nullptr));
  }

  cudaGraphExec_t ready_ = nullptr;
};

}  // namespace gpu

namespace detail {

/// With `use_graphs`, work of a size that was seen before is a graph; the first time it is done a
/// kernel at a time, as arenas grow then and kernels are loaded, neither of which a capture allows.
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
