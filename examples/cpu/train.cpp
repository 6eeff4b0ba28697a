// train on the cpu device.
#include "cpu/device.hpp"
#include "support/training.hpp"

template int program::train_on<program::cpu_float32>(program::train_setup&, const char*);
