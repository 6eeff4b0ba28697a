// The devices under test: a new one joins by its name. tests/cuda_on_cpu compiles many tests again
// with another list.
#pragma once

#include <zer0/device/reference.hpp>
#if defined(ZER0_CUDA_ON_CPU) || defined(__CUDACC__)
#include <zer0/device/cuda.cuh>
#else
#include <zer0/device/cpu.hpp>
#endif

#include <tuple>
#include <type_traits>

namespace support {

#if defined(ZER0_CUDA_ON_CPU) || \
    defined(__CUDACC__)  // tests/cuda_on_cpu and tests/gpu compile the same tests again
using float_device = zer0::cuda;
using judged_devices = std::tuple<zer0::cuda, zer0::cuda_bf16, zer0::cuda_fp16>;
using all_devices = std::tuple<zer0::cuda>;
#else
using float_device = zer0::cpu;
using judged_devices = std::tuple<zer0::cpu>;  ///< held against `reference`
#if defined(__SANITIZE_ADDRESS__) && \
    !defined(ZER0_TEST_FULL)  // they look at memory, not at numbers: one is enough
using all_devices = std::tuple<zer0::cpu>;
#else
using all_devices = std::tuple<zer0::reference, zer0::cpu>;  ///< of float or wider
#endif
#endif

#if defined(ZER0_CUDA_ON_CPU)
inline constexpr bool emulated =
    true;  ///< kernels run a thread at a time: tests take less of the same
#else
inline constexpr bool emulated = false;
#endif

/// "cpu"
template <class D>
[[nodiscard]] constexpr const char* device_name() {
  if constexpr (std::is_same_v<D, zer0::reference>) return "reference";
#if defined(ZER0_CUDA_ON_CPU) || defined(__CUDACC__)
  return "cuda";
#else
  return "cpu";
#endif
}

/// f(type_identity<D>) for each D of all_devices.
template <class F>
void on_all_devices(F f) {
  [&]<class... D>(std::type_identity<std::tuple<D...>>) {
    (f(std::type_identity<D>{}), ...);
  }(std::type_identity<all_devices>{});
}

}  // namespace support
