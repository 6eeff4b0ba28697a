// bench_train_step on the cpu device.
#include "cpu/device.hpp"
#include "support/machine_peak.hpp"
#include "support/train_steps.hpp"

template <>
double bench::device_peak<program::cpu_float32>(zer0::cpu&) {
  return bench::float_peak();
}

template void bench::train_steps_on<program::cpu_float32>(const bench::step_settings&,
                                                          bench::report&);
