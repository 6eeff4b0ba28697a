// Captures and graphs of the CUDA runtime, on the host. What is captured is not done: it is done
// when the graph is launched. What a capture does not allow spoils it, as on a card: waiting,
// copies from or to the host, allocations.
#include "graph.hpp"

#include "runtime.hpp"

#include <map>
#include <memory>
#include <utility>
#include <vector>

namespace {

using zer0::require;

struct node {
  const void* form;
  std::function<void()> work;
};
using nodes = std::vector<node>;

struct capture {
  nodes noted;
  bool spoilt = false;
};
std::map<cudaStream_t, capture>& captures() {
  static std::map<cudaStream_t, capture> list;
  return list;
}

/// Graphs and executable graphs; their handles are the addresses of their nodes.
template <class Handle>
std::map<Handle, std::unique_ptr<nodes>>& live() {
  static std::map<Handle, std::unique_ptr<nodes>> list;
  return list;
}
template <class Handle>
Handle keep(nodes n) {
  auto owned = std::make_unique<nodes>(std::move(n));
  const auto handle = reinterpret_cast<Handle>(owned.get());
  live<Handle>()[handle] = std::move(owned);
  return handle;
}
template <class Handle>
nodes& of(const char* who, Handle handle) {
  const auto found = live<Handle>().find(handle);
  require(found != live<Handle>().end(), who, ": not a graph, or one that was destroyed");
  return *found->second;
}

cuda_on_cpu::graph_counts counts;

}  // namespace

namespace cuda_on_cpu {

void submit(const char* who, cudaStream_t stream, const void* form, std::function<void()> work) {
  require_stream(who, stream);
  const auto found = captures().find(stream);
  if (found == captures().end()) return work();
  found->second.noted.push_back({form, std::move(work)});
}
bool spoil_capture(cudaStream_t stream) {
  const auto found = captures().find(stream);
  if (found == captures().end()) return false;
  return found->second.spoilt = true;
}
bool spoil_captures() {
  for (auto& [stream, c] : captures()) c.spoilt = true;
  return !captures().empty();
}
std::size_t live_graphs() { return live<cudaGraph_t>().size() + live<cudaGraphExec_t>().size(); }
graph_counts counted_graphs() { return counts; }

}  // namespace cuda_on_cpu

extern "C" {

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode) {
  cuda_on_cpu::require_stream("cudaStreamBeginCapture", stream);
  require(mode == cudaStreamCaptureModeThreadLocal, "cudaStreamBeginCapture: mode ",
          static_cast<int>(mode));
  if (!captures().emplace(stream, capture()).second)
    return cuda_on_cpu::fail_with(cudaErrorIllegalState);
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = nullptr;
  const auto found = captures().find(stream);
  if (found == captures().end()) return cuda_on_cpu::fail_with(cudaErrorIllegalState);
  const capture ended = std::move(found->second);
  captures().erase(found);
  if (ended.spoilt) return cuda_on_cpu::fail_with(cudaErrorStreamCaptureInvalidated);
  *graph = keep<cudaGraph_t>(ended.noted);
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph,
                                 unsigned long long flags) {
  require(flags == 0, "cudaGraphInstantiate: flags ", flags);
  *ready = keep<cudaGraphExec_t>(of("cudaGraphInstantiate", graph));
  ++counts.instantiated;
  return cudaSuccess;
}
cudaError_t cudaGraphExecUpdate(cudaGraphExec_t ready, cudaGraph_t graph,
                                cudaGraphExecUpdateResultInfo* why) {
  nodes& old = of("cudaGraphExecUpdate", ready);
  const nodes& fresh = of("cudaGraphExecUpdate", graph);
  *why = {};
  bool same = old.size() == fresh.size();
  for (std::size_t i = 0; same && i < old.size(); ++i) same = old[i].form == fresh[i].form;
  if (!same) {
    why->result = cudaGraphExecUpdateErrorTopologyChanged;
    return cuda_on_cpu::fail_with(cudaErrorGraphExecUpdateFailure);
  }
  old = fresh;
  ++counts.updated;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t ready, cudaStream_t stream) {
  const nodes& all = of("cudaGraphLaunch", ready);
  for (const node& n : all) cuda_on_cpu::submit("cudaGraphLaunch", stream, n.form, n.work);
  ++counts.launched;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  require(live<cudaGraph_t>().erase(graph) == 1,
          "cudaGraphDestroy: not a graph, or one that was destroyed");
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t ready) {
  require(live<cudaGraphExec_t>().erase(ready) == 1,
          "cudaGraphExecDestroy: not a graph, or one that was destroyed");
  return cudaSuccess;
}

}  // extern "C"
