// What the cpu device makes of the training that tests/gpu/training.cu does on a GPU; nvcc does not
// read that device.
#include "support/toy_training.hpp"
#include <zer0/device/cpu.hpp>

namespace support {

template <class Kernel>
std::vector<double> cpu_losses(zer0::index_t steps) {
  return losses<zer0::cpu, Kernel>(steps);
}
template std::vector<double> cpu_losses<zer0::flash>(zer0::index_t);
template std::vector<double> cpu_losses<zer0::standard_attention>(zer0::index_t);

}  // namespace support
