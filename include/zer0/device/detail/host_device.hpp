// Marks a function that both kernels and host code call.
#pragma once

#ifdef __CUDACC__
#define ZER0_HOST_DEVICE __host__ __device__
#else
#define ZER0_HOST_DEVICE
#endif
