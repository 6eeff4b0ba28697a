// train on the cuda device.
#include "cuda/device.cuh"
#include "support/training.hpp"

template int program::train_on<program::cuda_bfloat16>(program::train_setup&, const char*);
template int program::train_on<program::cuda_float16>(program::train_setup&, const char*);
template int program::train_on<program::cuda_float32>(program::train_setup&, const char*);
