// The cpu device for programs.
#pragma once

#include "support/device_table.hpp"
#include <zer0/device/cpu.hpp>

#include <omp.h>

#include <string>

namespace program {

template <>
struct device_access<cpu_float32> {
  using type = zer0::cpu;
  static type open(int) { return {}; }
  static std::string description(type&) {
    return std::to_string(omp_get_max_threads()) + " threads";
  }
};

}  // namespace program
