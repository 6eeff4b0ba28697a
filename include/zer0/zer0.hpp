// Everything of zer0, for programs that need no better: include what you use when you mind the time to compile.
#pragma once

#include <zer0/core/batch.hpp>
#include <zer0/core/dims.hpp>
#include <zer0/core/error.hpp>
#include <zer0/core/philox.hpp>
#include <zer0/core/random_stream.hpp>
#include <zer0/core/roles.hpp>
#include <zer0/core/tensor.hpp>
#include <zer0/core/types.hpp>
#include <zer0/device/device.hpp>
#include <zer0/device/host_memory.hpp>
#include <zer0/device/reference.hpp>
#include <zer0/device/reference/adamw.hpp>
#include <zer0/device/reference/attention.hpp>
#include <zer0/device/reference/cross_entropy.hpp>
#include <zer0/device/reference/device.hpp>
#include <zer0/device/reference/elements.hpp>
#include <zer0/device/reference/embedding.hpp>
#include <zer0/device/reference/matmul.hpp>
#include <zer0/device/reference/rms_norm.hpp>
#include <zer0/device/reference/rope.hpp>
#include <zer0/device/reference/swiglu.hpp>
