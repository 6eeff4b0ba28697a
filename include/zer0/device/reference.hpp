// The reference device with all of its operations.
#pragma once

#include <zer0/device/host_experts.hpp>
#include <zer0/device/host_grouped_matmul.hpp>
#include <zer0/device/host_instances.hpp>
#include <zer0/device/host_routing.hpp>
#include <zer0/device/reference/activation.hpp>
#include <zer0/device/reference/adamw.hpp>
#include <zer0/device/reference/attention.hpp>
#include <zer0/device/reference/bias.hpp>
#include <zer0/device/reference/cross_entropy.hpp>
#include <zer0/device/reference/device.hpp>
#include <zer0/device/reference/elements.hpp>
#include <zer0/device/reference/embedding.hpp>
#include <zer0/device/reference/layer_norm.hpp>
#include <zer0/device/reference/matmul.hpp>
#include <zer0/device/reference/preference.hpp>
#include <zer0/device/reference/rms_norm.hpp>
#include <zer0/device/reference/rope.hpp>
#include <zer0/device/reference/sampling.hpp>

namespace zer0 {

static_assert(device<reference>);

#ifdef ZER0_COMPILED
ZER0_INSTANCES_OF_ROUTING(extern, reference)
#endif

}  // namespace zer0
