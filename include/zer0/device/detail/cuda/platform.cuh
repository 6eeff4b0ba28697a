// What the kernels are written against: CUDA, or its emulation on the CPU (tests/cuda_on_cpu),
// which offers the same.
//
// Rules for kernels: shared memory is one struct, gpu::shared_memory<T>(), of the size given at the
// launch; warps are whole (a block has a multiple of 32 threads); tensor cores, ldmatrix and
// cp.async are used through the functions below.
#pragma once

#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#if defined(ZER0_CUDA_ON_CPU)
#include <cuda_on_cpu/kernel.hpp>
#elif !defined(__CUDACC__)
#error "the headers in zer0/device/cuda are CUDA: compile this file with nvcc (or -x cu)"
#else

namespace zer0::gpu {

/// The block's dynamic shared memory as a T.
template <class T>
__device__ T& shared_memory() {
  extern __shared__ __align__(128) unsigned char bytes[];
  return *reinterpret_cast<T*>(bytes);
}

/// Returns p, which must be a multiple of `Bytes`: as many bytes are read or written there at once.
template <std::size_t Bytes, class P>
__device__ P* aligned(P* p) {
  return p;
}

template <class... P, class... A>
void start(void (*kernel)(P...), dim3 grid, dim3 block, std::size_t shared, cudaStream_t stream,
           A... arguments) {
  kernel<<<grid, block, shared, stream>>>(static_cast<P>(arguments)...);
}

/// Copies 16 bytes from global to shared memory without waiting; both addresses are multiples
/// of 16.
__device__ inline void copy_async(void* shared, const void* global) {
  const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(to), "l"(global) : "memory");
}
/// The same if `exists`; else writes zeros. `global` is then not read, but must still be an
/// address.
__device__ inline void copy_async_or_zero(void* shared, const void* global, bool exists) {
  const auto to = static_cast<unsigned>(__cvta_generic_to_shared(shared));
  const int bytes = exists ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(global), "r"(bytes)
               : "memory");
}
/// Ends a group of copies.
__device__ inline void copy_async_commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }
/// Waits until at most `Pending` groups of this thread's copies are unfinished. Other threads see
/// the data after a barrier.
template <int Pending>
__device__ void copy_async_wait() {
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
}

/// Four 8x8 matrices of 16-bit elements from shared memory, as fragments: lane 8i + r gives the
/// address of row r of matrix i (16 bytes, aligned); lane l receives in r[i] elements (l/4, 2(l%4))
/// and the next one of matrix i.
__device__ inline void load_matrices(std::uint32_t (&r)[4], const void* row) {
  const auto from = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
}
/// The same, each matrix transposed: lane l receives elements (2(l%4), l/4) and the one below.
__device__ inline void load_matrices_transposed(std::uint32_t (&r)[4], const void* row) {
  const auto from = static_cast<unsigned>(__cvta_generic_to_shared(row));
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
               : "r"(from)
               : "memory");
}

/// d += a b on tensor cores: a (16, 16), b (16, 8), d (16, 8), products of 16-bit elements summed
/// in float. Fragments of lane l, g = l/4, t = l%4 (PTX ISA, "Matrix fragments for mma.m16n8k16"):
/// a[0]: (g, 2t..), a[1]: (g+8, 2t..), a[2]: (g, 2t+8..), a[3]: (g+8, 2t+8..); b[0]: (2t.., g),
/// b[1]: (2t+8.., g); d[0], d[1]: (g, 2t), (g, 2t+1); d[2], d[3]: (g+8, 2t), (g+8, 2t+1).
template <class T>
__device__ void multiply_add(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                             std::uint32_t b1) {
  static_assert(sizeof(T) == 2);
  if constexpr (std::is_same_v<T, __nv_bfloat16>)
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  else
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
        "{%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

}  // namespace zer0::gpu

#endif
