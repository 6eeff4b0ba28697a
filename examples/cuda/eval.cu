// eval on the cuda device.
#include "cuda/device.cuh"
#include "eval/evaluation.hpp"

template int program::eval_on<program::cuda_bfloat16>(const program::eval_setup&);
template int program::eval_on<program::cuda_float16>(const program::eval_setup&);
template int program::eval_on<program::cuda_float32>(const program::eval_setup&);
