// Marks a function that devices call from their kernels as well as hosts do.
#pragma once

#ifdef __CUDACC__
#define ZER0_HOST_DEVICE __host__ __device__
#else
#define ZER0_HOST_DEVICE
#endif
