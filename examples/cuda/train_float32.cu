// train on the cuda device, in float32.
#include "cuda/device.cuh"
#include "train/training.hpp"

template int program::train_on<program::cuda_float32>(program::train_setup&, zer0::stop_on_signals&,
                                                      const char*);
