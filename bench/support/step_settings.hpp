// What bench_train_step measures.
#pragma once

#include <zer0/core/dims.hpp>

#include <string>

namespace bench {

struct step_settings {
  zer0::dims sizes;
  zer0::index_t batch = 4;
  zer0::index_t seq = 512;
  int steps = 5;
  int index = 0;  ///< of the device
  std::string kernels = "flash,standard";
};

}  // namespace bench
