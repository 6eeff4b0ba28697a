// train on the cuda device, in float16.
#include "cuda/device.cuh"
#include "train/training.hpp"

template int program::train_on<program::cuda_float16>(program::train_setup&, zer0::stop_on_signals&,
                                                      const char*);
