// The cpu device with all of its operations.
#pragma once

#include <zer0/device/cpu/activation.hpp>
#include <zer0/device/cpu/adamw.hpp>
#include <zer0/device/cpu/bias.hpp>
#include <zer0/device/cpu/cached_attention.hpp>
#include <zer0/device/cpu/cross_entropy.hpp>
#include <zer0/device/cpu/device.hpp>
#include <zer0/device/cpu/elements.hpp>
#include <zer0/device/cpu/embedding.hpp>
#include <zer0/device/cpu/flash_attention.hpp>
#include <zer0/device/cpu/grouped_matmul.hpp>
#include <zer0/device/cpu/layer_norm.hpp>
#include <zer0/device/cpu/matmul.hpp>
#include <zer0/device/cpu/preference.hpp>
#include <zer0/device/cpu/rms_norm.hpp>
#include <zer0/device/cpu/rope.hpp>
#include <zer0/device/cpu/sampling.hpp>
#include <zer0/device/cpu/standard_attention.hpp>
#include <zer0/device/host_experts.hpp>
#include <zer0/device/host_instances.hpp>
#include <zer0/device/host_routing.hpp>

namespace zer0 {

static_assert(device<cpu>);

#ifdef ZER0_COMPILED
ZER0_INSTANCES_OF_ROUTING(extern, cpu)
#endif

}  // namespace zer0
