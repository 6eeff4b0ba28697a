// What is precompiled for tests/cuda_on_cpu, beside what is for all tests: the headers of the CUDA
// toolkit.
#pragma once

#include "support/precompiled.hpp"

#include <cublas_v2.h>
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
