// What the stand-ins for the CUDA runtime and cuBLAS (runtime.cpp, blas.cpp) and the kernels
// (kernel.hpp) ask of each other: is this pointer, this stream, this launch in order? Each throws
// zer0::error if it is not.
#pragma once

#include <zer0/core/error.hpp>

#include <cuda_runtime.h>

#include <cstddef>
#include <functional>

namespace cuda_on_cpu {

/// The machine that the runtime shows. A test changes it, and puts it back.
struct machine {
  int devices = 1;
  int major = 9, minor = 0;                    ///< compute capability
  std::size_t memory = std::size_t{64} << 30;  ///< bytes of each device
};
inline machine shown_machine;

/// [p, p + bytes) lies in one live allocation.
void require_device_memory(const char* who, const void* p, std::size_t bytes);

/// The stream was created and is not destroyed; the default stream is no stream of the device.
void require_stream(const char* who, cudaStream_t stream);

/// The launch has sizes that a card accepts; more than 48 KiB of shared memory was asked for by
/// cudaFuncSetAttribute.
void require_launch(const void* kernel, dim3 grid, dim3 block, std::size_t shared);

/// Does the work now, or notes it if the stream is being captured: then it is done when its graph
/// is launched, with what memory holds by then. `form` says what it is: a graph is updated from
/// another one only if the forms are the same.
void submit(const char* who, cudaStream_t stream, const void* form, std::function<void()> work);

/// Graphs that were instantiated, updated and launched so far.
struct graph_counts {
  int instantiated = 0, updated = 0, launched = 0;
};
graph_counts counted_graphs();

/// An address for `bytes` bytes at once is not a multiple of them. Apart, so that kernels stay
/// small.
[[noreturn]] void fail_alignment(std::size_t bytes);

/// Allocations, streams and cuBLAS handles that live.
std::size_t live_objects();

/// Used by blas.cpp to count its handles.
void count_handle(int difference);

}  // namespace cuda_on_cpu
