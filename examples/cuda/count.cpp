// How many GPUs this machine has.
#include "support/device_table.hpp"

#include <cuda_runtime.h>

int program::cuda_kind::count() {
  int n = 0;
  return cudaGetDeviceCount(&n) == cudaSuccess ? n : 0;  // no driver is no device
}
