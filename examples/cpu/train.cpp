// train on the cpu device.
#include "cpu/device.hpp"
#include "train/training.hpp"

template int program::train_on<program::cpu_float32>(program::train_setup&, zer0::stop_on_signals&,
                                                     const char*);
