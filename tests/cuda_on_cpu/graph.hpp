// What runtime.cpp asks of graph.cpp, and the other way round.
#pragma once

#include <cuda_runtime.h>

#include <cstddef>

namespace cuda_on_cpu {

/// Is the stream being captured? Then no longer: the caller did what a capture does not allow.
bool spoil_capture(cudaStream_t stream);
/// The same for any stream.
bool spoil_captures();

/// Graphs, executable ones too, that live.
std::size_t live_graphs();

/// The error, which is then the last one.
cudaError_t fail_with(cudaError_t error);

}  // namespace cuda_on_cpu
