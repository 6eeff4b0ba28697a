// Small kernels for tests of the emulation: 128 threads, 128 numbers.
#pragma once

#include <zer0/device/cuda.cuh>
#include <zer0/device/memory.hpp>

#include <cstdint>
#include <utility>
#include <vector>

namespace support {

inline constexpr int threads = 128;

struct numbers {
  alignas(16) float e[threads];
};

/// The threads of a block run in the order of this seed while it lives.
class thread_order {
 public:
  explicit thread_order(std::uint32_t seed)
      : before_(std::exchange(cuda_on_cpu::order_seed, seed)) {}
  thread_order(const thread_order&) = delete;
  thread_order& operator=(const thread_order&) = delete;
  ~thread_order() { cuda_on_cpu::order_seed = before_; }

 private:
  std::uint32_t before_;
};

/// 0, 1, 2, ... in the memory of the device.
struct device_numbers {
  std::vector<float> on_host;
  zer0::buffer<float, zer0::cuda> on_device;

  explicit device_numbers(zer0::cuda& d) : on_host(threads), on_device(d, threads) {
    for (std::size_t i = 0; i < on_host.size(); ++i) on_host[i] = static_cast<float>(i);
    d.upload(on_device.data(), on_host.data(), on_host.size() * sizeof(float));
  }
  [[nodiscard]] const float* data() const { return on_device.data(); }
};

/// What one block writes to 128 numbers: kernel(arguments..., y).
template <class... P, class... A>
std::vector<float> run(zer0::cuda& d, void (*kernel)(P...), A... arguments) {
  const zer0::buffer<float, zer0::cuda> y(d, threads);
  zer0::gpu::launch(d, "test", kernel, dim3(1), dim3(threads), sizeof(numbers), arguments...,
                    y.data());
  std::vector<float> out(threads);
  download(d, std::span<const float>(y.span()), out.data());
  return out;
}

}  // namespace support
